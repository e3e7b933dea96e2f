"""The objects whose methods are compared, of `keras` or `elman`."""

import numpy as np


def model(k):
    """Return a compiled functional model."""
    x = k.Input((4, 2))
    made = k.Model(x, k.layers.Dense(1)(k.layers.LSTM(3)(x)))
    made.compile("sgd", "mse")
    return made


def built(name, *arguments, shape=(2, 4, 3)):
    """Return a function that makes a layer that has been called."""

    def make(k):
        made = getattr(k.layers, name)(*arguments)
        made(np.zeros(shape, "float32"))
        return made

    return make


def sequential(k):
    """Return a compiled Sequential."""
    made = k.Sequential([k.Input((4, 2)), k.layers.LSTM(3), k.layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


def cell(k):
    """Return a built cell."""
    made = k.layers.LSTMCell(3)
    made.build((None, 2))
    return made


def around(k):
    """Return a built Bidirectional."""
    made = k.layers.Bidirectional(k.layers.GRU(3))
    made(np.zeros((2, 4, 3), "float32"))
    return made


OBJECTS = {  # title: (what it adds to, how it is made)
    "Layer": ((), built("Dense", 2)),
    "Model": (("Layer",), model),
    "Sequential": (("Layer", "Model"), sequential),
    "Recurrent layers": (("Layer",), built("LSTM", 3)),
    "Cells": (("Layer",), cell),
    "Bidirectional": (("Layer",), around),
    "Optimizer": ((), lambda k: k.optimizers.SGD()),
    "Loss": ((), lambda k: k.losses.Huber()),
    "Metric": ((), lambda k: k.metrics.MeanSquaredError()),
    "Callback": ((), lambda k: k.callbacks.Callback()),
    "Initializer": ((), lambda k: k.initializers.Zeros()),
    "Regularizer": ((), lambda k: k.regularizers.L2()),
    "Constraint": ((), lambda k: k.constraints.NonNeg()),
    "Schedule": ((), lambda k: k.optimizers.schedules.CosineDecay(0.1, 3)),
    "PyDataset": ((), lambda k: type("Own", (k.utils.PyDataset,), {})()),
}


def made_of(k):
    """Return title: object, of a library."""
    return {title: make(k) for title, (_, make) in OBJECTS.items()}
