"""What a layer's `activation` computes: a function of `elman.activations`, or one of your own.

    y = f(a)      da = df/da dy      f's by hand, or of your own by a tape

One of your own takes an array and returns one of the same shape and dtype; it is written with
`elman.ops`, or with NumPy's functions as far as a `GradientTape` goes through them.
"""

import numpy as np

from elman import activations, fused
from elman._typing import Array, Function
from elman.errors import ArgumentError
from elman.gradient_tape import GradientTape


def activate(f: Function, a: Array) -> Array:
    """Return f(a).

    Raises:
        ArgumentError: a function of your own returns another shape or dtype.
    """
    if activations.is_known(f):
        return fused.activate(f, a)
    y = np.asarray(f(a))
    if (y.shape, y.dtype) != (a.shape, a.dtype):
        raise ArgumentError(
            f"activation: `{getattr(f, '__name__', f)}` must return an array of shape {a.shape} "
            f"and dtype {a.dtype}, those of what it is given; got {y.shape} and {y.dtype}."
        )
    return y


def derive(f: Function, dy: Array, a: Array, y: Array) -> Array:
    """Return dL/da of y = f(a)."""
    if activations.is_known(f):
        return fused.derive(f, dy, a, y)
    with GradientTape() as tape:
        box = tape.watch(a)
        value = f(box)
    da = tape.gradient(value, box, dy)
    return np.zeros_like(a) if da is None else da
