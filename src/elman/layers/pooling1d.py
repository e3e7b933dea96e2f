"""MaxPooling1D and AveragePooling1D: one number for each feature of a window of timesteps.

y_o = max_k  w_{o,k}          dw_{o,k} = dy_o  at the first k where w_{o,k} = y_o, 0 elsewhere
y_o = mean_k w_{o,k}          dw_{o,k} = dy_o / n_o

w    (B, O, K, F)  windows, see `elman.layers.windows`
y    (B, O, F)
n_o  how many of a window's K steps lie in x; the padding is never the largest, and not counted
"""

from typing import Any

import numpy as np

from elman._typing import Array, Shape
from elman.layers import windows
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.windows import Windows


class Pooling1D(Layer):
    """What `MaxPooling1D` and `AveragePooling1D` have in common: their windows."""

    checks = {
        "pool_size": windows.single,
        "strides": windows.single,
        "padding": windows.padding,
        "data_format": windows.data_format,
    }
    takes_one = True
    takes_sequences = True
    supports_masking = False
    keeps_dtype = True

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size: tuple[int] = pool_size
        self.strides: tuple[int] = self.pool_size if strides is None else strides
        self.padding = padding
        self.data_format = data_format

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are timesteps for a window."""
        windows.check_steps(self.owner, shapes[0], *self._ways)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, windows, features)."""
        return [windows.output_shape(shapes[0], *self._ways, shapes[0][2])]

    def over(self, x: Array) -> Windows:
        """Return the windows over an input."""
        self.check_shapes([x.shape])  # known only now where an axis was open
        return windows.over(x.shape[1], *self._ways)

    @property
    def _ways(self) -> tuple[int, int, int, str]:
        return self.pool_size[0], self.strides[0], 1, self.padding


class MaxPooling1D(Pooling1D):
    """Keep the largest number of each feature in windows of `pool_size` timesteps.

    Args:
        pool_size: how many timesteps a window has.
        strides: how many steps one window begins after the other; None is `pool_size`.
        padding: "valid" or "same"; see `elman.layers.windows`.
        data_format: only "channels_last", Keras's default, or None.
        name: what the layer is called.
        options: `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.MaxPooling1D(2)(np.array([[[1.0], [2.0], [4.0], [3.0]]])).tolist()
    [[[2.0], [4.0]]]
    """

    def __init__(
        self,
        pool_size: Any = 2,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **options)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the largest of each window."""
        (x,) = inputs
        w = self.over(x)
        padded = w.pad(x, -np.inf)
        first, *others = w.steps(padded)
        y = first.copy()  # (B, O, F)
        for step in others:
            np.maximum(y, step, out=y)
        return (y,), (padded, w, y)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Hand the gradient to the first of the largest."""
        (padded, w, y), (dy,) = tape, doutputs
        dpadded, left = np.zeros_like(padded), np.ones(y.shape, bool)
        for dstep, step in zip(w.steps(dpadded), w.steps(padded), strict=True):
            found = left & (step == y)
            dstep += np.where(found, dy, 0)
            left ^= found
        return (w.unpad(dpadded),), []


class AveragePooling1D(Pooling1D):
    """Keep the mean of each feature in windows of `pool_size` timesteps.

    Args:
        pool_size: how many timesteps a window has.
        strides: how many steps one window begins after the other; None is `pool_size`.
        padding: "valid" or "same"; see `elman.layers.windows`.
        data_format: only "channels_last", Keras's default, or None.
        name: what the layer is called.
        options: `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.AveragePooling1D(2)(np.array([[[1.0], [2.0], [4.0], [3.0]]])).tolist()
    [[[1.5], [3.5]]]
    """

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the mean of each window."""
        (x,) = inputs
        w = self.over(x)
        first, *others = w.steps(w.pad(x))
        y = first.copy()  # (B, O, F)
        for step in others:
            y += step
        n = _counted(w, x)
        y /= n
        return (y,), (x.shape, w, n)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Share the gradient among the steps of each window."""
        ((B, T, F), w, n), (dy,) = tape, doutputs
        dpadded, share = np.zeros((B, w.left + T + w.right, F), dy.dtype), dy / n
        for dstep in w.steps(dpadded):
            dstep += share
        return (w.unpad(dpadded),), []


def _counted(w: Windows, x: Array) -> Array:
    """Return how many steps of each window lie in x, (O, 1), in the dtype of x."""
    inside = w.pad(np.ones((1, x.shape[1], 1), x.dtype))
    return np.asarray(sum(w.steps(inside)))[0]
