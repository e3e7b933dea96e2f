"""Weights, gradients and steps of optimizers."""

from pathlib import Path

import numpy as np

from elman.parameters import Weight, pack

GOLDEN = np.load(Path(__file__).parent / "golden" / "training.npz")
NAMES = ("kernel", "bias")


def make_weights(dtype="float32"):
    return [
        Weight(GOLDEN[f"optimizers/{name}"].astype(dtype), name=name, path=f"layer/{name}")
        for name in NAMES
    ]


def set_gradients(weights, t):
    for weight in weights:
        weight.gradient[...] = GOLDEN[f"optimizers/d{weight.name}"][t]


def run(optimizer, steps=range(5), dtype="float32"):
    weights = make_weights(dtype)
    buffers = pack(weights)
    for t in steps:
        set_gradients(weights, t)
        optimizer.step_buffers(buffers)
    return weights, buffers
