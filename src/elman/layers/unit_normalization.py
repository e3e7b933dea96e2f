"""UnitNormalization: every sample divided by its length.

s = sum of x^2 along the axes       r = min(s^(-1/2), 1/epsilon)
y = x r
dx = r (dy - y sum(dy y))           where r = s^(-1/2), as dr/dx = -r^3 x
dx = r dy                           where r is held at 1/epsilon
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.passes import Arrays, Masks, Mode

EPSILON = 1e-12  # the least length that is divided by

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


def axis_or_axes(owner: str, name: str, value: Any) -> int | list[int]:
    """Return an axis, or a list of axes."""
    if isinstance(value, (list, tuple)):
        return [_check.integer(owner, name, axis, minimum=None) for axis in value]
    return _check.integer(owner, name, value, minimum=None)


def check_axes(owner: str, axes: list[int], shape: Shape) -> None:
    """Check that an input of this shape has these axes."""
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"{owner}: `axis` must be among the input's {len(shape)} axes; got {axis} for an "
                f"input of shape {shape}."
            )


class UnitNormalization(Layer):
    """Divide inputs by their length along an axis, so that it becomes 1.

    Args:
        axis: along which, or a list of axes.
        options: `name`, `dtype`, `trainable`.

    Zeros stay zeros.

    >>> from elman import layers
    >>> layers.UnitNormalization()([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """

    checks = {"axis": axis_or_axes}
    takes_one = True
    keeps_dtype = True

    def __init__(self, axis: Any = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis: int | list[int] = axis

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(self.axis) if isinstance(self.axis, list) else (self.axis,)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input has the axes."""
        check_axes(self.owner, list(self._axes), shapes[0])

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x / |x|."""
        y, cache = unit(inputs[0], self._axes, EPSILON)
        return (y,), cache

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dx."""
        return (d_unit(doutputs[0], self._axes, tape),), []
