"""Rescaling: y = x scale + offset."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


def numbers(owner: str, name: str, value: Any) -> Any:
    """Return a number as a float, or several, in an array, as nested lists."""
    if isinstance(value, dict) and value.get("class_name") == "__numpy__":  # as Keras writes arrays
        value = value["config"]["value"]
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value):
        array = np.asarray(value)
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ArgumentError(f"{owner}: `{name}` must hold finite numbers; got {value!r:.60}.")
        return array.tolist()
    return _check.number(owner, name, value.item() if isinstance(value, np.ndarray) else value)


class Rescaling(Layer):
    """Multiply inputs by a scale and add an offset.

    Args:
        scale: a number, or an array of them that is repeated to the input's shape.
        offset: the same.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.Rescaling(1 / 255)([[0.0, 51.0, 255.0]])
    array([[0. , 0.2, 1. ]])
    """

    checks = {"scale": numbers, "offset": numbers}
    takes_one = True
    keeps_dtype = True

    def __init__(self, scale: Any, offset: Any = 0.0, **options: Any) -> None:
        super().__init__(**options)
        self.scale = scale
        self.offset = offset

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that scale and offset can be repeated to the input's shape."""
        (x,) = shapes
        for name in ("scale", "offset"):
            sizes = np.shape(getattr(self, name))
            pairs = zip(reversed(sizes), reversed(x), strict=False)
            if len(sizes) > len(x) or any(m != 1 and n not in (None, m) for m, n in pairs):
                raise ShapeError(
                    f"{self.owner}: `{name}` must be a number, or of a shape that is repeated to "
                    f"the input's {x}; got {sizes}."
                )

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x scale + offset."""
        (x,) = inputs
        scale = np.asarray(self.scale, x.dtype)
        return (x * scale + np.asarray(self.offset, x.dtype),), scale

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy scale."""
        return (doutputs[0] * tape,), []
