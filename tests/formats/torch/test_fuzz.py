"""Damaged files of PyTorch: only elman's own errors may come of them; see fuzz.py."""

import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.formats.torch import fuzz

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
