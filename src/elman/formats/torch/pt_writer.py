"""How is a file written that `torch.load` reads?

As `torch.save` writes it, see `elman.formats.torch.pt_zip`: an ordered dictionary of tensors, each
with a storage of its own. The pickle is put together here, of the opcodes that this takes.
"""

import struct
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

from elman._typing import Array
from elman.formats.torch.pickles import STORAGES

ROOT = "archive"
KINDS = {kind: name.split()[1] for name, kind in STORAGES.items()}
TIME = (1980, 1, 1, 0, 0, 0)  # the same weights make the same file


def write(file: BinaryIO, arrays: Mapping[str, Array]) -> None:
    """Write arrays under their names, in their order."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, "data.pkl", _pickle(arrays))
        _put(archive, "byteorder", b"little")
        for i, array in enumerate(arrays.values()):
            _put(archive, f"data/{i}", array.astype(array.dtype.newbyteorder("<")).tobytes())
        _put(archive, "version", b"3\n")


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(f"{ROOT}/{name}", TIME), data)


def _pickle(arrays: Mapping[str, Array]) -> bytes:
    """Return `OrderedDict([(name, tensor), …])` as opcodes of protocol 2."""
    ordered = b"ccollections\nOrderedDict\n)R"  # the class, no arguments, called
    items = [_text(name) + _tensor(i, array) for i, (name, array) in enumerate(arrays.items())]
    return b"\x80\x02" + ordered + b"(" + b"".join(items) + b"u."


def _tensor(i: int, array: Array) -> bytes:
    """Return `_rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks)`."""
    strides = [step // array.itemsize for step in array.strides]
    kind = f"ctorch\n{KINDS[str(array.dtype)]}\n".encode()
    told = _text("storage") + kind + _text(str(i)) + _text("cpu") + _integer(array.size)
    storage = b"(" + told + b"tQ"  # what a tuple describes
    hooks = b"ccollections\nOrderedDict\n)R"
    arguments = storage + _integer(0) + _integers(array.shape) + _integers(strides)
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + b"\x89" + hooks + b"tR"


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _integers(values: "tuple[int, ...] | list[int]") -> bytes:
    return b"(" + b"".join(map(_integer, values)) + b"t"


def _integer(value: int) -> bytes:
    if value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)
