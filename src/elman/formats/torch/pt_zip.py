"""The zip that `torch.save` writes since PyTorch 1.6: which bytes are a storage's?

    ROOT/data.pkl     a pickle of everything but the numbers
    ROOT/byteorder    "little"
    ROOT/data/KEY     the numbers of a storage, as they are
    ROOT/version, …   of no matter here

Nothing is unpacked to a folder: names are keys, and may be any, for ROOT is what the file was once
called. Entries are stored, not compressed, so that they are no larger than the file; one that says
otherwise is refused before it is read. That is stricter than `elman.formats.zips`.
"""

import contextlib
import io
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from elman.errors import ElmanError, FormatError, UnsupportedError
from elman.formats.torch import pickles, stored

MAGIC = b"PK\x03\x04"
PICKLE = "/data.pkl"
# What reading a damaged zip may raise.
WRONG = (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError, struct.error)


def read(path: Path) -> tuple[pickles.Read, dict[str, bytes]]:
    """Return what the pickle says, and the bytes of each storage that it names.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds more than tensors, dictionaries and plain values.
    """
    with _damaged(path), zipfile.ZipFile(path) as archive:
        root = _checked(path, archive)
        found = pickles.read(str(path), io.BytesIO(archive.read(f"{root}{PICKLE}")))
        names = set(archive.namelist())
        data = {}
        for key, storage in found.storages.items():
            name = f"{root}/data/{key}"
            wanted = storage.length * stored.size_of(storage.kind)
            size = archive.getinfo(name).file_size if name in names else None
            if size != wanted:
                raise FormatError(
                    f"{path}: entry {stored.shown(name)} must hold {wanted} bytes, which are "
                    f"{stored.shown(storage.length)} {storage.kind}; got {size or 'none'}."
                )
            data[key] = archive.read(name)
    return found, data


def _checked(path: Path, archive: zipfile.ZipFile) -> str:
    """Return the folder that everything is in, of a zip that is what it should be."""
    infos = archive.infolist()
    names = [info.filename for info in infos]
    if len(set(names)) != len(names):
        raise FormatError(f"{path}: every entry must be there once; got one twice.")
    if any(name.endswith("/constants.pkl") for name in names):
        raise UnsupportedError(
            f"{path}: it must hold a state_dict; got a TorchScript program, which elman does not "
            "run. Save `module.state_dict()` with `torch.save`."
        )
    for info in infos:
        as_it_is = info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1
        if not as_it_is or info.compress_size != info.file_size:  # how much is read at once
            raise FormatError(
                f"{path}: entry {stored.shown(info.filename)} must be stored as it is; got it "
                "compressed, encrypted or of two sizes."
            )
    size = os.path.getsize(path)
    if sum(info.file_size for info in infos) > size:
        raise FormatError(
            f"{path}: its entries must hold no more than its {size} bytes together; they claim to."
        )
    roots = [name.removesuffix(PICKLE) for name in names if name.endswith(PICKLE)]
    if len(roots) != 1:
        raise FormatError(
            f"{path}: it must be a file of `torch.save`, a zip with one 'data.pkl'; "
            f"got {len(roots)}."
        )
    order = f"{roots[0]}/byteorder"
    if order in names and archive.read(order) != b"little":
        raise UnsupportedError(
            f"{path}: entry {stored.shown(order)} must be 'little', the order of bytes; got "
            "another. Load the file with PyTorch on another machine and save it again."
        )
    return roots[0]


@contextlib.contextmanager
def _damaged(path: Path) -> Iterator[None]:
    """Make one error of the many that a damaged zip raises."""
    try:
        yield
    except ElmanError:
        raise
    except WRONG as error:
        raise FormatError(
            f"{path}: it must be a whole zip, as `torch.save` writes; got a damaged one "
            f"({str(error)[:80].rstrip('.')}). Copy the file again."
        ) from error
