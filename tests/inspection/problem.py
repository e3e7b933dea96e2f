"""Models that learn, and data, for the checks of `elman.diagnose`."""

import numpy as np

import elman
from elman import Input, Sequential, layers

T = 20


def data(samples=200, features=3, seed=0):
    """Return sequences, and the mean of the first feature over the last five steps."""
    x = np.random.default_rng(seed).normal(size=(samples, T, features)).astype("float32")
    return x, x[:, -5:, :1].mean(axis=1)


def made(*inside, loss="mse", optimizer="adam", shape=(T, 3), **options):
    elman.utils.set_random_seed(0)
    model = Sequential([Input(shape, **options), *inside], name="m")
    model.compile(optimizer, loss)
    return model


def regression(**options):
    return made(layers.GRU(8, name="gru"), layers.Dense(1, name="out"), **options)


def classes(samples=200):
    """Return sequences, and which of three features has the largest sum."""
    x, _ = data(samples)
    return x, x.sum(axis=1).argmax(axis=1)


def classifier(activation="softmax", loss="sparse_categorical_crossentropy", **options):
    inside = layers.LSTM(8, name="lstm"), layers.Dense(3, activation, name="out")
    return made(*inside, loss=loss, **options)


def checks(model, x, y, **options):
    """Return the findings by check, worse than notes."""
    return {
        finding.check: finding
        for finding in elman.diagnose(model, x, y, **options).findings
        if finding.severity != "note"
    }


def only(found, check):
    """Return the finding of a check, the only one."""
    assert list(found) == [check], found
    return found[check]
