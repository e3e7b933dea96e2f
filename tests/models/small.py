"""Small models to train, and what tests of training compare."""

import numpy as np

import elman
from elman import Input, Model, Sequential, layers
from tests.layers.checks import F64, normal, scramble

X, Y = normal(10, 4, 2), normal(10, 1, seed=1)


def recurrent(*, dropout=0.0, **options):
    model = Sequential(
        [Input((4, 2)), layers.LSTM(3, dropout=dropout, **F64), layers.Dense(1, **F64)]
    )
    model.compile(options.pop("optimizer", "sgd"), options.pop("loss", "mse"), **options)
    return scramble(model)


def still():
    """Return an optimizer that moves nothing, so that losses may be worked out beforehand."""
    return elman.optimizers.SGD(1e-300)


def same_weights(one, other):
    return all(
        np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def two_outputs(**options):
    x = Input((4, 2))
    h = layers.GRU(2, **F64)(x)
    outputs = [layers.Dense(1, name="p", **F64)(h), layers.Dense(2, name="q", **F64)(h)]
    model = Model(x, options.pop("structure", lambda o: o)(outputs))
    model.compile("sgd", **options)
    return scramble(model)


YS = [Y, normal(10, 2, seed=2)]
