"""What is an array, and what are its numbers?

Source: HDF5 File Format Specification 3.0, IV.A.2.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman.formats.hdf5 import datatypes
from elman.formats.hdf5.attributes import attributes
from elman.formats.hdf5.chunks import Piece, missing
from elman.formats.hdf5.filters import DEFLATE, filters, unpacked
from elman.formats.hdf5.layouts import layout
from elman.formats.hdf5.objects import (
    DATASPACE,
    DATATYPE,
    EXTERNAL,
    FILTERS,
    LAYOUT,
    Message,
    needed,
    one,
)
from elman.formats.hdf5.source import Axes, DamagedError, Source

OPAQUE = np.dtype("V2")
KINDS = "fiub"  # of numbers that are read: floats, integers, booleans
MOST_TIMES = 1100  # as large as it is stored an array may be: what deflate can make of zeros


class Dataset:
    """An array of the file.

    Attributes:
        shape: its shape, None if it has nothing, not even a shape.
        dtype: NumPy's, None if it has none.
        size: how many elements it has.
        room: how many bytes they take, and the chunks that they are unpacked from.
        attrs: name -> an attribute.

    Raises:
        DamagedError: it is none.
        UnreadError: it is kept in a way that is not known.
    """

    def __init__(self, source: Source, found: Sequence[Message]) -> None:
        self._source = source
        self._is_outside = any(message.kind == EXTERNAL for message in found)
        self.attrs = attributes(source, found)
        self._datatype = datatypes.datatype(needed(found, DATATYPE))
        self.shape = datatypes.shape(needed(found, DATASPACE))
        self.dtype = self._datatype.dtype
        axes: Axes = self.shape or ()
        self.size = 0 if self.shape is None else math.prod(axes)
        self._bytes = self.size * self._datatype.size
        self._filters = filters(one(found, FILTERS))
        where = needed(found, LAYOUT)
        self._layout = layout(source, where, axes, self._datatype.size, bool(self._filters))
        chunk = self._layout.chunk  # may be larger than the array
        unpacked_from = (
            len(self._layout.pieces) * math.prod(chunk) if chunk and self._filters else 0
        )
        self.room = max(self._bytes, unpacked_from * self._datatype.size)

    def damage(self) -> str:
        """Say what the array must be that it is not: all there, in this file."""
        kept = self._layout
        if kept.elsewhere or self._is_outside:
            return "lie in the file itself; it leads to others"
        packed = any(each.number == DEFLATE for each in self._filters)
        if self._bytes > kept.stored * (MOST_TIMES if packed else 1):
            return (
                f"hold the {self._bytes} bytes that its shape {self.shape} needs; it has "
                f"{kept.stored}"
            )
        if kept.chunk is not None and self.size:
            lacks = missing(kept.chunk, self.shape or (), kept.pieces)
            if lacks:
                return f"hold all chunks of its shape {self.shape}; it lacks {lacks}"
        return ""

    @property
    def is_opaque(self) -> bool:
        """Whether its elements are of the size of bfloat16, and of no kind that the file names."""
        return self.shape is not None and self.dtype == OPAQUE

    def other_kind(self, is_bfloat16: bool) -> str:
        """Say what the array must be that it is not: numbers.

        Args:
            is_bfloat16: whether an attribute says that its bits are such numbers.
        """
        if self.shape is None or self.dtype is None:
            return f"be an array of numbers; got {self._datatype.name}"
        if self.dtype.kind in KINDS or (is_bfloat16 and self._datatype.size == 2):
            return ""
        return f"be an array of numbers; got {self._datatype.name}"

    def array(self, is_bfloat16: bool = False) -> Array:
        """Return the numbers; those of bfloat16 as float32.

        Raises:
            DamagedError: they cannot be unpacked.
        """
        dtype = self.dtype
        assert self.shape is not None and dtype is not None  # see `other_kind`
        bits = self._datatype.is_bfloat16 or (is_bfloat16 and self._datatype.size == 2)
        if bits:
            dtype = np.dtype(np.uint16).newbyteorder(dtype.byteorder)
        found = self._read(self.shape, dtype)
        if not bits:
            return found
        return (found.astype(np.uint32) << 16).view(np.float32)

    def _read(self, shape: Axes, dtype: np.dtype[Any]) -> Array:
        """Read the elements from where they lie."""
        kept = self._layout
        found = np.empty(shape, dtype)
        if not self.size:
            return found
        if kept.chunk is not None:
            for piece in kept.pieces:
                self._put(found, piece, kept.chunk)
        elif kept.inside:
            found.reshape(-1)[:] = np.frombuffer(kept.inside, dtype, self.size)
        else:
            self._source.fill(found, kept.pieces[0].address)
        if dtype.kind == "b":  # of which NumPy takes the byte 2 for neither
            np.not_equal(found.view(np.uint8), 0, out=found)
        return found

    def _put(self, found: Array, piece: Piece, chunk: Axes) -> None:
        """Read a chunk and put it where it belongs, but for what lies outside the array."""
        size = math.prod(chunk) * found.itemsize
        if size > piece.size * MOST_TIMES:
            raise DamagedError(
                f"a chunk must hold the {size} bytes that it needs; it has {piece.size}"
            )
        data = self._source.data(piece.address, piece.size)
        whole = unpacked(data, self._filters, piece.skipped, size)
        part = tuple(
            slice(at, min(at + each, end))
            for at, each, end in zip(piece.offset, chunk, found.shape, strict=True)
        )
        inside = tuple(slice(each.stop - each.start) for each in part)
        found[part] = np.frombuffer(whole, found.dtype).reshape(chunk)[inside]
