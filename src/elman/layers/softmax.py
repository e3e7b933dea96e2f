"""Softmax: what sums to 1 along an axis, see `elman.activations.softmax`, and masks of it."""

from typing import Any

import numpy as np

from elman import activations, fused
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers import axes
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode

FAR = -1e9  # what stands for a masked number, as in Keras


class Softmax(Layer):
    """Divide exp(x) by its sum along an axis.

    Args:
        axis: along which, or a list of axes.
        options: `name`, `dtype`, `trainable`.

    A mask is of the numbers themselves here, as in Keras: it has the shape of the inputs, or one
    that is repeated to it, and what it leaves out is 0.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Softmax()(np.zeros((1, 4)))
    array([[0.25, 0.25, 0.25, 0.25]])
    >>> layers.Softmax()(np.zeros((1, 4)), mask=np.array([[True, True, False, False]]))
    array([[0.5, 0.5, 0. , 0. ]])
    """

    checks = {"axis": axes.one_or_list}
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
        axes.check(self.owner, self._axes, shapes[0])

    def check_mask(self, mask: Shape, x: Shape) -> None:
        """Check that a mask can be repeated to the input's shape."""
        pairs = zip(reversed(mask), reversed(x), strict=False)
        if len(mask) > len(x) or any(m not in (None, 1, n) and n is not None for m, n in pairs):
            fix = " Add an axis with `mask[..., None]`." if mask == x[:-1] else ""
            raise ShapeError(
                f"{self.owner}: `mask` must have the input's shape {x}, with 1 where one number "
                f"serves the whole axis; got {mask}.{fix}"
            )

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return y."""
        (x,), (mask,) = inputs, masks
        if mask is not None:
            self.check_mask(mask.shape, x.shape)  # one that came with the data was not checked
            x = np.where(mask, x, x.dtype.type(FAR))
        if self._axes in ((-1,), (x.ndim - 1,)):
            y = fused.activate(activations.softmax, x)
        else:
            y = activations.softmax(x, axis=self._axes)
        if mask is not None:
            y = np.where(mask, y, y.dtype.type(0))
        return (y,), y

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dx; y, and so dx, is 0 where the mask left x out."""
        y, (dy,) = tape, doutputs
        return (activations.dsoftmax(dy, y, y, self._axes),), []
