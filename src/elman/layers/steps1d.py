"""Layers that add, drop or repeat timesteps: ZeroPadding1D, Cropping1D, UpSampling1D."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers import windows
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


class _Steps(Layer):
    """What they have in common."""

    takes_one = True
    takes_sequences = True
    supports_masking = False
    keeps_dtype = True

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input is a sequence."""
        windows.check_sequence(self.owner, shapes[0])


class ZeroPadding1D(_Steps):
    """Put timesteps of zeros before and behind a sequence.

    Args:
        padding: how many on each side, or (before, behind).
        data_format: only "channels_last", Keras's default, or None.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.ZeroPadding1D((2, 0))(np.array([[[1.0], [2.0]]])).tolist()
    [[[0.0], [0.0], [1.0], [2.0]]]
    """

    checks = {"padding": windows.pair, "data_format": windows.data_format}
    fixed = ("padding",)

    def __init__(self, padding: Any = 1, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.padding: tuple[int, int] = padding
        self.data_format = data_format

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with more timesteps."""
        B, T, F = shapes[0]
        return [(B, None if T is None else T + sum(self.padding), F)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Pad."""
        return (np.pad(inputs[0], ((0, 0), self.padding, (0, 0))),), inputs[0].shape[1]

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Cut the padding off."""
        before = self.padding[0]
        return (doutputs[0][:, before : before + tape],), []


class Cropping1D(_Steps):
    """Drop timesteps from the beginning and the end of a sequence.

    Args:
        cropping: how many on each side, or (from the beginning, from the end).
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Cropping1D((0, 1))(np.array([[[1.0], [2.0], [3.0]]])).tolist()
    [[[1.0], [2.0]]]
    """

    checks = {"cropping": windows.pair}
    fixed = ("cropping",)

    def __init__(self, cropping: Any = (1, 1), **options: Any) -> None:
        super().__init__(**options)
        self.cropping: tuple[int, int] = cropping

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that something is left."""
        super().check_shapes(shapes)
        T = shapes[0][1]
        if T is not None and sum(self.cropping) >= T:
            raise ShapeError(
                f"{self.owner}: `x` must have more timesteps than cropping={self.cropping} drops; "
                f"got {shapes[0]}."
            )

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with fewer timesteps."""
        B, T, F = shapes[0]
        return [(B, None if T is None else T - sum(self.cropping), F)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Crop."""
        (x,) = inputs
        self.check_shapes([x.shape])  # known only now where an axis was open
        before, behind = self.cropping
        return (x[:, before : x.shape[1] - behind],), None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Give the steps that were dropped a gradient of zeros."""
        return (np.pad(doutputs[0], ((0, 0), self.cropping, (0, 0))),), []


class UpSampling1D(_Steps):
    """Repeat every timestep `size` times.

    Args:
        size: how often.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.UpSampling1D(2)(np.array([[[1.0], [2.0]]])).tolist()
    [[[1.0], [1.0], [2.0], [2.0]]]
    """

    checks = {"size": _check.integer}
    fixed = ("size",)

    def __init__(self, size: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with `size` times the timesteps."""
        B, T, F = shapes[0]
        return [(B, None if T is None else T * self.size, F)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Repeat."""
        return (np.repeat(inputs[0], self.size, axis=1),), None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Sum the gradients of all repetitions."""
        (dy,) = doutputs
        B, T, F = dy.shape
        return (dy.reshape(B, T // self.size, self.size, F).sum(axis=2),), []
