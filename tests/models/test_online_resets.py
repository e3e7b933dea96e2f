"""`reset_mask` of learners: another sequence begins in some rows, the others go on."""

import copy

import numpy as np
import pytest

from elman import Input, Sequential, layers, optimizers
from elman.errors import ArgumentError, ShapeError, TrainingError
from tests.models.online_model import METHODS, X, Y, model_of, raises, x_t, y_t
from tests.online.chains import F64, Moving, assert_close, compiled, data, gradients, scrambled
from tests.tolerances import EXACT

B, T = 3, 7
STACKS = {
    "LSTM": lambda: [layers.LSTM(4, return_sequences=True, **F64)],
    "GRUs": lambda: [
        layers.GRU(3, return_sequences=True, **F64),
        layers.Dense(4, "tanh", **F64),
        layers.GRU(2, reset_after=False, return_sequences=True, **F64),
    ],
    "cells": lambda: [
        layers.RNN([layers.SimpleRNNCell(3, **F64), layers.LSTMCell(2, **F64)],
                   return_sequences=True, **F64),
    ],
    "own": lambda: [layers.RNN(Moving(3, **F64), return_sequences=True, **F64)],
}  # fmt: skip


def built(name):
    stack = [*STACKS[name](), layers.Dense(2, **F64)]
    return compiled(scrambled(Sequential([Input((None, 3), dtype="float64"), *stack], name="m")))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", STACKS)
def test_gradients_are_those_of_a_batch_with_the_same_resets(name, method):
    x, y = data(B, T, 3, 2)
    resets = np.random.default_rng(2).random((B, T)) < 0.3
    assert resets[:, 1:].any(axis=0).sum() > 2
    online, whole = built(name), built(name)
    learner = online.online(method, bptt_steps=T, every=T)
    losses = [learner.learn(x[:, t], y[:, t], reset_mask=resets[:, t]) for t in range(T)]
    loss = whole.train_on_batch(x, y, reset_mask=resets)
    assert np.mean(losses) == pytest.approx(loss, rel=EXACT)
    assert_close(gradients(online), gradients(whole), EXACT)
    wanted = whole.predict(x, reset_mask=resets, verbose=0)
    learner = built(name).online(method, bptt_steps=2)
    for t in range(T):
        np.testing.assert_allclose(
            learner.predict(x[:, t], reset_mask=resets[:, t]), wanted[:, t], rtol=0, atol=EXACT
        )
        found = learner.step(x[:, t], reset_mask=resets[:, t])
        np.testing.assert_allclose(found, wanted[:, t], rtol=0, atol=EXACT)


@pytest.mark.parametrize("method", METHODS)
def test_resets_of_all_rows_are_those_of_the_learner(method):
    one, other = (model_of(optimizer=optimizers.SGD(0.1)) for _ in range(2))
    learner, twin = one.online(method), other.online(method)
    for t in range(8):
        if t == 4:
            twin.reset()
        resets = np.full(2, t == 4)
        found = learner.learn(X[:, t], Y[:, t], reset_mask=resets)
        assert found == pytest.approx(twin.learn(X[:, t], Y[:, t]), rel=1e-5)
    assert_close(one.get_weights(), other.get_weights(), 1e-5)


def test_a_line_takes_resets_and_one_sequence_a_flag():
    model, other = model_of(), model_of()
    model.train_step(x_t[0], y_t[0])
    other.train_step(x_t[0], y_t[0])
    other.online_learner.reset()
    found = model.train_step(X[0, 1], Y[0, 1], reset_mask=True)
    assert found == other.train_step(X[0, 1], Y[0, 1])
    assert model.train_step(X[0, 2], Y[0, 2], reset_mask=[0]) == other.train_step(X[0, 2], Y[0, 2])


@pytest.mark.parametrize("method", METHODS)
def test_a_step_that_is_refused_resets_nothing(method):
    model = model_of()
    learner = model.online(method, bptt_steps=3, every=2)
    for t in range(3):
        learner.learn(X[:, t], Y[:, t])
    twin = copy.deepcopy(learner)
    with pytest.raises(TrainingError):
        learner.learn(X[:, 3], np.full((2, 2), 1e30), reset_mask=[True, False])
    for t in range(3, 8):
        assert learner.learn(X[:, t], Y[:, t]) == twin.learn(X[:, t], Y[:, t])


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        (np.zeros((2, 8), bool), ShapeError, "must have shape (batch=2,), one flag for each "
         "carried sample; got (2, 8)."),
        (True, ShapeError, "must have shape (batch=2,), one flag for each carried sample; got ()."),
        ([0.5, 1], ArgumentError, "must hold booleans, True for the samples to reset; got dtype "
         "float64."),
    ],
)  # fmt: skip
def test_a_mask_that_does_not_fit_is_refused(mask, error, text):
    model = model_of()
    with raises(error, f"Sequential 'm': `reset_mask` {text}"):
        model.train_step(x_t, y_t, reset_mask=mask)
    with raises(error, f"Sequential 'm': `reset_mask` {text}"):
        model.online_learner.predict(x_t, mask)
