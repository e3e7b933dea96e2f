"""HDF5 files that are damaged, or made to do harm: refused by name, in little time and memory."""

import contextlib
import io
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.errors import FormatError, UnsupportedError
from elman.formats import hdf5
from elman.formats.hdf5.source import DamagedError, UnreadError
from tests.formats import hdf5_files
from tests.formats.hdf5_files import made, patched

HERE = Path("file.h5")
FAR = struct.pack("<Q", 2**62)


def eight(*numbers):
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def read(data):
    """Read all that is in a file."""
    with hdf5.reading(HERE, data) as reader:
        for name in reader.arrays:
            reader.array(name)
        for name, group in reader.groups.items():
            for key in group.attrs:
                reader.attribute(name, key)


def small(file):
    """What Keras's files have: groups, arrays, texts."""
    group = file.create_group("layers/dense")
    group.attrs["name"] = "dense"
    group.attrs["names"] = np.array([b"kernel:0", b"bias:0"])
    group["0"], group["1"] = np.ones((3, 2), "f4"), np.zeros(2, "f4")
    file.create_dataset("packed", data=np.arange(12.0), chunks=(4,), compression="gzip")
    file["flag"] = True


def many(file):
    """What newer files have when there is much: trees and heaps of version 2."""
    attrs = file.create_group("attributes").attrs
    for i in range(300):
        attrs[f"a{i}"] = np.arange(40)
    attrs["huge"] = np.arange(8192)
    group = file.create_group("links")
    for i in range(20):
        group[f"w{i}"] = np.float32(i)
    file.create_dataset("packed", data=np.arange(12.0), chunks=(4,), compression="gzip")
    file.create_dataset("pages", data=np.arange(1100, dtype="u1"), chunks=(1,))


OLD = made(small)
NEW = made(many, libver=("v110", "v110"))
HEAP, TREE, NODE, LOCAL = b"GCOL", b"TREE", b"SNOD", b"HEAP"

WRONG = {  # file, where, how far behind, what is written there, what is said
    "no HDF5": (OLD, b"\x89HDF", 1, b"X", "it must be a whole HDF5 file; the file at 0 must begin"),
    "nothing": (b"", b"", 0, b"", "its 0 bytes must have 9 at 0; they end before."),
    "the end is cut off": (OLD[:-8], b"\x89HDF", 0, b"", "must have the"),
    "its root is nowhere": (OLD, b"\x89HDF", 64, FAR, "they end before."),
    "no tree": (OLD, TREE, 0, b"X", "the B-tree at"),
    "a tree of more than there is": (OLD, TREE, 6, b"\xff\xff", "they end before."),
    "a tree whose leaves are none": (OLD, TREE, 5, b"\1", "must begin with b'TREE"),
    "a node of more than there is": (OLD, NODE, 6, b"\xff\xff", "they end before."),
    "a member of no name": (OLD, NODE, 8, FAR, "must have a name at 4611686018427387904; it has"),
    "names that are nowhere": (OLD, LOCAL, 24, FAR, "they end before."),
    "names of many bytes": (OLD, LOCAL, 8, FAR, "they end before."),
    "a name that is no text": (OLD, b"layers\0", 0, b"\xff", "texts must be UTF-8; got b'\\xffay"),
    "texts without length": (OLD, HEAP, 24, bytes(8), "must have 5 bytes as number 1; it has 0."),
    "texts of many bytes": (OLD, HEAP, 24, FAR, "must hold its objects; got one of 4611686018427"),
    "a heap of many bytes": (OLD, HEAP, 8, FAR, "they end before."),
    "no heap": (OLD, HEAP, 0, b"X", "must begin with b'GCOL"),
    "chunks that cannot be unpacked": (OLD, b"x\x5e", 2, b"\xff" * 4, "packed by deflate; Error"),
    "no tree of version 2": (NEW, b"BTHD", 0, b"X", "must begin with b'BTHD"),
    "a tree of small nodes": (NEW, b"BTHD", 6, b"\2\0\0\0", "must be a tree; got nodes of 2 bytes"),
    "a tree that is deep": (NEW, b"BTHD", 12, b"\xff\xff", "65535 deep."),
    "too many records": (NEW, b"BTHD", 24, b"\xff\xff", "records; got 65535."),
    "no leaf": (NEW, b"BTLF", 0, b"X", "must begin with b'BTLF"),
    "no large heap": (NEW, b"FRHP", 0, b"X", "must begin with b'FRHP"),
    "blocks of another size": (NEW, b"FRHP", 112, b"\3", "must have blocks of powers of two; got"),
    "no block": (NEW, b"FHDB", 0, b"X", "must begin with b'FHDB"),
    "no table of blocks": (NEW, b"FHIB", 0, b"X", "must begin with b'FHIB"),
    "a block nowhere": (NEW, b"FHIB", 18, b"\xff" * 8, "it has no such block."),
    "a table that ends": (NEW, b"FRHP", 140, b"\1\0", "it ends before."),
    "no large objects": (NEW, b"FRHP", 22, FAR, "they end before."),
    "no array of chunks": (NEW, b"FAHD", 0, b"X", "must begin with b'FAHD"),
    "entries of no size": (NEW, b"FAHD", 6, b"\0", "must have entries of 8 bytes or more; got 0."),
    "many entries": (NEW, b"FAHD", 8, FAR, "they end before."),
    "no entries": (NEW, b"FADB", 0, b"X", "must begin with b'FADB"),
    "a chunk nowhere": (NEW, b"FADB", 14, FAR, "they end before."),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_file_is_refused_and_named(case):
    data, mark, offset, new, text = WRONG[case]
    with pytest.raises(FormatError) as caught:
        read(patched(data, mark, offset, new))
    assert text in str(caught.value)
    assert str(caught.value).startswith("file.h5: ")
    assert caught.value.__cause__ is None or isinstance(caught.value.__cause__, DamagedError)


def test_members_of_one_name_are_refused():
    data = made(lambda file: file.update(a=1, b=2))
    name = data[data.index(NODE) + 8 :][:8]
    with pytest.raises(FormatError, match="a group must have each name once; it has one twice"):
        read(patched(data, NODE, 48, name))


UNREAD = {
    "another version": (8, b"\4", "file.h5: the file must be of version 0 to 3; got 4."),
    "addresses of 4 bytes": (13, b"\4", "addresses and sizes must have 8 bytes; got 4 and 8."),
    "something before it": (24, b"\1", "the file must begin at its first byte; got 1."),
}


@pytest.mark.parametrize("case", UNREAD)
def test_files_of_other_forms_are_named(case):
    offset, new, text = UNREAD[case]
    data = made(small, libver="earliest")
    with pytest.raises(UnsupportedError) as caught:
        read(patched(data, b"\x89HDF", offset, new))
    assert text in str(caught.value)


def bomb(file):
    file.create_dataset("x", data=np.zeros(2**20, "u1"), chunks=(2**20,), compression="gzip")


def part(file):
    file.create_dataset("x", (4, 4), "f4", chunks=(2, 2), compression="gzip")[:2] = 1


def twice(file):
    small(file)
    file["again"] = file["packed"]


def round_about(file):
    file["a/b"] = np.ones(1)
    file["a/c"] = file["a"]


FORGED = {
    "an array of which there is a part": (part, "'x' must hold all chunks of its shape (4, 4); it"),
    "an array of two names": (twice, "'packed' must be an array once; it has another name too."),
    "a group inside itself": (round_about, "'a/c/' must be a group once; it is inside itself."),
    "a link": (lambda f: f.__setitem__("x", h5py.SoftLink("/y")), "'x' must be in the file; got a"),
    "a link elsewhere": (
        lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "y")),
        "'x' must be in the file; got a link.",
    ),
    "an array elsewhere": (
        lambda f: f.create_dataset("x", (4,), "u1", external=[("/etc/passwd", 0, 4)]),
        "'x' must lie in the file itself; it leads to others.",
    ),
    "numbers that are not there": (
        lambda f: f.create_dataset("x", (2**40,), "f4"),
        "'x' must hold the 4398046511104 bytes that its shape (1099511627776,) needs; it has 0.",
    ),
    "groups that lie deep": (
        lambda f: f.create_group("/".join("a" * 70)),
        f"'{'a/' * 65}' must lie at most 64 groups deep; it lies deeper.",
    ),
}


@pytest.mark.parametrize("version", ["earliest", "latest"])
@pytest.mark.parametrize("case", FORGED)
def test_what_leads_elsewhere_or_is_not_there_is_refused(case, version):
    fill, text = FORGED[case]
    with pytest.raises(FormatError) as caught:
        read(made(fill, libver=version))
    assert f"file.h5: {text}" in str(caught.value)


def test_parts_of_other_arrays_are_refused():
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (4,))
    data = made(lambda file: file.create_virtual_dataset("x", layout), libver="latest")
    with pytest.raises(FormatError, match="'x' must lie in the file itself; it leads to others"):
        read(data)


def test_chunks_that_unpack_to_more_than_deflate_can_are_refused():
    data = made(bomb)
    read(data)
    text = "'x' must hold the 2147483648 bytes that its shape (2147483648,) needs"
    with pytest.raises(FormatError) as caught:
        read(patched(data, eight(2**20, 2**20), 0, eight(2**31, 2**31)))
    assert text in str(caught.value)


def test_arrays_that_share_their_bytes_are_refused():
    """A file that is small must not seem large, however often it says the same."""

    def fill(file):
        for i in range(20):
            file[str(i)] = np.full(5000, i, "f4")

    data = made(fill)
    with h5py.File(io.BytesIO(data)) as file:
        first, *others = (file[str(i)].id.get_offset() for i in range(20))
    for place in others:
        data = data.replace(eight(place, 20_000), eight(first, 20_000))
    read(data)
    larger = data.replace(eight(first, 20_000), eight(first, 380_000))
    with pytest.raises(FormatError, match="describe everything in it once; it leads in circles"):
        read(larger)


def test_an_object_whose_messages_go_round_is_refused():
    data = made(lambda file: file.attrs.update({f"a{i}": i for i in range(9)}), libver="earliest")
    at = data.index(b"\x10\0\x10\0")  # where it says that the list goes on
    place = struct.unpack_from("<Q", data, at + 8)[0]
    loop = bytearray(data)
    loop[place : place + 24] = b"\x10\0\x10\0\0\0\0\0" + eight(place, 24)
    loop[at + 8 : at + 24] = eight(place, 24)
    with pytest.raises(FormatError, match="describe everything in it once; it leads in circles"):
        read(bytes(loop))


def test_a_file_that_becomes_shorter_is_refused(tmp_path):
    path = tmp_path / "file.h5"
    path.write_bytes(made(lambda file: file.update(large=np.zeros(2**16))))

    def cut():
        with hdf5.reading(path) as reader:
            path.write_bytes(b"")
            reader.array("large")

    with pytest.raises(FormatError, match="must stay as they are; they became fewer"):
        cut()


def test_texts_of_more_than_the_file_are_refused():
    data = made(lambda file: file.attrs.update(names=["x" * 9000] * 3))
    found = struct.pack("<I", 9000)
    with pytest.raises(FormatError, match="an attribute must have texts that are in the file"):
        read(data.replace(found, struct.pack("<I", 2**30)))


@pytest.mark.parametrize("kind", range(2, 16))
def test_texts_that_become_sequences_of_something_are_refused(kind):
    """libhdf5 2.0 dies of each of them: fuzzing found seven such files."""
    text = struct.pack("<BBHI", 0x19, 1, 1, 16)  # of any length, in UTF-8
    with pytest.raises(UnsupportedError, match="must be numbers or texts; got sequences"):
        read(patched(OLD, text, 1, bytes([kind])))


@pytest.mark.parametrize("size", [2**16, 2**40])
def test_attributes_of_many_bytes_are_refused(size):
    data = made(lambda file: file.attrs.update(x=np.arange(7.0)))
    count = eight(7, 7) if eight(7, 7) in data else eight(7)
    with pytest.raises(FormatError, match="the attribute 'x' of '' must have at most 65536 bytes"):
        read(data.replace(count, eight(size, size)[: len(count)]))


SEEDS = [OLD, NEW, made(small, libver="latest"), made(hdf5_files.attributes, libver="earliest")]


@settings(max_examples=600)
@given(data=st.data())
def test_flipped_bytes_never_raise_anything_but_elman_s_errors(data):
    damaged = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 9))
        new = data.draw(st.sampled_from([b"\xff" * 8, bytes(8), b"\1", b"\xff\x7f"]) | st.binary())
        damaged[place : place + len(new)] = new
    with contextlib.suppress(FormatError, UnsupportedError):
        read_or_say_why(bytes(damaged))


def read_or_say_why(data):
    """Read a file; that it is damaged must have been noticed, not stumbled over."""
    try:
        read(data)
    except (FormatError, UnsupportedError) as error:
        if not isinstance(error.__cause__, DamagedError | UnreadError | None):
            raise error.__cause__ from None
        raise
