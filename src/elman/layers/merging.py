"""Layers that make one input of several: Concatenate and Add."""

from functools import partial, reduce
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.passes import Arrays, Masks, Mode


class Concatenate(Layer):
    """Put inputs end to end along an axis.

    Args:
        axis: which; the last by default.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Concatenate()([np.zeros((2, 3)), np.zeros((2, 4))]).shape
    (2, 7)
    """

    checks = {"axis": partial(_check.integer, minimum=None)}
    fixed = ("axis",)
    keeps_dtype = True

    def __init__(self, axis: int = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that all shapes agree but for the axis."""
        _at_least_two(self, shapes)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank or self.axis in (0, -rank):
            raise ShapeError(
                f"{self.owner}: `axis` must be one of the inputs' axes after the batch; got "
                f"{self.axis} for inputs of shape {shapes[0]}."
            )
        axis = self.axis % rank
        for shape in shapes[1:]:
            others = [
                None in pair or pair[0] == pair[1]
                for i, pair in enumerate(zip(shapes[0], shape, strict=False))
                if i != axis
            ]
            if len(shape) != rank or not all(others):
                raise ShapeError(
                    f"{self.owner}: `inputs` must agree in all axes but {self.axis}; "
                    f"got {shapes[0]} and {shape}."
                )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the common shape with the sizes along the axis added up."""
        axis = self.axis % len(shapes[0])
        sizes = [shape[axis] for shape in shapes]
        total = None if None in sizes else sum(n for n in sizes if n is not None)
        return [(*shapes[0][:axis], total, *shapes[0][axis + 1 :])]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Concatenate; the tape holds where each input begins."""
        self.check_shapes([x.shape for x in inputs])  # known only now where an axis was open
        ends = np.cumsum([x.shape[self.axis] for x in inputs])
        return (np.concatenate(inputs, axis=self.axis),), ends[:-1]

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Cut the gradient where the inputs met."""
        return tuple(np.split(doutputs[0], tape, axis=self.axis)), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Count a step if any input counts it; an input without a mask counts all its steps."""
        if all(mask is None for mask in masks):
            return (None,)
        full = [
            np.ones(x.shape, bool) if mask is None else _broadcast(mask, x)
            for x, mask in zip(inputs, masks, strict=True)
        ]
        return (np.asarray(np.concatenate(full, axis=self.axis).any(axis=-1)),)


class Add(Layer):
    """Add inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Add()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[11., 22.]])
    """

    keeps_dtype = True

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that all shapes can be broadcast to one."""
        _at_least_two(self, shapes)
        try:
            self.output_shapes(shapes)
        except ValueError:
            shown = " and ".join(str(shape) for shape in shapes)
            raise ShapeError(
                f"{self.owner}: `inputs` must have the same shape; got {shown}."
            ) from None

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the common shape."""
        open_axes = [any(s[i] is None for s in shapes) for i in range(min(map(len, shapes)))]
        sizes = [tuple(1 if n is None else n for n in shape) for shape in shapes]
        common = np.broadcast_shapes(*sizes)
        return [
            tuple(
                None if i < len(open_axes) and open_axes[i] and n == 1 else n
                for i, n in enumerate(common)
            )
        ]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Add."""
        self.check_shapes([x.shape for x in inputs])  # known only now where an axis was open
        return (reduce(np.add, inputs),), [x.shape for x in inputs]

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Hand the gradient to every input, summed over the axes that were broadcast."""
        return tuple(_unbroadcast(doutputs[0], shape) for shape in tape), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Count a step if any input counts it; there is no mask unless every input has one."""
        known = [mask for mask in masks if mask is not None]
        if len(known) < len(masks):
            return (None,)
        return (reduce(np.logical_or, known),)


def _at_least_two(layer: Layer, shapes: list[Shape]) -> None:
    if len(shapes) < 2:
        raise ShapeError(
            f"{layer.owner}: `inputs` must be a list of at least two arrays; got {len(shapes)}."
        )


def _broadcast(mask: Array, x: Array) -> Array:
    """Return a mask (batch, timesteps) with the shape of the input that it belongs to."""
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x.shape)


def _unbroadcast(dy: Array, shape: tuple[int, ...]) -> Array:
    """Return dy summed over the axes along which an input of this shape was repeated."""
    dx = dy.sum(axis=tuple(range(dy.ndim - len(shape))))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and dx.shape[i] != 1)
    return dx.sum(axis=repeated, keepdims=True) if repeated else dx
