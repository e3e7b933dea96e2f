"""Arrays divided by their length.

s = sum of x^2 along the axes       r = min(s^(-1/2), 1/epsilon)
y = x r
dx = r (dy - y sum(dy y))           where r = s^(-1/2), as dr/dx = -r^3 x
dx = r dy                           where r is held at 1/epsilon

x, y  of any shape; s and r with size 1 along the axes
"""

from typing import Any

import numpy as np

from elman._typing import Array

Axes = int | tuple[int, ...]


def unit(x: Array, axes: Axes, epsilon: float) -> tuple[Array, Any]:
    """Return y = x / |x| along the axes, and what its gradient needs."""
    s = (x * x).sum(axis=axes, keepdims=True)
    with np.errstate(divide="ignore"):
        r = 1 / np.sqrt(s)
    held = r > 1 / epsilon
    r = np.minimum(r, x.dtype.type(1 / epsilon))
    y = x * r
    return y, (y, r, held)


def d_unit(dy: Array, axes: Axes, cache: Any) -> Array:
    """Return dx."""
    y, r, held = cache
    along = np.where(held, dy.dtype.type(0), (dy * y).sum(axis=axes, keepdims=True))
    return r * (dy - y * along)
