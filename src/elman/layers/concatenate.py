"""Concatenate: several inputs end to end along an axis."""

from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.merging import check_several, spread
from elman.layers.parts.passes import Arrays, Masks, Mode


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
        check_several(self, shapes)
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
            np.ones(x.shape, bool) if mask is None else np.broadcast_to(spread(mask, x), x.shape)
            for x, mask in zip(inputs, masks, strict=True)
        ]
        return (np.asarray(np.concatenate(full, axis=self.axis).any(axis=-1)),)
