"""Parts of HDF5 files that say what cannot be, one by one."""

import io
import struct

import pytest

from elman.formats.hdf5 import (
    attributes,
    btrees,
    chunks,
    datasets,
    datatypes,
    filters,
    fractal_heaps,
    groups,
    layouts,
    objects,
)
from elman.formats.hdf5.source import DamagedError, Fields, Source, UnreadError


def fields(*values):
    """Return fields of given bytes: numbers of one byte, or bytes themselves."""
    return Fields(b"".join(bytes([v]) if isinstance(v, int) else v for v in values), "it")


def eight(*numbers):
    return struct.pack(f"<{len(numbers)}Q", *numbers)


FILE = Source(io.BytesIO(bytes(1000)))
SHAPE = (4, 4)
LAYOUT = {
    "version": (UnreadError, fields(2, 2), "be laid out by version 3 to 5; got 2"),
    "class": (DamagedError, fields(3, 9), "must be compact, contiguous or chunked; got 9"),
    "place": (DamagedError, fields(3, 1, eight(992, 16)), "its 1000 bytes must have 16 at 992"),
    "no size": (DamagedError, fields(3, 1, eight(8)), "it must go on for 8 bytes; it has 0"),
    "axes": (
        DamagedError,
        fields(3, 2, 2, eight(0), struct.pack("<2I", 2, 8)),
        "chunks must have 2 axes of 8 bytes; got (2, 8)",
    ),
    "chunks of nothing": (
        DamagedError,
        fields(3, 2, 3, eight(0), struct.pack("<3I", 2, 0, 8)),
        "chunks must have 2 axes of 8 bytes; got (2, 0, 8)",
    ),
    "width": (DamagedError, fields(4, 2, 0, 3, 9), "must have sizes of 1 to 8 bytes; got 9"),
    "edges": (
        UnreadError,
        fields(4, 2, 1, 3, 1, 3, 3, 8, 3),
        "have chunks that are all packed; got some at the edge that are not",
    ),
    "follow each other": (
        DamagedError,
        fields(4, 2, 0, 3, 8, eight(1, 1, 8), 2, eight(900)),
        "its 1000 bytes must have 128 at 900",
    ),
}


@pytest.mark.parametrize("case", LAYOUT)
def test_arrays_that_lie_nowhere_are_refused(case):
    error, found, text = LAYOUT[case]
    with pytest.raises(error) as caught:
        layouts.layout(FILE, found, SHAPE, 8, packed=True)
    assert text in str(caught.value)


def test_chunks_must_be_in_the_array_once():
    piece = chunks.Piece(0, 8, 0, (0, 2))
    assert chunks.missing((2, 2), SHAPE, [piece]) == 3
    with pytest.raises(DamagedError, match="each chunk must be there once; got one twice"):
        chunks.missing((2, 2), SHAPE, [piece, piece])
    for offset in ((0, 4), (0, 1)):
        with pytest.raises(DamagedError, match="chunks must lie in the array; got one at"):
            chunks.missing((2, 2), SHAPE, [piece._replace(offset=offset)])


PARTS = {
    "shapes of another version": (datatypes.shape, fields(3, 1, 0, 0), "version 1 or 2; got 3"),
    "many axes": (datatypes.shape, fields(2, 33, 0, 1), "got 2, with 33 axes"),
    "large shapes of nothing": (
        datatypes.shape,
        fields(2, 2, 0, 1, eight(0, 2**60)),
        "a shape must have at most 2^48 elements; got (0, 1152921504606846976)",
    ),
    "types of no size": (datatypes.datatype, fields(0x10, bytes(7)), "that there is; got 0 bytes"),
    "types of another version": (datatypes.datatype, fields(0x70, bytes(3), 4, bytes(7)), "got 4"),
    "names for numbers of another size": (
        datatypes.datatype,
        fields(0x18, bytes(3), 8, bytes(3), 0x10, bytes(3), 4, bytes(3), 0, 0, 32, 0),
        "it must be of 8 bytes; got 4",
    ),
    "filters of another version": (filters.filters, fields(3, 1), "version 1 or 2; got 3"),
}


@pytest.mark.parametrize("case", PARTS)
def test_messages_that_say_what_cannot_be_are_refused(case):
    function, found, text = PARTS[case]
    with pytest.raises(DamagedError) as caught:
        function(found)
    assert text in str(caught.value)


def test_chunks_of_another_size_are_refused():
    packed = [filters.Filter(filters.DEFLATE, 6), filters.Filter(filters.SHUFFLE, 4)]
    with pytest.raises(DamagedError, match="a chunk must have 8 bytes; it has 9"):
        filters.unpacked(bytes(9), packed, 3, 8)


def test_attributes_of_other_forms_are_refused():
    source = Source(io.BytesIO(b""))
    message = attributes.Message(attributes.ATTRIBUTE, 0, bytes([4, 0]))
    with pytest.raises(DamagedError, match="an attribute must be of version 1 to 3; got 4"):
        attributes.attributes(source, [message])
    with pytest.raises(UnreadError, match="have attributes of its own; got one that lies else"):
        attributes.attributes(source, [message._replace(flags=attributes.SHARED)])


def test_walks_down_trees_end():
    """Nodes below each other in circles, which would take for ever one by one."""
    head = b"TREE\0" + bytes([200]) + struct.pack("<H", 4) + bytes(16)
    node = head + eight(*[0] * 9)
    with pytest.raises(DamagedError, match="must stand at level 199; got 200"):
        list(btrees.entries(Source(io.BytesIO(node)), 0, btrees.GROUP, 8))


def heap(**changes):
    """Return a large heap with one table of blocks; at some places there are other numbers."""
    data = bytearray(300)
    data[:9] = struct.pack("<4sBHH", b"FRHP", 0, 8, 0)
    struct.pack_into("<I", data, 10, 4096)
    struct.pack_into("<HQQHHQH", data, 110, 4, 512, 65536, 40, 1, 200, 1)
    data[200:205] = b"FHIB\0"
    for place, (form, number) in changes.items():
        struct.pack_into(form, data, int(place[1:]), number)
    return fractal_heaps.FractalHeap(Source(io.BytesIO(data)), 0)


def test_large_heaps_that_are_packed_are_not_read():
    with pytest.raises(UnreadError, match="have links and attributes that are not packed; got"):
        heap(_7=("<H", 5))


def test_objects_of_large_heaps_are_in_them():
    assert heap().object(b"\x22abcdef") == b"abc"
    with pytest.raises(DamagedError, match="must be of a kind that there is; got 3"):
        heap().object(b"\x30" + bytes(7))
    with pytest.raises(DamagedError, match="must have a place 2048; it ends before"):
        heap().object(b"\0" + (2048).to_bytes(5, "little") + b"\1\0")
    with pytest.raises(DamagedError, match="must have 5 bytes at 510; it has no such block"):
        heap().object(b"\0" + (510).to_bytes(5, "little") + b"\5\0")
    data = struct.pack("<4sBBIHHHQHQ4x", b"BTHD", 0, 1, 512, 24, 0, 0, 0, 0, 0)
    found = heap(_22=("<Q", 240), _240=(f"{len(data)}s", data))
    with pytest.raises(DamagedError, match="must have a large object 9; it has none"):
        found.object(b"\x10\x09" + bytes(6))


def test_arrays_have_types_and_shapes():
    with pytest.raises(DamagedError, match="an array must have a message 3; it has none"):
        datasets.Dataset(FILE, [])


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (fields(0x10, bytes(3), 4, bytes(5), 31, 0), "integers of 31 bits in 4 bytes"),
        (fields(0x11, bytes(3), 10, bytes(15)), "floats of 10 bytes that are not IEEE's"),
        (fields(0x1C, bytes(3), 4, bytes(3)), "elements of class 12"),
        (fields(0x14, bytes(3), 4, bytes(3)), "bits"),
    ],
)
def test_numbers_that_numpy_has_not_have_a_name(found, name):
    assert datatypes.datatype(found)[1:3] == (None, name)


def test_chunks_hold_what_deflate_can_make_of_them():
    single = bytes([4, 2, 2, 2, 8]) + eight(2**40, 8) + b"\1" + eight(32) + bytes(4) + eight(0)
    found = [
        objects.Message(objects.DATATYPE, 0, bytes([0x10, 8, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0])),
        objects.Message(objects.DATASPACE, 0, bytes([2, 1, 0, 1]) + eight(4000)),
        objects.Message(objects.FILTERS, 0, bytes([2, 1]) + struct.pack("<HHHI", 1, 0, 1, 6)),
        objects.Message(objects.LAYOUT, 0, single),
    ]
    array = datasets.Dataset(Source(io.BytesIO(bytes(128))), found)
    assert array.damage() == ""
    with pytest.raises(DamagedError, match="a chunk must hold the 8796093022208 bytes that it nee"):
        array.array()


def test_a_heap_s_tables_are_larger_than_a_row():
    """A table in a table must have rows, or its walk would not go on."""
    with pytest.raises(DamagedError, match="must have larger tables; got"):
        heap(_120=("<Q", 256)).object(b"\0" + bytes(5) + b"\1\0")


def test_a_link_says_where_it_leads():
    link = objects.Message(objects.LINK, 0, bytes([1, 0, 3]) + b"a/b" + eight(7))
    assert groups.members(FILE, [link]) == {"a/b": 7}
