"""A small model with all that a file has to hold."""

import numpy as np

from elman import Input, Sequential, layers
from tests.layers.checks import normal

X, Y = normal(8, 4, 2), normal(8, 1, seed=1)


def make(optimizer="adam", **options):
    model = Sequential(
        [
            Input((None, 2)),
            layers.Bidirectional(layers.GRU(3)),
            layers.Dense(4, "relu", name="middle"),
            layers.Dense(1),
        ]
    )
    model.compile(optimizer, options.pop("loss", "mse"), metrics=["mae"], **options)
    return model


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def train(model):
    model.fit(X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0)
