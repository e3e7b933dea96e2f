import re

import numpy as np
import pytest

from elman import Input, layers
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.ragged import Ragged, both
from tests.layers.checks import F64, normal

LENGTHS, T, F = [5, 2, 0, 7], 9, 3
MASK = np.arange(T) < np.array(LENGTHS)[:, None]
X = np.where(MASK[..., None], normal(4, T, F), np.nan)
STEPS = [row[:n] for row, n in zip(X, LENGTHS, strict=True)]

LAYERS = {
    "SimpleRNN": lambda **o: layers.SimpleRNN(4, **o, **F64),
    "GRU": lambda **o: layers.GRU(4, **o, **F64),
    "LSTM": lambda **o: layers.LSTM(4, **o, **F64),
    "RNN": lambda **o: layers.RNN([layers.GRUCell(3, **F64), layers.LSTMCell(4, **F64)], **o),
    "Bidirectional": lambda **o: layers.Bidirectional(layers.GRU(4, **o, **F64)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_list_and_lengths_and_a_mask_are_the_same_bits(name):
    layer = LAYERS[name]()
    found = layer(STEPS)
    assert found.shape[0] == 4
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, layer(X, lengths=LENGTHS))
    np.testing.assert_array_equal(found, layer(X, mask=MASK))


@pytest.mark.parametrize("name", LAYERS)
def test_outputs_of_all_steps_are_a_list_and_states_are_arrays(name):
    layer = LAYERS[name](return_sequences=True, return_state=True)
    found, *states = layer(STEPS)
    padded, *others = layer(X, lengths=np.array(LENGTHS))
    assert [y.shape[0] for y in found] == LENGTHS
    for y, row in zip(found, padded, strict=True):
        np.testing.assert_array_equal(y, row[: len(y)])
    assert len(states) == len(others)


def test_both_directions_apart_are_two_lists():
    layer = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode=None)
    assert [[len(y) for y in part] for part in layer(STEPS)] == [LENGTHS, LENGTHS]


def test_states_may_be_given_with_a_list():
    layer, start = layers.GRU(2, **F64), normal(4, 2)
    np.testing.assert_array_equal(layer(STEPS, start)[2], np.zeros(2))
    np.testing.assert_array_equal(layer(STEPS, start), layer(X, start, lengths=LENGTHS))
    np.testing.assert_array_equal(layer([normal(4, 5, F), start]), layer(normal(4, 5, F), start))


REFUSED = {
    "both": (
        lambda gru: gru(X, lengths=LENGTHS, mask=MASK),
        "`mask` must be left out where `lengths` are given; got both.",
    ),
    "list and lengths": (
        lambda gru: gru(STEPS, lengths=LENGTHS),
        "`lengths` must be left out where `x` is a list of arrays; got both.",
    ),
    "list and mask": (
        lambda gru: gru(STEPS, mask=MASK),
        "`mask` must be left out where `x` is a list of arrays; got both.",
    ),
    "symbolic": (
        lambda gru: gru(Input((None, F)), lengths=LENGTHS),
        "`lengths` must be left out where `x` is symbolic or on a tape; got both. Give `mask`.",
    ),
    "too long": (
        lambda gru: gru(X, lengths=[5, 2, 0, 10]),
        "`lengths` must be from 0 to 9, the timesteps of the array; got 10 for sample 3.",
    ),
    "too few": (
        lambda gru: gru(X, lengths=LENGTHS[:2]),
        "`lengths` must have shape (4,), one a sample; got (2,).",
    ),
    "no timesteps": (
        lambda gru: gru(X[0], lengths=[5]),
        "`lengths` must have shape (9,), one a sample; got (1,).",
    ),
    "features": (
        lambda gru: gru([X[0, :5], X[1, :2, :2]]),
        "`x[1]` must have shape (timesteps, 3), as the samples before it; got (2, 2).",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(name):
    run, text = REFUSED[name]
    with pytest.raises((ArgumentError, ShapeError), match=re.escape(f"GRU 'g': {text}")):
        run(layers.GRU(2, name="g"))


def test_samples_are_padded_behind_or_in_front():
    samples = [np.array([[1.0], [2.0]]), np.array([[3.0]]), np.zeros((0, 1))]
    behind, front = Ragged(samples), Ragged(samples, front=True)
    assert behind.shape == (3, 2, 1)
    assert behind.padded(2)[..., 0].tolist() == [[1, 2], [3, 0], [0, 0]]
    assert front.padded(3)[..., 0].tolist() == [[0, 1, 2], [0, 0, 3], [0, 0, 0]]
    assert front.mask(3).tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert front.chunk(0, 1).padded(1)[..., 0].tolist() == [[1], [0], [0]]
    assert behind[np.array([1, 0])].lengths.tolist() == [1, 2]
    assert behind[1:].lengths.tolist() == [1, 0]


def test_a_mask_that_is_not_there_is_true_everywhere():
    assert both(None, None) is None
    assert both(MASK, None) is MASK
    assert both(None, MASK) is MASK
    np.testing.assert_array_equal(both(MASK, ~MASK), np.zeros_like(MASK))
