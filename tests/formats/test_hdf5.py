"""elman reads of an HDF5 file what libhdf5 does, in every form that h5py can write."""

import io
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from elman.errors import FormatError, UnsupportedError
from elman.formats import hdf5
from elman.models import load_model
from tests.formats.hdf5_files import (
    CONTENTS,
    VERSIONS,
    attributes,
    chunks,
    large_attributes,
    made,
)
from tests.formats.models import assert_same_weights, make

HERE = Path("file.h5")


def as_text(value):
    """Return what h5py gives in elman's form: text as `str`, in lists."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.dtype.kind in "SO":
        return [as_text(each) for each in value.tolist()]
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return None if isinstance(value, h5py.Empty) else value


def assert_same(data):
    """Compare all that elman and h5py read of a file."""
    with hdf5.reading(HERE, data) as reader, h5py.File(io.BytesIO(data)) as file:
        theirs = {"": file}
        file.visititems(theirs.__setitem__)
        arrays = {name for name, each in theirs.items() if isinstance(each, h5py.Dataset)}
        assert set(reader.arrays) == arrays
        assert set(reader.groups) == set(theirs) - arrays
        for name, group in reader.groups.items():
            assert list(group) == list(theirs[name])
            assert len(group) == len(theirs[name])
            assert set(group.attrs) == set(theirs[name].attrs)
            for key, value in theirs[name].attrs.items():
                assert_same_value(reader.attribute(name, key), as_text(value))
        for name, about in reader.arrays.items():
            assert (about.shape, about.size) == (theirs[name].shape, theirs[name].size)
            assert about.dtype == theirs[name].dtype
            assert_same_value(reader.array(name), np.asarray(theirs[name][()]))


def assert_same_value(ours, theirs):
    assert type(ours) is type(theirs)
    np.testing.assert_array_equal(ours, theirs, strict=not isinstance(ours, str | list | None))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("content", CONTENTS)
def test_files_are_read_as_libhdf5_reads_them(version, content):
    assert_same(made(CONTENTS[content], **VERSIONS[version]))


@pytest.mark.parametrize("version", VERSIONS)
def test_members_come_in_the_order_in_which_they_were_made_if_it_is_kept(version):
    def fill(file):
        for name in ("z", "a", "m"):
            group = file.create_group(name, track_order=True)
            for i in (*range(20, 30), *range(9)):
                group[f"{name}{i}"] = np.float32(i)

    assert_same(made(fill, track_order=True, **VERSIONS[version]))


def test_attributes_beside_their_object_are_read():
    assert_same(made(large_attributes, libver="latest"))


def test_files_are_read_from_disk_too(tmp_path):
    path = tmp_path / "file.h5"
    path.write_bytes(made(chunks))
    assert hdf5.begins(path)
    with hdf5.reading(path) as reader:
        np.testing.assert_array_equal(reader.array("all/some"), reader.array("late"))
    path.write_bytes(b"PK")
    assert not hdf5.begins(path)


def test_bfloat16_becomes_float32():
    values = np.float32([1, -2.5, 3e38, 0])
    bits = (values.view(np.uint32) >> 16).astype(np.uint16)

    def fill(file):
        views = {"numbers": "u2", "opaque": "V2", "halves": "f2"}
        for name, array in {name: bits.view(kind) for name, kind in views.items()}.items():
            file[name] = array
            file[name].attrs["dtype"] = "bfloat16"
        file["swapped"] = bits.astype(">u2")
        file["swapped"].attrs["dtype"] = "bfloat16"
        file["wide"] = values
        file["wide"].attrs["dtype"] = "bfloat16"  # which it is not
        file["bare"] = bits.view("V2")
        kind = h5py.h5t.IEEE_F32LE.copy()  # the type itself, as HDF5 2.0 has it
        kind.set_fields(15, 7, 8, 0, 7)
        kind.set_size(2)
        kind.set_ebias(127)
        space = h5py.h5s.create_simple((4,))
        h5py.h5d.create(file.id, b"own", kind, space).write(space, space, bits, kind)

    with hdf5.reading(HERE, made(fill)) as reader:
        expected = (bits.astype(np.uint32) << 16).view(np.float32)
        for name in ("numbers", "opaque", "halves", "swapped", "own"):
            np.testing.assert_array_equal(reader.array(name), expected, strict=True)
        np.testing.assert_array_equal(reader.array("wide"), values, strict=True)
        text = (
            r"'bare' must be an array of numbers that says which; got \|V2, as which Keras writes"
        )
        with pytest.raises(UnsupportedError, match=text):
            reader.array("bare")


def test_arrays_are_the_caller_s_own():
    with hdf5.reading(HERE, made(CONTENTS["arrays"])) as reader:
        for name in ("types/f4", "compact"):
            reader.array(name)[:] = 7
            assert np.any(reader.array(name) != 7)


def test_what_is_asked_for_often_stays_there():
    with hdf5.reading(HERE, made(attributes)) as reader:
        for _ in range(50):
            assert len(reader.attribute("all", "long")) == 200_000
        assert reader.attribute("all", "missing") is None


def test_reading_needs_no_h5py(path, monkeypatch):
    model = make()
    model.save(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert_same_weights(load_model(path), model)


def instead(**options):
    return lambda file: file.create_dataset("x", **options)


def committed(file):
    file["type"] = np.dtype("f4")
    file.create_dataset("x", (3,), dtype=file["type"])


def region(file):
    file["x"] = np.zeros(3)
    file.attrs["at"] = file["x"].ref


ROWS = np.zeros((9, 4))
UNREAD = {
    "chunks that may become more along an axis": (
        instead(data=ROWS, maxshape=(None, 4), chunks=(2, 2)),
        "'x' must have chunks that cannot become more; got an index of kind 4.",
    ),
    "chunks that may become more along axes": (
        instead(data=ROWS, maxshape=(None, None), chunks=(2, 2)),
        "'x' must have chunks that cannot become more; got an index of kind 5.",
    ),
    "lzf": (
        instead(data=ROWS, chunks=(2, 2), compression="lzf"),
        "'x' must be packed by deflate, shuffle or fletcher32; got filter 32000.",
    ),
    "a type that others have too": (committed, "'x' must have a type of its own; got one that"),
    "a reference": (
        region,
        "the attribute 'at' of '' must be numbers or texts; got references.",
    ),
}


@pytest.mark.parametrize("case", UNREAD)
def test_what_is_not_read_is_named(case):
    fill, text = UNREAD[case]
    data = made(fill, libver="latest")
    with pytest.raises(UnsupportedError) as caught, hdf5.reading(HERE, data) as reader:
        reader.attribute("", "at")
    assert text in str(caught.value)
    assert str(caught.value).startswith("file.h5: ")


KINDS = {
    "text": (h5py.string_dtype(), "text"),
    "times": (h5py.h5t.UNIX_D32LE, "times"),
    "compounds": (np.dtype([("a", "f4"), ("b", "i2")]), "compounds"),
    "complex": (np.dtype("c8"), "complex64"),
    "sequences": (h5py.vlen_dtype("f4"), "sequences"),
    "references": (h5py.ref_dtype, "references"),
    "arrays": (np.dtype(("f4", (2,))), "arrays"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_other_kinds_are_named_when_they_are_read(kind):
    dtype, name = KINDS[kind]

    def fill(file):
        low = dtype if isinstance(dtype, h5py.h5t.TypeID) else h5py.h5t.py_create(dtype, logical=1)
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        h5py.h5d.create(file.id, b"x", low, h5py.h5s.create_simple((2,)), plan)
        file["y"] = np.zeros(2)

    with hdf5.reading(HERE, made(fill)) as reader:
        reader.array("y")
        with pytest.raises(FormatError, match=f"'x' must be an array of numbers; got {name}"):
            reader.array("x")
