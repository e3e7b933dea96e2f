"""Sequences of several lengths, as lists, with lengths and with a mask."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal

LENGTHS = [5, 2, 0, 7, 3, 1]
N, T, F, C, MOST = len(LENGTHS), 9, 3, 3, max(LENGTHS)
MASK = np.arange(T) < np.array(LENGTHS)[:, None]


def listed(padded):
    return [row[:n] for row, n in zip(padded, LENGTHS, strict=True)]


X = np.where(MASK[..., None], normal(N, T, F), np.nan)  # what stands in the padding is no number
Y = np.where(MASK, np.random.default_rng(1).integers(0, C, (N, T)), 77)
W = np.where(MASK, np.random.default_rng(2).random((N, T)), np.nan)


def per_step(*before, timesteps=None, **options):
    elman.utils.set_random_seed(1)
    stack = [
        *before,
        layers.LSTM(4, return_sequences=True, **F64),
        layers.GRU(4, return_sequences=True, **F64),
        layers.Dense(C, activation="softmax", **F64),
    ]
    model = Sequential([Input((timesteps, F), dtype="float64"), *stack], name="s")
    model.compile("adam", "sparse_categorical_crossentropy", **options)
    return model


def trained(make, x, y, **options):
    model = make()
    elman.utils.set_random_seed(7)
    history = model.fit(x, y, epochs=2, batch_size=4, verbose=0, **options).history
    return [*model.get_weights(), history["loss"]]


def assert_equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


STEPS, STATIC, WORDS = listed(X), normal(N, 2, seed=5), np.where(MASK, Y + 1, 79)


class Layered(Model):
    def __init__(self):
        super().__init__(name="own")
        self.inner, self.out = layers.GRU(4, return_sequences=True), layers.Dense(C)

    def call(self, x):
        return self.out(self.inner(x))


def assert_refused(text, run):
    with pytest.raises((ArgumentError, ShapeError), match=re.escape(text)):
        run()
