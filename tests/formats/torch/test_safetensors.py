"""`.safetensors`: what is read, and every way in which a file can be wrong."""

import io
import re

import numpy as np
import pytest

from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch import load_state_dict, safetensors
from tests.formats.torch import written
from tests.formats.torch.written import entry

EIGHT = b"\0\0\x80\x3f\0\0\0\xc0"  # 1, -2


def read(tmp_path, data):
    path = tmp_path / "m.safetensors"
    path.write_bytes(data)
    return load_state_dict(path)


@pytest.mark.parametrize(
    ("code", "dtype"),
    [("F16", "f2"), ("F32", "f4"), ("F64", "f8"), ("I8", "i1"), ("U8", "u1"), ("I16", "i2"),
     ("U16", "u2"), ("I32", "i4"), ("U32", "u4"), ("I64", "i8"), ("U64", "u8"), ("BOOL", "?")],
)  # fmt: skip
def test_numbers_of_every_type_are_read_as_they_are(tmp_path, code, dtype):
    array = np.array([[0, 1, 1]], dtype)
    header = {"w": entry(code, (1, 3), (0, array.nbytes))}
    found = read(tmp_path, written.safetensors(header, array.tobytes()))["w"]
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    found[0, 0] = 1  # it is the caller's own


def test_bfloat16_is_widened_to_float32(tmp_path):
    header = {"w": entry("BF16", (2,), (0, 4))}
    found = read(tmp_path, written.safetensors(header, b"\x80\x3f\0\xc0"))["w"]
    assert found.dtype == np.float32
    assert found.tolist() == [1.0, -2.0]


def test_entries_of_no_numbers_and_of_no_axes_are_read(tmp_path):
    header = {
        "none": entry(shape=(3, 0), data_offsets=(4, 4)),
        "one": entry(shape=(), data_offsets=(0, 4)),
    }
    found = read(tmp_path, written.safetensors(header, EIGHT[:4], spaces=5))
    assert found["none"].shape == (3, 0)
    assert found["one"] == 1.0


def test_what_is_written_is_read_again_in_its_order(tmp_path):
    arrays = {"z": np.float32([[1, 2], [3, 4]]), "a": np.float64([5]), "m": np.zeros((0, 2), "f4")}
    file = io.BytesIO()
    safetensors.write(file, arrays)
    assert int.from_bytes(file.getvalue()[:8], "little") % 8 == 0  # so that the numbers are aligned
    found = read(tmp_path, file.getvalue())
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


WRONG = {
    "empty": (b"", "the file must hold a model or weights; it is empty"),
    "shorter than its length": (b"\1\0\0", "fits into its 3 bytes"),
    "longer than the file": (written.safetensors({}, length=2**60), f"got one of {2**60}"),
    "no JSON": (written.safetensors("{,}"), "its header must be a JSON object"),
    "a list": (written.safetensors([]), "its header must be a JSON object"),
    "spaces before": (written.safetensors(" {}"), "its header must be a JSON object"),
    "no UTF-8": (b"\2\0\0\0\0\0\0\0{\xff", "its header must be a JSON object"),
    "nested too deep": (written.safetensors('{"a":' * 100_000), "must be a JSON object"),
    "a number of 9999 digits": (written.safetensors('{"a":' + "9" * 9999 + "}"), "must be a JSON"),
    "not a number": (written.safetensors('{"a":NaN}'), "must be a JSON"),
    "a name twice": (written.safetensors('{"w":{},"w":{}}'), "with every name in it once"),
    "metadata of numbers": (
        written.safetensors({"__metadata__": {"a": 1}}),
        "and text alone as `__metadata__`",
    ),
    "an entry of text": (written.safetensors({"w": "F32"}), "entry 'w' must have a dtype, a shape"),
    "an entry with more": (written.safetensors({"w": entry(more=1)}, EIGHT), "entry 'w' must have"),
    "a dtype of 3": (written.safetensors({"w": entry(3)}, EIGHT), "dtype such as 'F32'; got 3"),
    "a negative size": (
        written.safetensors({"w": entry(shape=(-2,))}, EIGHT),
        r"entry 'w' must have a shape of at most 32 sizes; got (-2)",
    ),
    "a size that is no integer": (
        written.safetensors({"w": entry(shape=(2.0,))}, EIGHT),
        "entry 'w' must have a shape of at most 32 sizes; got a list",
    ),
    "a size that is true": (written.safetensors({"w": entry(shape=(True,))}, EIGHT), "got a list"),
    "sizes beyond memory": (
        written.safetensors({"w": entry(shape=(2**40, 2**40, 0))}, EIGHT),
        "must have a shape of at most 32 sizes",
    ),
    "33 axes": (written.safetensors({"w": entry(shape=(1,) * 33)}, EIGHT), "of at most 32 sizes"),
    "places of another size": (
        written.safetensors({"w": entry(shape=(3,))}, EIGHT),
        "entry 'w' must have data_offsets that are 12 bytes apart, as its shape and dtype say; "
        "got (0, 8)",
    ),
    "turned around": (written.safetensors({"w": entry(data_offsets=(8, 0))}, EIGHT), "(8, 0)"),
    "one place": (written.safetensors({"w": entry(data_offsets=(8,))}, EIGHT), "got (8)"),
    "a place beyond 64 bits": (
        written.safetensors({"w": entry(data_offsets=(0, 2**70))}, EIGHT),
        "got (0, a number of more than 64 bits)",
    ),
    "overlapping": (
        written.safetensors({"a": entry(), "b": entry(data_offsets=(4, 12))}, EIGHT + EIGHT[:4]),
        "entry 'b' must begin where another stops, at byte 8; got 4",
    ),
    "a hole": (
        written.safetensors({"a": entry(), "b": entry(data_offsets=(12, 20))}, bytes(20)),
        "entry 'b' must begin where another stops, at byte 8; got 12",
    ),
    "cut off": (
        written.safetensors({"w": entry()}, EIGHT[:4]),
        "its entries must fill the 4 bytes behind its header; they fill 8. Is it complete?",
    ),
    "more behind": (written.safetensors({"w": entry()}, EIGHT + b"\0"), "must fill the 9 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file_is_said(tmp_path, name):
    data, said = WRONG[name]
    with pytest.raises(FormatError, match=re.escape(said)) as caught:
        read(tmp_path, data)
    assert str(caught.value).startswith(str(tmp_path / "m.safetensors"))


def test_numbers_that_numpy_has_not_are_refused_by_name(tmp_path):
    data = written.safetensors({"w": entry("F8_E4M3", (8,))}, EIGHT)
    with pytest.raises(
        UnsupportedError, match=r"entry 'w' must have one of the types F16, .*'F8_E4M3'"
    ):
        read(tmp_path, data)


def test_a_key_is_for_checkpoints(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(written.safetensors({}))
    with pytest.raises(ArgumentError, match=r"`key` must be None for a .safetensors file, .*'a'"):
        load_state_dict(tmp_path / "m.safetensors", "a")


def test_a_header_of_more_than_the_format_allows_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(safetensors, "LARGEST_HEADER", 10)
    with pytest.raises(FormatError, match="into 10; got one of"):
        read(tmp_path, written.safetensors({"w": entry()}, EIGHT))
