"""The file that `torch.save` wrote before PyTorch 1.6: which bytes are a storage's?

    five pickles   a magic number, the version 1001, {"little_endian": True, …}, everything but the
                   numbers, and a list of the storages' keys
    then of each   the number of its numbers, 8 bytes, and the numbers as they are
    key in turn

Source: `torch.serialization._legacy_save`.
"""

import io
from pathlib import Path

from elman.errors import FormatError, UnsupportedError
from elman.formats.torch import pickles, stored

MAGIC = 0x1950A86A20F9469CFC6C
BEGINNING = b"\x80"  # of a pickle
VERSION = 1001


def read(path: Path) -> tuple[pickles.Read, dict[str, memoryview]]:
    """Return what the pickle says, and the bytes of each storage that it names.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds more than tensors, dictionaries and plain values.
    """
    data = path.read_bytes()
    file = io.BytesIO(data)  # shares the bytes
    for wanted in (MAGIC, VERSION):
        if (got := pickles.read(str(path), file).value) != wanted:
            raise FormatError(
                f"{path}: it must begin with the numbers of `torch.save`, {wanted} among them; "
                f"got {stored.shown(got)}."
            )
    system, found, keys = (pickles.read(str(path), file) for _ in range(3))
    if not isinstance(system.value, dict) or system.value.get("little_endian") is not True:
        raise UnsupportedError(
            f"{path}: its bytes must be in little-endian order; it does not say so. Load the file "
            "with PyTorch on another machine and save it again."
        )
    named = keys.value if isinstance(keys.value, list) else []
    if not all(type(key) is str for key in named) or sorted(named) != sorted(found.storages):
        raise FormatError(
            f"{path}: it must list the keys of its {len(found.storages)} storages, each once; "
            "it does not."
        )
    return found, _cut(path, memoryview(data)[file.tell() :], [found.storages[k] for k in named])


def _cut(path: Path, rest: memoryview, storages: list[pickles.Storage]) -> dict[str, memoryview]:
    """Return the bytes of each storage; they follow each other, each behind its length."""
    found = {}
    for storage in storages:
        count = int.from_bytes(rest[:8], "little")
        if len(rest) < 8 or count != storage.length:
            raise FormatError(
                f"{path}: storage {stored.shown(storage.key)} must hold "
                f"{stored.shown(storage.length)} {storage.kind}; got {count}. Is it complete?"
            )
        stop = 8 + count * stored.size_of(storage.kind)
        if len(rest) < stop:
            raise FormatError(
                f"{path}: storage {stored.shown(storage.key)} must hold {stop - 8} bytes; got "
                f"{len(rest) - 8}. Is it complete?"
            )
        found[storage.key], rest = rest[8:stop], rest[stop:]
    return found
