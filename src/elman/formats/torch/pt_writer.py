"""How is a file written that `torch.load` reads?

As `torch.save` writes it, see `elman.formats.torch.pt_zip`: an ordered dictionary of tensors, each
with a storage of its own. The pickle is put together here, of the opcodes that this takes.
"""

import struct
from collections.abc import Mapping
from typing import IO

from elman._typing import Array
from elman.formats import zips
from elman.formats.torch.pickles import STORAGES

ROOT = "archive"
KINDS = {kind: name.split()[1] for name, kind in STORAGES.items()}


def write(file: IO[bytes], arrays: Mapping[str, Array]) -> None:
    """Write arrays under their names, in their order."""
    with zips.writing(file) as archive:
        zips.put(archive, f"{ROOT}/data.pkl", _pickle(arrays))
        zips.put(archive, f"{ROOT}/byteorder", b"little")
        for i, array in enumerate(arrays.values()):
            data = array.astype(array.dtype.newbyteorder("<")).tobytes()
            zips.put(archive, f"{ROOT}/data/{i}", data)
        zips.put(archive, f"{ROOT}/version", b"3\n")


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
