"""HDF5 files from anywhere: their arrays and attributes by path, and nothing that leads elsewhere.

HDF5 has links to other files, arrays that lie in other files, arrays made of parts of others, and
arrays that promise more numbers than there are bytes. None of these is read.

Texts lie in heaps, collections of objects that each say how long they are. In one whose object has
no length, libhdf5 looks for the next object for ever; heaps are looked through before it sees them.
"""

import contextlib
import io
import mmap
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ElmanError, FormatError

KINDS = "fiub"  # of numbers that are read: floats, integers, booleans
FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, fletcher32, lzf: h5py has them all
MOST_TIMES = 1100  # as large as it is stored an array may be: what deflate can make of zeros
SMALL = 2**16  # bytes that any attribute may have
DEEPEST = 64
SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAP = b"GCOL\x01\0\0\0"  # how a heap begins; its size follows


class Reader:
    """An open file.

    Attributes:
        path: of the file, for messages.
        arrays: the paths of all arrays, "layers/dense/vars/0", in the file's order.
        groups: those of all groups.
    """

    def __init__(self, path: Path, file: Any) -> None:
        import h5py

        self.path, self._h5py, self._file = path, h5py, file
        self.arrays: dict[str, Any] = {}
        self.groups: dict[str, Any] = {"": file}
        self._seen = set[Any]()
        self._visit(file, "", 0)

    def _visit(self, group: Any, prefix: str, depth: int) -> None:
        """Find what is in a group, and in those inside it."""
        address = self._h5py.h5o.get_info(group.id).addr
        if address in self._seen or depth > DEEPEST:
            raise FormatError(f"{self.path}: '{prefix}' must be a group once; it is inside itself.")
        self._seen.add(address)
        for name in group:
            path = prefix + name
            if type(group.get(name, getlink=True)) is not self._h5py.HardLink:
                raise FormatError(f"{self.path}: '{path}' must be in the file; got a link.")
            found = group[name]
            if isinstance(found, self._h5py.Group):
                self.groups[path] = found
                self._visit(found, f"{path}/", depth + 1)
            elif isinstance(found, self._h5py.Dataset):
                self.arrays[path] = found

    def array(self, path: str) -> Array:
        """Return an array of numbers.

        Raises:
            FormatError: it is none, or does not hold what it promises.
        """
        found = self.arrays[path]
        wrong = self._wrong(found)
        if wrong:
            raise FormatError(f"{self.path}: '{path}' must {wrong}.")
        if found.attrs.get("dtype") == "bfloat16":  # Keras keeps the bits
            bits = np.asarray(found[()]).view(np.uint16).astype(np.uint32) << 16
            return bits.view(np.float32)
        return np.asarray(found[()])

    def _wrong(self, found: Any) -> str:
        """Say what a dataset is not that it must be."""
        if found.external or found.is_virtual:
            return "lie in the file itself; it leads to others"
        if found.shape is None or found.dtype.kind not in KINDS + "V":
            return f"be an array of numbers; got {found.dtype}"
        plan = found.id.get_create_plist()
        unknown = {plan.get_filter(i)[0] for i in range(plan.get_nfilters())} - FILTERS
        if unknown:
            return f"be packed by a filter that HDF5 brings; got number {min(unknown)}"
        stored, size = found.id.get_storage_size(), found.size * found.dtype.itemsize
        if size > stored * (MOST_TIMES if found.chunks else 1):
            return f"hold the {size} bytes that its shape {found.shape} needs; it has {stored}"
        return ""

    def attribute(self, group: str, name: str) -> Any:
        """Return an attribute of a group, None if there is none; text as `str`.

        Raises:
            FormatError: it promises more than an attribute can hold.
        """
        attributes = self.groups[group].attrs
        if name not in attributes:
            return None
        about = attributes.get_id(name)
        size = int(np.prod(about.shape, dtype=object)) * about.dtype.itemsize
        if size > SMALL:
            raise FormatError(
                f"{self.path}: the attribute '{name}' of '{group}' must have at most {SMALL} "
                f"bytes; got {size}."
            )
        return _as_text(attributes[name])


def _as_text(value: Any) -> Any:
    """Return bytes as text, also in an array, which becomes a list."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.dtype.kind in "SOU":
        return [_as_text(each) for each in value.tolist()]
    return value


def begins(path: Path) -> bool:
    """Say whether a file begins as HDF5 files do."""
    with open(path, "rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


@contextlib.contextmanager
def reading(path: Path, data: bytes | None = None) -> Iterator[Reader]:
    """Open a file, or what was inside another one; whatever is wrong with it is a FormatError.

    Args:
        path: of the file, for messages too.
        data: the bytes themselves.

    Raises:
        FormatError: it is no HDF5 file, or is damaged.
        MissingDependencyError: h5py is not there.
    """
    import h5py

    try:
        with contextlib.ExitStack() as stack:
            if data is None:
                opened = stack.enter_context(open(path, "rb"))
                whole = stack.enter_context(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
                _check_heaps(whole)
            else:
                _check_heaps(data)
            source = path if data is None else io.BytesIO(data)
            yield Reader(path, stack.enter_context(h5py.File(source, "r")))
    except ElmanError:
        raise
    except Exception as error:  # a damaged file can go wrong anywhere
        raise FormatError(
            f"{path}: it must be a whole HDF5 file; {str(error).rstrip('.')}. Copy the file again, "
            "or save the model again."
        ) from error


def _check_heaps(data: Any) -> None:
    """Check that the objects of every heap follow one another, and end.

    An object is   index (2 bytes)   references (2)   nothing (4)   size (8)   data, padded to 8
    and the one of index 0 is the rest of the heap.   Source: HDF5 file format 3.0, III.E.

    Raises:
        ValueError: they do not.
    """
    place = data.find(HEAP)
    while place >= 0:
        (size,) = struct.unpack_from("<Q", data, place + 8)
        at, end = place + 16, place + size
        while at + 16 <= min(end, len(data)):
            index, length = struct.unpack_from("<H6xQ", data, at)
            step = length if index == 0 else 16 + (length + 7) // 8 * 8
            if step < 16 or at + step > end:
                raise ValueError(f"the heap at {place} must have objects of its size; got {step}")
            at += step
        if end > len(data):
            raise ValueError(f"the heap at {place} must end in the file; got {size} bytes")
        place = data.find(HEAP, place + 8)


def written(groups: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Array]]]) -> bytes:
    """Return the bytes of a file.

    Args:
        groups: path -> attributes and arrays of the group; "" is the file itself.
    """
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, (attributes, arrays) in groups.items():
            group = file.require_group(path or "/")
            group.attrs.update(attributes)
            for name, array in arrays.items():
                group[name] = array
    return buffer.getvalue()
