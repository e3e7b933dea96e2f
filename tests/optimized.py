"""Weights and models for optimizers."""

import numpy as np

from elman import Input, Sequential, layers
from elman.parameters import Weight

ONE = np.ones(2)
X = np.random.default_rng(0).normal(size=(8, 4, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 1)).astype("float32")


def make(*values, names="wbcd"):
    return [
        Weight(np.full(2, value), name=name, path=f"layer/{name}")
        for value, name in zip(values, names, strict=False)
    ]


def make_model(optimizer=None):
    model = Sequential([Input((4, 2)), layers.SimpleRNN(3, seed=1), layers.Dense(1)])
    for i, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(i).normal(size=weight.shape))
    if optimizer is not None:
        model.compile(optimizer, "mse")
    return model
