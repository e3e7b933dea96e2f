"""Dot: products of two inputs, sample by sample, summed over one axis of each.

a (B, P, N)   the first input, the summed axis last, the other axes in one
b (B, N, Q)   the second input, the summed axis first after the batch
y = a b       (B, P, Q), then the axes P and Q as they were
da = dy b^T,  db = a^T dy

normalize:  a is first divided by its length along the summed axis, and b too, see `elman._unit`
"""

import math
from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array, Shape
from elman._unit import d_unit, unit
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.merging import check_several
from elman.layers.parts.passes import Arrays, Masks, Mode


def _axes(owner: str, name: str, value: Any) -> int | tuple[int, int]:
    """Return one axis, or two."""
    if not isinstance(value, (list, tuple)):
        return _check.integer(owner, name, value, minimum=None)
    if len(value) != 2:
        raise ArgumentError(
            f"{owner}: `{name}` must be one axis, or two, one of each input; got "
            f"{_check.shown(value)}."
        )
    first, second = (_check.integer(owner, name, axis, minimum=None) for axis in value)
    return first, second


class Dot(Layer):
    """Multiply two inputs sample by sample, and sum over an axis of each.

    Args:
        axes: the axis that is summed over, the same of both inputs, or a pair of axes.
        normalize: whether samples are first given length 1 along it, so that the product is the
            cosine of the angle between them.
        options: `name`, `dtype`, `trainable`.

    The other axes of the first input come first, then those of the second; if there are none, one
    of size 1. A mask ends here, as in Keras.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[50.]])
    >>> layers.Dot(axes=(2, 1))([np.ones((2, 5, 3)), np.ones((2, 3, 4))]).shape
    (2, 5, 4)
    """

    checks = {"axes": _axes, "normalize": _check.flag}
    fixed = ("axes",)
    keeps_dtype = True

    def __init__(self, axes: Any, normalize: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.axes = axes
        self.normalize = normalize

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are two inputs, with axes of one size."""
        check_several(self, shapes, 2)
        pair = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        for axis, shape in zip(pair, shapes, strict=True):
            if not -len(shape) <= axis < len(shape) or axis % len(shape) == 0:
                raise ShapeError(
                    f"{self.owner}: `axes` must be axes of the inputs after the batch; got {axis} "
                    f"for an input of shape {shape}."
                )
        i, j = self._places(shapes)
        x, y = shapes
        for one, other in ((x[0], y[0]), (x[i], y[j])):
            if None not in (one, other) and one != other:
                raise ShapeError(
                    f"{self.owner}: `inputs` must have batches of one size, and axes {i} and {j} "
                    f"of one size; got {x} and {y}."
                )

    def _places(self, shapes: Any) -> tuple[int, int]:
        """Return the axis of each input, counted from the front."""
        pair = self.axes if isinstance(self.axes, tuple) else (self.axes, self.axes)
        return pair[0] % len(shapes[0]), pair[1] % len(shapes[1])

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the batch, the other axes of the first input, and those of the second."""
        (x, y), (i, j) = shapes, self._places(shapes)
        rest = (*_without(x, i), *_without(y, j))
        return [(x[0] if y[0] is None else y[0], *(rest or (1,)))]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return a b."""
        shapes: Any = [x.shape for x in inputs]
        self.check_shapes(shapes)  # known only now where an axis was open
        (x, y), (i, j) = inputs, self._places(shapes)
        units = None
        if self.normalize:
            (x, ux), (y, uy) = unit(x, i, EPSILON), unit(y, j, EPSILON)
            units = ux, uy
        B, N = x.shape[0], x.shape[i]
        a = np.moveaxis(x, i, -1).reshape(B, math.prod(_without(x.shape, i)), N)
        b = np.moveaxis(y, j, 1).reshape(B, N, math.prod(_without(y.shape, j)))
        (shape,) = self.output_shapes(shapes)
        return ((a @ b).reshape(shape),), (a, b, shapes, units)  # type: ignore[arg-type]

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return da = dy b^T and db = a^T dy in the places of the inputs."""
        a, b, shapes, units = tape
        i, j = self._places(shapes)
        dy = doutputs[0].reshape(a.shape[0], a.shape[1], b.shape[2])
        da, db = dy @ b.swapaxes(1, 2), a.swapaxes(1, 2) @ dy
        rests = [_without(shape, k) for shape, k in zip(shapes, (i, j), strict=True)]
        dx = np.moveaxis(da.reshape(len(a), *rests[0], a.shape[2]), -1, i)
        dy_ = np.moveaxis(db.reshape(len(b), b.shape[1], *rests[1]), 1, j)
        if units is not None:
            dx, dy_ = d_unit(dx, i, units[0]), d_unit(dy_, j, units[1])
        return (dx, dy_), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """End the masks."""
        return (None,)


def _without(shape: Any, axis: int) -> Any:
    """Return the sizes of the axes after the batch but this one."""
    return tuple(n for k, n in enumerate(shape) if k not in (0, axis))
