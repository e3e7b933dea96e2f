"""What programs share: numbers to compute with, and weights to begin with."""

import numpy as np


def normal(seed, *shape):
    """Return float32 numbers around 0."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def whole(seed, high, *shape):
    """Return whole numbers from 0 to below `high`."""
    return np.random.default_rng(seed).integers(0, high, size=shape).astype("int32")


def settled(layer, seed=0):
    """Give each weight of a layer or model numbers of its own, and return it."""
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        values = rng.uniform(-0.6, 0.6, size=tuple(weight.shape))
        positive = "variance" in weight.name or "gamma" in weight.name
        weight.assign((1 + np.abs(values) if positive else values).astype("float32"))
    return layer


def arrays(tensors):
    """Return a structure of tensors as arrays."""
    if isinstance(tensors, dict):
        return {key: arrays(part) for key, part in tensors.items()}
    if isinstance(tensors, (list, tuple)):
        return [arrays(part) for part in tensors]
    return np.asarray(tensors)


QUIET = {"shuffle": False, "verbose": 0}


def on_jax(program):
    """Mark a program whose numbers are those that Keras has on JAX and on PyTorch.

    On TensorFlow the gradient of an Embedding is a list of rows. Where a batch holds an index
    twice, Keras's RMSprop and Adam there add up the squares of the two rows, and elsewhere, like
    elman, square their sum.
    """
    program.backend = "jax"
    return program
