"""Damaged files of PyTorch: only elman's own errors may come of them; see fuzz.py."""

import random
import struct
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch import load_state_dict
from tests.formats.torch import fuzz, written

REAL = fuzz.files()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, len(REAL) - 1), seed=st.integers(0, 2**32))
def test_damaged_files_raise_nothing_unexpected(tmp_path, place, seed):
    ending, data = REAL[place]
    fuzz.read(tmp_path, ending, fuzz.damaged_file(random.Random(seed), ending, data))


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=200), ending=st.sampled_from([".pt", ".safetensors"]))
def test_any_bytes_raise_nothing_unexpected(tmp_path, data, ending):
    fuzz.read(tmp_path, ending, data)
    fuzz.read(tmp_path, ".pt", b"\x80\x02" + data)


HUGE = 2**40
BOMBS = {
    "a header": (".safetensors", written.safetensors({}, length=HUGE)),
    "a shape": (".safetensors", written.safetensors({"w": written.entry(shape=(HUGE,))})),
    "places": (".safetensors", written.safetensors({"w": written.entry(data_offsets=(0, HUGE))})),
    "a storage": (
        ".pt",
        written.pt(written.dictionary(w=written.tensor(written.storage(count=HUGE)))),
    ),
    "sizes": (
        ".pt",
        written.pt(
            written.dictionary(w=written.tensor(shape=(2**15,) * 2, strides=(0, 0))),
            {"0": bytes(16)},
        ),
    ),
    "an old storage": (
        ".pt",
        written.legacy(
            written.dictionary(w=written.tensor(written.storage(count=HUGE))),
            {"0": written.counted(HUGE, b"")},
        ),
    ),
    "text": (".pt", written.pt(b"\x8d" + struct.pack("<Q", HUGE))),
    "bytes": (".pt", written.pt(b"\x8e" + struct.pack("<Q", HUGE))),
    "a number": (".pt", written.pt(b"\x8b" + struct.pack("<i", 2**31 - 1))),
    "a place to remember": (".pt", written.pt(b"Nr" + struct.pack("<I", 2**32 - 1))),
}


def test_a_dictionary_that_stands_everywhere_is_looked_through_once(tmp_path):
    count = 30_000  # times as many tensors, it would take minutes
    kept = written.tensor() + b"q\1"
    inner = b"}(" + written.text("w") + kept
    inner += b"".join(written.text(str(i)) + b"h\1" for i in range(count)) + b"uq\2"
    outer = b"}(" + written.text("d") + inner
    outer += b"".join(written.text(str(i)) + b"h\2" for i in range(count)) + b"u"
    (tmp_path / "m.pt").write_bytes(written.pt(outer, {"0": bytes(16)}))
    begun = time.perf_counter()
    with pytest.raises(
        ArgumentError, match="`key` must be one of 'd', '0', '1', '2', '3', '4', '5'"
    ):
        load_state_dict(tmp_path / "m.pt")
    assert time.perf_counter() - begun < 30


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_does_not_take_much_memory(tmp_path, name):
    ending, data = BOMBS[name]
    (tmp_path / f"m{ending}").write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises((FormatError, UnsupportedError)):
            load_state_dict(tmp_path / f"m{ending}")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(data) < 1000
    assert most < 2**20
