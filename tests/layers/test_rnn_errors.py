"""Cells and arguments that RNN refuses."""

import re

import numpy as np
import pytest

from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import BATCH, F64
from tests.layers.rnns import X, cells


class NoSize(layers.Layer):
    def call(self, inputs, states):
        return inputs, states


class NoCall(layers.Layer):
    state_size = 3


def sized(size):
    cell = NoSize(name="own")
    cell.state_size = size
    return cell


def call(**arguments):
    layer = layers.RNN(cells(name=None), name="rnn")
    layer.cell.cells[0].name, layer.cell.cells[1].name = "low", "high"
    layer(X)
    return layer(arguments.pop("x", X), **arguments)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.RNN(8),
            ArgumentError,
            "RNN: `cell` must be a cell such as LSTMCell(8); got 8, which is no layer.",
        ),
        (
            lambda: layers.RNN(layers.LSTMCell),
            ArgumentError,
            "a class. Make a cell of it, as in LSTMCell(8).",
        ),
        (
            lambda: layers.RNN(layers.LSTM(8, name="l")),
            ArgumentError,
            "got <LSTM name=l, built=False>, which reads sequences itself. Its cell is for one "
            "timestep.",
        ),
        (
            lambda: layers.RNN(NoSize()),
            ArgumentError,
            "which has no `state_size`. Set it in its constructor: its units, or a list of them.",
        ),
        (lambda: layers.RNN(NoCall()), ArgumentError, "which has no `call(inputs, states)`."),
        (
            lambda: layers.RNN([]),
            ArgumentError,
            "StackedRNNCells: `cells` must be a list of cells such as [LSTMCell(8), GRUCell(4)]; "
            "got [].",
        ),
        (
            lambda: layers.StackedRNNCells([layers.GRUCell(2), 3]),
            ArgumentError,
            "StackedRNNCells: `cells` must be a cell such as LSTMCell(8); got 3, which is no layer",
        ),
        (
            lambda: layers.RNN([layers.GRUCell(2, name="a"), layers.GRUCell(2, name="b", **F64)]),
            ArgumentError,
            "StackedRNNCells: `cells` must all have one dtype; got float32 of GRUCell 'a', float64 "
            "of GRUCell 'b'.",
        ),
        (
            lambda: layers.RNN(layers.GRUCell(2, name="g"), dtype="float64", name="r"),
            ArgumentError,
            "RNN 'r': `dtype` must be 'float32', that of GRUCell 'g'; got 'float64'. Give it to "
            "the cell.",
        ),
        (
            lambda: layers.RNN(sized([2, 0])),
            ArgumentError,
            "RNN: `state_size` of NoSize 'own' must be a positive integer, or a list of them (one "
            "a state); got [2, 0].",
        ),
        (lambda: layers.RNN(sized("8")), ArgumentError, "(one a state); got '8'."),
        (
            lambda: layers.RNN(layers.GRUCell(2, name="g", activity_regularizer="l2")),
            ArgumentError,
            "RNN: `cell` must have no `activity_regularizer`; got that of GRUCell 'g'. Give it to "
            "the layer that runs the cell.",
        ),
        (
            lambda: layers.RNN(layers.GRUCell(2), return_sequence=True),
            ArgumentError,
            "RNN: `return_sequence` must be an argument that RNN has. Did you mean "
            "'return_sequences'?",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 2))]),
            ShapeError,
            "RNN 'rnn': `initial_state` must be 3 arrays (low h, high h, high c); got 1.",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 2)), np.zeros((3, 3)), np.zeros((3, 2))]),
            ShapeError,
            "RNN 'rnn': `initial_state` must have high c of shape (batch=3, units=3); got (3, 2).",
        ),
        (
            lambda: call(initial_state=[np.zeros(()), np.zeros((3, 3)), np.zeros((3, 2))]),
            ShapeError,
            "RNN 'rnn': `initial_state` must have low h of shape (batch=3, units=2); got ().",
        ),
        (
            lambda: call(initial_state="zeros"),
            ArgumentError,
            "RNN 'rnn': `initial_state` must be an array of real numbers; got str of dtype <U5.",
        ),
        (
            lambda: call(x=np.zeros((3, 2))),
            ShapeError,
            "RNN 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 2). Add a time "
            "axis with `x[:, None, :]`.",
        ),
        (
            lambda: call(x=np.zeros((3, 4, 2, 2))),
            ShapeError,
            "RNN 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 4, 2, 2).",
        ),
        (
            lambda: layers.RNN(layers.GRUCell(2)).from_config({"cell": {"class_name": "Mine"}}),
            ArgumentError,
            "RNN: `cell` must be a cell such as LSTMCell(8); got {'class_name': 'Mine'}",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_cell_cannot_be_exchanged_once_the_layer_is_built():
    layer = layers.RNN(layers.GRUCell(2), name="r")
    layer.cell = layers.LSTMCell(3)
    assert layer(X).shape == (BATCH, 3)
    with pytest.raises(ArgumentError, match="RNN 'r': `cell` must stay <LSTMCell"):
        layer.cell = layers.GRUCell(2)
