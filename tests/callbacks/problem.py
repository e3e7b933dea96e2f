"""A small model, and a `fit` with callbacks."""

import numpy as np

import elman
from elman import Input, Sequential, layers
from elman.callbacks import Callback

X, Y = np.ones((4, 2)), np.zeros((4, 1))


def make(name="m", rate=0.01, metrics=("mae",), optimizer=None):
    model = Sequential([Input((2,)), layers.Dense(1, "tanh", name="d")], name=name)
    model.set_weights([[[0.5], [0.25]], [0.0]])
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


class Spy(Callback):
    """Writes down every event, with its number and the names of its logs."""

    def __init__(self):
        self.events = []


def _record(event):
    def told(self, *arguments, logs=None):
        *number, logs = (*arguments, logs) if logs is not None else arguments
        self.events.append((event, *number, *sorted(logs)))

    return told


for _event in [name for name in vars(Callback) if name.startswith("on_")]:
    if _event not in ("on_batch_begin", "on_batch_end"):
        setattr(Spy, _event, _record(_event))
