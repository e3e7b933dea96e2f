"""Models that the tests of streams run, and how they step them."""

import numpy as np

from elman import Input, Model, Sequential, layers
from tests.layers.checks import scramble
from tests.tolerances import EXACT, FLOAT32

CLOSE = {"float32": FLOAT32, "float64": EXACT}
NEED = "every layer of a stream must need the timesteps so far and nothing else; got "


def normal(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def lstm(units=5, features=3, **options):
    options = {"return_sequences": True, **options}
    return scramble(
        Sequential([Input((None, features)), layers.LSTM(units, name="l", **options)], name="s")
    )


def steps(stream, x):
    """Return the outputs of a stream for a sequence, step by step."""
    return np.stack([stream.step(x[:, t]).copy() for t in range(x.shape[1])], axis=1)


def classifier(dtype="float32"):
    options = {"dtype": dtype}
    return Sequential(
        [
            Input((None, 3), dtype=dtype),
            layers.TimeDistributed(layers.Dense(4, activation="relu", **options)),
            layers.Dropout(0.5),
            layers.GRU(18, return_sequences=True, **options),
            Sequential([Input((None, 18), dtype=dtype), layers.Dense(5, **options)]),
            layers.Activation("tanh", **options),
            layers.LSTM(9, dropout=0.3, recurrent_dropout=0.2, **options),
            layers.Dense(6, activation="softmax", **options),
        ]
    )


def functional(dtype="float32"):
    x = Input((7, 3), dtype=dtype)
    h, *_ = layers.LSTM(4, return_sequences=True, return_state=True, dtype=dtype)(x)
    return Model(x, layers.Dense(20, use_bias=False, activation="elu", dtype=dtype)(h))
