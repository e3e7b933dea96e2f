"""Arguments of recurrent layers that are wrong, and the fix."""

import re

import numpy as np
import pytest

from elman import layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import BATCH, GAPS, UNITS, data


def test_a_stateful_layer_refuses_another_batch_until_reset():
    layer = layers.LSTM(2, stateful=True, name="memory")
    layer(data())
    text = (
        "LSTM 'memory': `x` must have batch=3, that of the carried state; got 2. "
        "Call `reset_state()` before a batch of another size."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer(data()[:2])
    layer.reset_state()
    assert layer(data()[:2]).shape == (2, 2)


def call(**arguments):
    options = {"x": data(), **arguments}
    layer = layers.LSTM(2, name="rnn")
    layer(data())
    return layer(options.pop("x"), **options)


@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.Bidirectional])
def test_the_initial_state_may_stand_second_as_in_keras(wrap):
    layer = wrap(layers.GRU(UNITS))
    states = [np.ones((BATCH, UNITS))] * (2 if isinstance(layer, layers.Bidirectional) else 1)
    by_name = layer(data(), initial_state=states, mask=GAPS)
    np.testing.assert_array_equal(layer(data(), states, GAPS), by_name)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.LSTM(4, activation="tahn"),
            ArgumentError,
            "log_softmax; got 'tahn'. Did you mean 'tanh'?",
        ),
        (
            lambda: layers.LSTM(4, activation="tahn"),
            ArgumentError,
            "LSTM: `activation` must be one of linear, relu,",
        ),
        (
            lambda: layers.GRU(4, recurrent_activation="sigmiod"),
            ArgumentError,
            "GRU: `recurrent_activation` must be one of linear, relu,",
        ),
        (
            lambda: layers.LSTM(4, seed="abc"),
            ArgumentError,
            "LSTM: `seed` must be an integer of at least 0; got 'abc'.",
        ),
        (
            lambda: layers.LSTM(4, seed=-1),
            ArgumentError,
            "LSTM: `seed` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: layers.GRU(2, reset_after="no"),
            ArgumentError,
            "GRU: `reset_after` must be True or False; got 'no'.",
        ),
        (
            lambda: layers.SimpleRNN(2, return_sequences=1),
            ArgumentError,
            "SimpleRNN: `return_sequences` must be True or False; got 1.",
        ),
        (
            lambda: layers.LSTM(2, unit_forget_bias=None),
            ArgumentError,
            "LSTM: `unit_forget_bias` must be True or False; got None.",
        ),
        (
            lambda: layers.GRU(2, name="g")(np.ones((1, 2, 3)), initial_state="zeros"),
            ArgumentError,
            "GRU 'g': `initial_state` must be an array of real numbers; got str of dtype <U5.",
        ),
        (
            lambda: layers.SimpleRNN(-3),
            ArgumentError,
            "SimpleRNN: `units` must be a positive integer; got -3.",
        ),
        (
            lambda: layers.GRU(2.0),
            ArgumentError,
            "GRU: `units` must be a positive integer; got 2.0.",
        ),
        (
            lambda: layers.LSTM(2, name="l", dropout=50),
            ArgumentError,
            "LSTM 'l': `dropout` must be in [0, 1); got 50. Did you mean 0.5?",
        ),
        (
            lambda: layers.LSTM(2, name="l", recurrent_dropout=1),
            ArgumentError,
            "LSTM 'l': `recurrent_dropout` must be in [0, 1); got 1.",
        ),
        (
            lambda: layers.LSTM(2, name="l", kernel_initializer=None),
            ArgumentError,
            "LSTM 'l': `kernel_initializer` must be an initializer such as 'glorot_uniform'; "
            "got None.",
        ),
        (
            lambda: layers.LSTM(2, return_sequence=True),
            ArgumentError,
            "LSTM: `return_sequence` must be an argument that LSTM has. Did you mean "
            "'return_sequences'?",
        ),
        (
            lambda: layers.LSTM(2, dtype="float16", name="l"),
            ArgumentError,
            "LSTM 'l': `dtype` must be 'float32' or 'float64'; got 'float16'.",
        ),
        (
            lambda: call(x=np.zeros((3, 2))),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 2). "
            "Add a time axis with `x[:, None, :]`.",
        ),
        (
            lambda: call(x=np.zeros(3)),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3,). "
            "Add axes with `x[None, :, None]`.",
        ),
        (
            lambda: call(x=np.zeros((3, 5))),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 5).",
        ),
        (
            lambda: layers.LSTM(2, name="rnn")(np.zeros((3, 5))),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features); got (3, 5). "
            "Add an axis: `x[..., None]` for one feature, `x[:, None, :]` for one timestep.",
        ),
        (
            lambda: call(mask=np.ones((3, 4, 1), bool)),
            ShapeError,
            "LSTM 'rnn': `mask` must have shape (batch=3, timesteps=4); got (3, 4, 1). "
            "Drop the last axis with `mask[..., 0]`.",
        ),
        (
            lambda: call(x=np.zeros((3, 4, 5))),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 4, 5).",
        ),
        (
            lambda: call(x=np.zeros((3, 0, 2))),
            ShapeError,
            "LSTM 'rnn': `x` must have at least one timestep and a known number of features; "
            "got (3, 0, 2).",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 2))]),
            ShapeError,
            "LSTM 'rnn': `initial_state` must be 2 arrays (h, c); got 1.",
        ),
        (
            lambda: call(initial_state=[np.zeros((3, 2)), np.zeros((3, 3))]),
            ShapeError,
            "LSTM 'rnn': `initial_state` must have c of shape (batch=3, units=2); got (3, 3).",
        ),
        (
            lambda: call(initial_state=[np.zeros((1, 2)), np.zeros((1, 2))]),
            ShapeError,
            "LSTM 'rnn': `initial_state` must have h of shape (batch=3, units=2); got (1, 2).",
        ),
        (
            lambda: call(mask=np.ones((3, 5))),
            ShapeError,
            "LSTM 'rnn': `mask` must have shape (batch=3, timesteps=4); got (3, 5).",
        ),
        (
            lambda: call(mask=np.ones((3, 4, 2))),
            ShapeError,
            "LSTM 'rnn': `mask` must have shape (batch=3, timesteps=4); got (3, 4, 2).",
        ),
        (
            lambda: call(mask=np.ones(3)),
            ShapeError,
            "LSTM 'rnn': `mask` must have shape (batch=3, timesteps=4); got (3,).",
        ),
        (
            lambda: call(mask=np.full((3, 4), 2)),
            ArgumentError,
            "LSTM 'rnn': `mask` must hold booleans, True where a step counts; got dtype int64.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_checkpoint_steps_must_be_positive():
    with pytest.raises(ArgumentError, match="`checkpoint_steps` must be a positive integer; got 0"):
        layers.LSTM(2, checkpoint_steps=0)
