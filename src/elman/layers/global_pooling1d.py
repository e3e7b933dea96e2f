"""GlobalMaxPooling1D and GlobalAveragePooling1D: one number a feature for the whole sequence.

y = max_t  x_t                 dx_t = dy / n    at the n timesteps where x_t = y, 0 elsewhere
y = sum_t k_t x_t / sum_t k_t  dx_t = k_t dy / sum_t k_t

x  (B, T, F)     k  (B, T)  the mask, 1 where a step counts
y  (B, F)
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers import windows
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode


class GlobalPooling1D(Layer):
    """What both have in common: (batch, timesteps, features) -> (batch, features)."""

    checks = {"data_format": windows.data_format, "keepdims": _check.flag}
    fixed = ("keepdims",)
    takes_one = True
    takes_sequences = True
    keeps_dtype = True

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **options: Any
    ) -> None:
        super().__init__(**options)
        self.data_format = data_format
        self.keepdims = keepdims

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are timesteps."""
        windows.check_sequence(self.owner, shapes[0])
        if shapes[0][1] == 0:
            raise ShapeError(f"{self.owner}: `x` must have at least 1 timestep; got {shapes[0]}.")

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, features), or (batch, 1, features) with `keepdims`."""
        B, _, F = shapes[0]
        return [(B, 1, F) if self.keepdims else (B, F)]


class GlobalMaxPooling1D(GlobalPooling1D):
    """Keep the largest number of each feature over all timesteps.

    Args:
        data_format: only "channels_last", Keras's default, or None.
        keepdims: whether the output has a time axis of size 1.
        options: `name`, `dtype`, `trainable`.

    A mask is not heeded, as in Keras. Several steps that are equally large share the gradient.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.GlobalMaxPooling1D()(np.array([[[1.0], [4.0], [3.0]]])).tolist()
    [[4.0]]
    """

    supports_masking = False

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the largest."""
        (x,) = inputs
        y = x.max(axis=1, keepdims=True)  # (B, 1, F)
        return (y if self.keepdims else y[:, 0],), (x, y)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Share the gradient among the largest."""
        x, y = tape
        largest = x == y  # (B, T, F)
        n = np.maximum(largest.sum(axis=1, keepdims=True), 1)  # 0 of them where x is not a number
        share = doutputs[0].reshape(y.shape) / n.astype(x.dtype)
        return (np.where(largest, share, 0),), []


class GlobalAveragePooling1D(GlobalPooling1D):
    """Keep the mean of each feature over all timesteps, or over those that the mask counts.

    Args:
        data_format: only "channels_last", Keras's default, or None.
        keepdims: whether the output has a time axis of size 1.
        options: `name`, `dtype`, `trainable`.

    The mask ends here, as the timesteps do. The mean of a sequence of which no step counts is not
    a number (NaN), as in Keras.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[1.0], [3.0], [8.0]]])
    >>> layers.GlobalAveragePooling1D()(x, mask=np.array([[True, True, False]])).tolist()
    [[2.0]]
    """

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the mean."""
        (x,), (mask,) = inputs, masks
        if mask is None:
            n = np.full((len(x), 1, 1), x.shape[1], x.dtype)
            total = x.sum(axis=1, keepdims=True)  # (B, 1, F)
        else:
            n = mask.sum(axis=1, dtype=x.dtype)[:, None, None]
            total = np.where(mask[..., None], x, 0).sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):  # 0 / 0, of which the docstring tells
            y = total / n
        return (y if self.keepdims else y[:, 0],), (x.shape, mask, n)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Share the gradient among the steps that count."""
        (B, T, F), mask, n = tape
        with np.errstate(invalid="ignore", divide="ignore"):  # where no step counts
            share = doutputs[0].reshape(B, 1, F) / n
        if mask is None:
            return (np.repeat(share, T, axis=1),), []
        return (np.where(mask[..., None], share, 0),), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Return none: there are no timesteps left."""
        return (None,)
