"""Where do names and texts lie? In heaps, whose pieces are known by number or by place.

A local heap has the names of a group's members, a global one texts of any length.
Source: HDF5 File Format Specification 3.0, III.D and III.E.
"""

from elman.formats.hdf5.source import DamagedError, Source, text

HEAP = b"GCOL\1"  # how a global heap begins


class LocalHeap:
    """The names of a group's members."""

    def __init__(self, source: Source, address: int) -> None:
        head = source.fields(address, 32, "heap")
        head.expect(b"HEAP\0\0\0\0")
        size, _, at = head.number(), head.number(), head.number()
        self._source, self._what = source, head.what
        self._data = source.read(at, size)

    def name(self, at: int) -> str:
        """Return the name that begins somewhere.

        Raises:
            DamagedError: none does.
        """
        end = self._data.find(b"\0", at)
        if end < 0:
            raise DamagedError(f"{self._what} must have a name at {at}; it has none")
        self._source.spend(end - at)  # names that end alike could share bytes
        return text(self._data[at:end])


class GlobalHeaps:
    """The heaps of a file, each looked through once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._found: dict[int, dict[int, tuple[int, int]]] = {}

    def object(self, address: int, index: int, size: int) -> bytes:
        """Return an object, of which so many bytes are wanted.

        Raises:
            DamagedError: there is no such object.
        """
        if address not in self._found:
            self._found[address] = self._objects(address)
        at, length = self._found[address].get(index, (0, 0))
        if size > length:
            raise DamagedError(
                f"the heap at {address} must have {size} bytes as number {index}; it has {length}"
            )
        return self._source.data(at, size)

    def _objects(self, address: int) -> dict[int, tuple[int, int]]:
        """Find the objects of a heap, which follow one another: index -> place and size.

        index 2   references 2   nothing 4   size 8   data, up to a multiple of 8

        The one of index 0 is the rest of the heap.
        """
        head = self._source.fields(address, 16, "heap")
        head.expect(HEAP)
        head.take(3)
        size = head.number()
        self._source.check(address, size)
        found: dict[int, tuple[int, int]] = {}
        at = address + 16
        while at + 16 <= address + size:
            about = self._source.fields(at, 16, "object")
            index, _, length = about.number(2), about.number(6), about.number()
            if index == 0:
                break
            if at + 16 + length > address + size:
                raise DamagedError(f"{head.what} must hold its objects; got one of {length} bytes")
            found[index] = at + 16, length
            at += 16 + length + -length % 8
        return found
