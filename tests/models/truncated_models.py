"""Models that the tests of truncated backpropagation train, and the data, cut into chunks of K."""

import numpy as np

from elman import Input, Model, Sequential, layers
from tests.layers.checks import F64, normal, scramble

B, T, F, K = 6, 10, 3, 4
X, Y, Y1 = normal(B, T, F), normal(B, T, 2, seed=1), normal(B, 2, seed=2)
CHUNKS = [slice(0, 4), slice(4, 8), slice(8, 10)]
BATCHES = [slice(0, 3), slice(3, 6)]


def stack(*, sequences=True, stateful=False, dropout=0.0, **options):
    given = {"stateful": stateful, "return_sequences": True, **F64, **options}
    return [
        layers.LSTM(4, dropout=dropout, seed=5, **given),
        layers.RNN([layers.GRUCell(3, **F64), layers.SimpleRNNCell(4, **F64)],
                   return_sequences=True, stateful=stateful, **F64),
        layers.GRU(3, **{**given, "return_sequences": sequences}),
        layers.Dense(2, **F64),
    ]  # fmt: skip


def make(metrics=("mae",), **options):
    model = Sequential([Input((None, F), dtype="float64"), *stack(**options)], name="s")
    scramble(model)
    model.compile("adam", "mse", metrics=list(metrics))
    return model


def submodel(**options):
    inner = Sequential([Input((None, F), dtype="float64"), *stack(**options)], name="inner")
    outer = Input((None, F), dtype="float64")
    model = Model(outer, layers.Dense(2, **F64)(inner(outer)), name="m")
    scramble(model)
    model.compile("adam", "mse")
    return model


def assert_same(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
