"""Functions that run along an axis: sums and products of all so far, and differences."""

from typing import Any

import numpy as np

from elman._operation import gradient, operation
from elman.ops.indexing import take
from elman.ops.shaping import flip


@operation
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the sums of all up to each number, along an axis or of all numbers."""
    return np.cumsum(x, axis, dtype)


@gradient(cumsum)
def dcumsum(dy: Any, x: Any, y: Any, axis: int | None, dtype: Any) -> Any:
    """Gradient of `cumsum`: the sums of all dy from each number on."""
    turned = flip(cumsum(flip(dy, axis), axis), axis)
    return np.reshape(turned, x.shape)


@operation
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Return the products of all up to each number, along an axis or of all numbers."""
    return np.cumprod(x, axis, dtype)


@gradient(cumprod)
def dcumprod(dy: Any, x: Any, y: Any, axis: int | None, dtype: Any) -> Any:
    """Gradient of `cumprod`, which a zero does not disturb.

    With s_i = dy_i + x_{i+1} s_{i+1}, the sum over all later products without what is up to i:
    dx_i = s_i x_1 … x_{i-1}.
    """
    rows = np.reshape(x, (-1, 1)) if axis is None else np.moveaxis(x, axis, 0)
    drows = np.reshape(dy, (-1, 1)) if axis is None else np.moveaxis(dy, axis, 0)
    s, sums = np.zeros_like(drows[0]), []
    for i in range(len(rows) - 1, -1, -1):
        s = drows[i] + (rows[i + 1] * s if i + 1 < len(rows) else 0)
        sums.append(s)
    before = np.concatenate([np.ones_like(rows[:1]), cumprod(rows[:-1], 0)], 0)
    found = np.stack(sums[::-1]) * before
    return np.reshape(found, x.shape) if axis is None else np.moveaxis(found, 0, axis)


@operation
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Return each number minus the one before it along an axis, n times over."""
    for _ in range(n):
        size = np.shape(a)[axis]
        a = take(a, range(1, size), axis) - take(a, range(size - 1), axis)
    return a
