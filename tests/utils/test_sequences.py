import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import ArgumentError, ShapeError
from elman.utils import pad_sequences
from tests.golden.data_cases import RAGGED, pad_cases
from tests.test_keras_parity import GOLDEN

KERAS = np.load(GOLDEN / "data.npz")


@pytest.mark.parametrize("case", range(len(pad_cases())))
def test_padded_sequences_are_those_of_keras(case):
    kind, options = pad_cases()[case]
    found = pad_sequences(RAGGED[kind], **options)
    np.testing.assert_array_equal(found, KERAS[f"pad/{case}"])
    assert found.dtype == KERAS[f"pad/{case}"].dtype


@given(
    sequences=st.lists(st.lists(st.integers(-9, 9), max_size=6), min_size=1, max_size=4),
    maxlen=st.none() | st.integers(0, 7),
    padding=st.sampled_from(["pre", "post"]),
    truncating=st.sampled_from(["pre", "post"]),
)
def test_each_row_holds_what_is_kept_of_its_sequence_and_the_value(
    sequences, maxlen, padding, truncating
):
    found = pad_sequences(sequences, maxlen, padding=padding, truncating=truncating, value=77)
    width = max(map(len, sequences)) if maxlen is None else maxlen
    assert found.shape == (len(sequences), width)
    for row, sequence in zip(found.tolist(), sequences, strict=True):
        drop = max(0, len(sequence) - width)
        kept = sequence[drop:] if truncating == "pre" else sequence[: len(sequence) - drop]
        fill = [77] * (width - len(kept))
        assert row == (fill + kept if padding == "pre" else kept + fill)


def test_text_is_padded_as_objects():
    found = pad_sequences([["a"], ["b", "ccc"]], dtype=object, value="")
    assert found.tolist() == [["", "a"], ["b", "ccc"]]


def test_whole_numbers_fit_in_integers_whatever_their_dtype():
    found = pad_sequences([[1.0, 2.0], np.array([3])], value=-1.0)
    assert (found.tolist(), found.dtype) == ([[1, 2], [-1, 3]], np.dtype("int32"))


def test_nothing_but_empty_sequences_is_an_array_without_timesteps():
    assert pad_sequences([[], []]).shape == (2, 0)
    assert pad_sequences([], maxlen=3).shape == (0, 3)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: pad_sequences([[1, 2], [0.5]]),
            ArgumentError,
            "pad_sequences: `dtype` must be able to hold all values; got int32 for sequence 1, "
            'which holds 0.5. Give dtype="float32".',
        ),
        (
            lambda: pad_sequences([[np.nan]]),
            ArgumentError,
            "got int32 for sequence 0, which holds nan.",
        ),
        (
            lambda: pad_sequences([[2**40]]),
            ArgumentError,
            "got int32 for sequence 0, which holds 1099511627776.",
        ),
        (
            lambda: pad_sequences([[1]], value=-0.5),
            ArgumentError,
            "got int32 for `value`, which holds -0.5.",
        ),
        (
            lambda: pad_sequences([["a"]]),
            ArgumentError,
            "pad_sequences: `dtype` must fit what is padded; got int32 for sequence 0, of dtype "
            "<U1. Text needs dtype=object.",
        ),
        (
            lambda: pad_sequences([[1]], value="x"),
            ArgumentError,
            "pad_sequences: `dtype` must fit what is padded; got int32 for `value`, of dtype <U1.",
        ),
        (
            lambda: pad_sequences([[1]], padding="left"),
            ArgumentError,
            "pad_sequences: `padding` must be one of 'pre', 'post'; got 'left'.",
        ),
        (
            lambda: pad_sequences([[1]], truncating="left"),
            ArgumentError,
            "pad_sequences: `truncating` must be one of 'pre', 'post'; got 'left'.",
        ),
        (
            lambda: pad_sequences([[1]], maxlen=-1),
            ArgumentError,
            "pad_sequences: `maxlen` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: pad_sequences([]),
            ArgumentError,
            "pad_sequences: `maxlen` must be given where there are no sequences; got None.",
        ),
        (
            lambda: pad_sequences([1, 2]),
            ArgumentError,
            "pad_sequences: `sequences` must hold sequences; got 1 in place 0.",
        ),
        (
            lambda: pad_sequences(iter([[1]])),
            ArgumentError,
            "pad_sequences: `sequences` must be a list of sequences; got list_iterator.",
        ),
        (
            lambda: pad_sequences([[[1, 2]], [[1]]]),
            ShapeError,
            "pad_sequences: `sequences` must have timesteps of one shape, (2,); got (1,) in "
            "sequence 1.",
        ),
        (
            lambda: pad_sequences([[[1, 2], [1]]]),
            ShapeError,
            "pad_sequences: `sequences` must have timesteps of one shape; those of sequence 0 "
            "differ.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
