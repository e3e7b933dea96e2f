"""A small model, and a `fit` with callbacks."""

import numpy as np

import elman
from elman import Input, Sequential, layers
from elman.callbacks import Callback

X, Y = np.ones((4, 2)), np.zeros((4, 1))


def make(name="m", rate=0.01, metrics=("mae",), optimizer=None):
    model = Sequential([Input((2,)), layers.Dense(1, "tanh", name="d")], name=name)
    model.compile(optimizer or elman.optimizers.SGD(rate), "mse", metrics=list(metrics))
    return model


def fit(*callbacks, model=None, **options):
    model = model or make()
    return model.fit(X, Y, verbose=0, callbacks=list(callbacks), **{"epochs": 3, **options})


class Feed(Callback):
    """Puts numbers among the logs of each epoch."""

    def __init__(self, values, name="score"):
        self.values, self.name = values, name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]


class Break(Callback):
    """Breaks training off before a batch of an epoch."""

    def __init__(self, epoch, batch=0, error=ZeroDivisionError):
        self.at, self.error = (epoch, batch), error

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self.epoch, batch) == self.at:
            raise self.error
