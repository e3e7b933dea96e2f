"""Layers that move numbers without changing them: RepeatVector, Flatten, Reshape, Permute."""

import math
from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


class RepeatVector(Layer):
    """Repeat a vector at `n` timesteps: (batch, features) -> (batch, n, features).

    Args:
        n: how often.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.RepeatVector(7)(np.zeros((2, 3))).shape
    (2, 7, 3)
    """

    checks = {"n": _check.integer}
    fixed = ("n",)
    takes_one = True
    supports_masking = False
    keeps_dtype = True

    def __init__(self, n: int, **options: Any) -> None:
        super().__init__(**options)
        self.n = n

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input is a vector a sample."""
        if len(shapes[0]) != 2:
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, features); got {shapes[0]}. "
                "A recurrent layer before it must have return_sequences=False."
            )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, n, features)."""
        return [(shapes[0][0], self.n, shapes[0][1])]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Repeat."""
        return (np.repeat(inputs[0][:, None], self.n, axis=1),), None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Sum the gradients of all repetitions."""
        return (doutputs[0].sum(axis=1),), []


class Flatten(Layer):
    """Put all axes but the batch into one: (batch, …) -> (batch, size).

    Args:
        data_format: only "channels_last", Keras's default, or None.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Flatten()(np.zeros((2, 7, 3))).shape
    (2, 21)
    """

    checks = {"data_format": partial(_check.one_of, choices=("channels_last", None))}
    takes_one = True
    supports_masking = False
    keeps_dtype = True

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = data_format

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, size), the size open if one of its axes is."""
        sizes = [n for n in shapes[0][1:] if n is not None]
        known = len(sizes) == len(shapes[0][1:])
        return [(shapes[0][0], math.prod(sizes) if known else None)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Flatten."""
        (x,) = inputs
        return (x.reshape(len(x), math.prod(x.shape[1:])),), x.shape

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Give the gradient the input's shape."""
        return (doutputs[0].reshape(tape),), []


def _target(owner: str, name: str, value: Any) -> tuple[int, ...]:
    """Return sizes of which one may be -1, or None in its place."""
    sizes = _check.sizes(owner, name, value, minimum=-1)
    target = tuple(-1 if size is None else size for size in sizes)
    if target.count(-1) > 1:
        raise ArgumentError(f"{owner}: `{name}` must hold sizes and at most one -1; got {target}.")
    return target


class Reshape(Layer):
    """Give each sample another shape: (batch, …) -> (batch, *target_shape).

    Args:
        target_shape: the shape without the batch; one entry may be -1 and is worked out.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Reshape((3, -1))(np.zeros((2, 12))).shape
    (2, 3, 4)
    """

    checks = {"target_shape": _target}
    fixed = ("target_shape",)
    takes_one = True
    supports_masking = False
    keeps_dtype = True

    def __init__(self, target_shape: Any, **options: Any) -> None:
        super().__init__(**options)
        self.target_shape: tuple[int, ...] = target_shape

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the sizes multiply to the same number."""
        sizes = [n for n in shapes[0][1:] if n is not None]
        if len(sizes) < len(shapes[0][1:]):
            return
        have, want = math.prod(sizes), math.prod(n for n in self.target_shape if n != -1)
        if (have % max(want, 1) if -1 in self.target_shape else have - want) != 0:
            raise ShapeError(
                f"{self.owner}: `x` must have as many numbers a sample as target_shape="
                f"{self.target_shape}; got {have} in {shapes[0]}."
            )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, *target_shape) with -1 worked out where it can be."""
        sizes = [n for n in shapes[0][1:] if n is not None]
        known = len(sizes) == len(shapes[0][1:])
        rest = math.prod(n for n in self.target_shape if n != -1)
        free = math.prod(sizes) // max(rest, 1) if known else None
        return [(shapes[0][0], *(free if n == -1 else n for n in self.target_shape))]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Reshape."""
        (x,) = inputs
        self.check_shapes([x.shape])  # known only now where an axis was open
        return (x.reshape(len(x), *self.target_shape),), x.shape

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Give the gradient the input's shape."""
        return (doutputs[0].reshape(tape),), []


def _permutation(owner: str, name: str, value: Any) -> tuple[int, ...]:
    """Return the numbers of axes, each from 1 on once."""
    several = isinstance(value, (list, tuple))
    axes = [_check.integer(owner, name, axis) for axis in value] if several else []
    if not axes or sorted(axes) != list(range(1, len(axes) + 1)):
        raise ArgumentError(
            f"{owner}: `{name}` must hold each axis after the batch once, counted from 1, such as "
            f"(2, 1); got {_check.shown(value)}."
        )
    return tuple(axes)


class Permute(Layer):
    """Put the axes of each sample into another order.

    Args:
        dims: which axis of the input comes first, second and so on; the batch is 0 and stays.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Permute((2, 1))(np.zeros((2, 7, 3))).shape
    (2, 3, 7)
    """

    checks = {"dims": _permutation}
    fixed = ("dims",)
    takes_one = True
    supports_masking = False
    keeps_dtype = True

    def __init__(self, dims: Any, **options: Any) -> None:
        super().__init__(**options)
        self.dims: tuple[int, ...] = dims

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input has as many axes."""
        if len(shapes[0]) != len(self.dims) + 1:
            raise ShapeError(
                f"{self.owner}: `x` must have {len(self.dims)} axes after the batch, as many as "
                f"`dims`; got {shapes[0]}."
            )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the sizes in their new order."""
        return [(shapes[0][0], *(shapes[0][axis] for axis in self.dims))]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Transpose."""
        return (inputs[0].transpose(0, *self.dims),), None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Transpose back."""
        return (doutputs[0].transpose(np.argsort((0, *self.dims))),), []
