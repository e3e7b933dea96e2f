"""Where do the links and attributes of an object lie that has many of them?

In a heap that grows by blocks of which each row is twice as large as the one before:

    row 0, 1   blocks of `start` bytes          `width` blocks a row
    row r      blocks of `start` * 2^(r-1)      above `most_direct` bytes they are such tables again

What is too large for blocks lies by itself, and is found by a tree.
Source: HDF5 File Format Specification 3.0, III.G.
"""

from elman.formats.hdf5 import btrees
from elman.formats.hdf5.source import NOWHERE, DamagedError, Fields, Source, UnreadError, width

MANAGED, HUGE, TINY = 0, 1, 2  # kinds of objects


class FractalHeap:
    """A heap.

    Args:
        source: the file.
        address: of the heap.

    Raises:
        DamagedError: there is none.
        UnreadError: it is packed.
    """

    def __init__(self, source: Source, address: int) -> None:
        head = source.fields(address, 142, "heap")
        head.expect(b"FRHP\0")
        self._source, self._what = source, head.what
        self._id_size, packed = head.number(2), head.number(2)
        if packed:
            raise UnreadError("have links and attributes that are not packed; got some that are")
        head.take(1)
        largest = head.number(4)
        head.number()
        self._huge_tree = head.number()
        head.take(80)  # how full it is
        self._width, self._start = head.number(2), head.number()
        self._most_direct, bits = head.number(), head.number(2)
        head.number(2)
        self._root, self._rows = head.number(), head.number(2)
        sizes = self._width, self._start, self._most_direct
        if any(size < 1 or size & (size - 1) for size in sizes) or not largest or bits > 64:
            raise DamagedError(f"{self._what} must have blocks of powers of two; got {sizes}")
        self._offset_size = (bits + 7) // 8
        self._length_size = min(width(self._most_direct), width(largest))
        self._huge: dict[int, tuple[int, int]] | None = None

    def object(self, identity: bytes) -> bytes:
        """Return an object.

        Raises:
            DamagedError: there is none.
        """
        fields = Fields(identity, f"an object of {self._what}")
        first = fields.number(1)
        kind = first >> 4 & 3
        if kind == TINY:
            return fields.take((first & 15) + 1)
        if kind == HUGE:
            return self._source.read(*self._place_of_huge(fields))
        if kind != MANAGED:
            raise DamagedError(f"{fields.what} must be of a kind that there is; got {kind}")
        offset, length = fields.number(self._offset_size), fields.number(self._length_size)
        return self._source.read(self._place(offset, length), length)

    def _place_of_huge(self, fields: Fields) -> tuple[int, int]:
        """Return where an object that is too large for blocks lies, and its size."""
        if self._id_size >= 17:
            return fields.number(), fields.number()
        if self._huge is None:
            self._huge = {}
            for record in btrees.records(self._source, self._huge_tree, btrees.HUGE):
                entry = Fields(record, "a large object")
                at, size = entry.number(), entry.number()
                self._huge[entry.number()] = at, size
        number = fields.number(min(8, fields.left))
        if number not in self._huge:
            raise DamagedError(f"{self._what} must have a large object {number}; it has none")
        return self._huge[number]

    def _place(self, offset: int, length: int) -> int:
        """Return where in the file a place of the heap is."""
        at, size, rows = self._root, self._start, self._rows
        while rows:
            if at == NOWHERE:
                break
            before, row = 0, 0
            while row < rows:
                size = self._start << max(0, row - 1)
                if offset < before + self._width * size:
                    break
                before, row = before + self._width * size, row + 1
            else:
                raise DamagedError(f"{self._what} must have a place {offset}; it ends before")
            column, offset = divmod(offset - before, size)
            head = 13 + self._offset_size
            block = self._source.fields(at, head, "heap")
            block.expect(b"FHIB\0")
            place = at + head + 8 * (row * self._width + column)
            at = self._source.fields(place, 8, "heap").number()
            rows = 0
            if size > self._most_direct:  # a table of as many rows as make that size
                rows = size.bit_length() - (self._start * self._width).bit_length() + 1
                if rows < 1:
                    raise DamagedError(f"{self._what} must have larger tables; got {size} bytes")
        if at == NOWHERE or offset + length > size:
            raise DamagedError(
                f"{self._what} must have {length} bytes at {offset}; it has no such block"
            )
        self._source.fields(at, 5, "heap").expect(b"FHDB\0")
        return at + offset
