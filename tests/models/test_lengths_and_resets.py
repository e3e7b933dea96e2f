"""`reset_mask` beside lengths and chunks."""

import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ShapeError
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT

B, T, F, K = 4, 10, 3, 4
X, Y, Y1 = normal(B, T, F), normal(B, T, 2, seed=1), normal(B, 2, seed=2)
RESETS = np.random.default_rng(3).random((B, T)) < 0.2


def make(sequences=True, **options):
    given = {**F64, **options}
    stack = [
        Input((None, F), dtype="float64"),
        layers.LSTM(4, return_sequences=True, **given),
        layers.GRU(3, return_sequences=sequences, **given),
    ]
    model = scramble(Sequential([*stack, layers.Dense(2, **F64)]))
    model.compile("adam", "mse")
    return model


def assert_close(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)


def test_resets_are_cut_into_chunks_as_the_sequences_are():
    model, other = make(), make(stateful=True)
    model.fit(X, Y, reset_mask=RESETS, shuffle=False, bptt_steps=K, verbose=0)
    for start in range(0, T, K):
        s = slice(start, start + K)
        other.train_on_batch(X[:, s], Y[:, s], reset_mask=RESETS[:, s])
    assert_close(model, other)


def test_chunks_as_long_as_the_sequence_are_bptt_with_resets():
    for sequences, y in ((True, Y), (False, Y1)):
        model, other = make(sequences), make(sequences)
        model.train_on_batch(X, y, reset_mask=RESETS, bptt_steps=T)
        other.train_on_batch(X, y, reset_mask=RESETS)
        assert_close(model, other)


def test_resets_go_with_a_list_and_with_lengths():
    lengths = np.array([7, 2, 5, 4])
    listed = [[row[:n] for row, n in zip(a, lengths, strict=True)] for a in (X, Y)]
    by_list, by_lengths, by_mask = make(), make(), make()
    by_list.train_on_batch(*listed, reset_mask=RESETS[:, :7])
    by_lengths.train_on_batch(X, Y, lengths=lengths, reset_mask=RESETS)
    by_mask.train_on_batch(X, Y, mask=np.arange(T) < lengths[:, None], reset_mask=RESETS)
    assert_close(by_list, by_lengths)
    assert_close(by_list, by_mask)
    found = by_list.predict(listed[0], reset_mask=RESETS[:, :7], verbose=0)
    padded = by_list.predict(X, lengths=lengths, reset_mask=RESETS, verbose=0)
    for y, row in zip(found, padded, strict=True):
        np.testing.assert_allclose(y, row[: len(y)], rtol=0, atol=EXACT)


def test_resets_are_those_of_the_sequences_and_not_of_what_stands_before_them():
    features, steps = Input((F,), dtype="float64"), Input((None, F), dtype="float64")
    joined = layers.Concatenate(**F64)([features, layers.GRU(3, **F64)(steps)])
    model = scramble(Model([features, steps], joined))
    listed = [row[:n] for row, n in zip(X, (7, 2, 5, 4), strict=True)]
    found = model.predict([X[:, 0], listed], reset_mask=RESETS[:, :7], verbose=0)
    for i, row in enumerate(listed):
        alone = [X[i : i + 1, 0], row[None]]
        wanted = model(alone, reset_mask=RESETS[i : i + 1, : len(row)])
        np.testing.assert_allclose(found[i], wanted[0], rtol=0, atol=EXACT)


@pytest.mark.parametrize("width", [5, 9, 11, 100])
def test_resets_of_other_timesteps_than_the_data_have_are_refused(width):
    lengths = [7, 2, 5, 4]
    listed = [[row[:n] for row, n in zip(a, lengths, strict=True)] for a in (X, Y)]
    given = {"reset_mask": np.zeros((B, width), bool), "verbose": 0}
    model, padded, short = make(), {"lengths": lengths, **given}, {"batch_size": 1, **given}
    before = model.get_weights()
    for attempt, T_ in (
        (lambda: model.fit(*listed, **short), 7),
        (lambda: model.evaluate(*listed, **short), 7),
        (lambda: model.predict(listed[0], **given), 7),
        (lambda: model.fit(*listed, bptt_steps=K, **given), 7),
        (lambda: model.fit(X, Y, **padded), T),
        (lambda: model.predict(X, **padded), T),
    ):
        text = f": `reset_mask` must have as many timesteps as `x`, {T_}; got {width}."
        with pytest.raises(ShapeError, match=re.escape(text)):
            attempt()
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_states_of_one_output_are_reset_on_the_way():
    model, whole = make(False), make(False)
    for each in (model, whole):
        each.trainable = False
    wanted = whole.evaluate(X, Y1, reset_mask=RESETS, verbose=0)
    found = model.train_on_batch(X, Y1, reset_mask=RESETS, bptt_steps=K)
    np.testing.assert_allclose(found, wanted, rtol=EXACT)


def test_a_learned_state_starts_the_first_chunk():
    model = make(initial_state="learned")
    model.trainable = False
    wanted = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(model.train_on_batch(X, Y, bptt_steps=5), wanted, rtol=EXACT)
    model = make(initial_state="learned")
    model.fit(X, Y, bptt_steps=K, verbose=0)
    assert all(np.isfinite(w).all() for w in model.get_weights())
