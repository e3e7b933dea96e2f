"""Cells of one's own that do not keep what they promise."""

import re

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import BATCH, F64
from tests.layers.own.own_cells import ByHand, MinimalRNNCell, X


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda cell: cell(X[:, 0], []), "`states` must be 1 array; got 0."),
        (lambda cell: cell(X, [np.zeros((BATCH, 2))]), "Run over a sequence with `RNN(cell)`."),
        (lambda cell: cell(X[:, 0], [np.zeros((BATCH, 3))]),
         "`states` must have the state of shape (batch=3, units=2); got (3, 3)."),
    ],
)  # fmt: skip
def test_a_step_by_hand_is_checked_as_any_other(attempt, text):
    with pytest.raises(ShapeError, match=re.escape(text)):
        attempt(ByHand(2, **F64))


def returning(result, **sizes):
    class Own(layers.Layer):
        state_size = sizes.get("state_size", 2)
        output_size = sizes.get("output_size")

        def call(self, inputs, states):
            return result(inputs, states)

    return layers.RNN(Own(name="own", **F64), **sizes.get("ways", {}))


def by_hand(forward=None, backward=None):
    class Own(ByHand):
        pass

    if forward:
        Own.forward = forward
    if backward:
        Own.backward = backward
    layer = layers.RNN(Own(2, name="own", **F64))
    elman.gradients(layer, X, output_gradients=np.ones((BATCH, 2)))
    return lambda _: None


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (
            lambda: returning(lambda x, s: x),
            ArgumentError,
            "Own 'own': a step must return (output, new states) with 1 state, as `state_size` "
            "says; got ndarray.",
        ),
        (
            lambda: returning(lambda x, s: (x, [x, x])),
            ArgumentError,
            "with 1 state, as `state_size` says; got a tuple of 2 with 3 arrays.",
        ),
        (
            lambda: returning(lambda x, s: (x, [x]), state_size=[2, 2]),
            ArgumentError,
            "with 2 states, as `state_size` says; got a tuple of 2 with 2 arrays.",
        ),
        (
            lambda: returning(lambda x, s: (x, [x[:, :1]])),
            ShapeError,
            "Own 'own': a step must return the state of shape (2, 2), as `state_size` and "
            "`output_size` say; got (2, 1).",
        ),
        (
            lambda: returning(lambda x, s: (x, [x]), output_size=3),
            ShapeError,
            "Own 'own': a step must return output of shape (2, 3)",
        ),
        (
            lambda: returning(lambda x, s: (x.astype("float32"), [x])),
            ArgumentError,
            "Own 'own': a step must return output of float64; got float32. Compute with arrays of "
            "the cell's `dtype`.",
        ),
        (
            lambda: returning(lambda x, s: (x, s), state_size=[[2, 2], 2]),
            ArgumentError,
            "Own 'own': `output_size` must be a positive integer; got [2, 2]. Set it in the cell's "
            "constructor.",
        ),
        (
            lambda: returning(lambda x, s: (x, s), ways={"checkpoint_steps": 2}),
            ArgumentError,
            "Own 'own': `checkpoint_steps` must be None, because the steps of a cell of your own "
            "are all kept; got 2.",
        ),
        (
            lambda: by_hand(forward=lambda self, inputs, states: (inputs, states)),
            ArgumentError,
            "Own 'own': `forward` must return (output, new states, cache); got a tuple of 2",
        ),
        (
            lambda: by_hand(backward=lambda self, dy, ds, cache: (dy, ds, [])),
            ShapeError,
            "Own 'own': `backward` must return (dinputs, dstates, dweights), those of the states "
            "and weights of the shapes [(3, 2), (2, 2), (2, 2)]; got [(3, 2)].",
        ),
        (
            lambda: by_hand(backward=lambda self, dy, ds, cache: dy),
            ShapeError,
            "of the shapes [(3, 2), (2, 2), (2, 2)]; got ndarray.",
        ),
    ],
)
def test_errors_name_the_cell_and_what_it_promised(make, error, text):
    with pytest.raises(error, match=re.escape(text)):
        make()(X)


def test_a_first_state_of_another_shape_is_refused():
    class Odd(MinimalRNNCell):
        def get_initial_state(self, batch_size=None):
            return np.zeros((batch_size, 3))

    text = "Odd 'o': `get_initial_state` must have the state of shape (batch=2, units=2); got"
    with pytest.raises(ShapeError, match=re.escape(text)):
        layers.RNN(Odd(2, name="o"))(X)
