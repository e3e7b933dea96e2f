"""What the convolutions have in common: their windows, their bias and their activation.

    padded = x with the padding around it       a = convolve(padded) + b       y = phi(a)

    x  (B, T, F)    B  batch        F  features
    a  (B, O, N)    T  timesteps    O  windows, see `elman.layers.windows`
    b  (N,)         N  filters

Which product `convolve` is, and its way back, each layer says beside the other.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check, fused
from elman._typing import Array, Function, Shape
from elman.layers import windows
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.windows import Windows
from elman.parameters import Weight


class Convolution(Layer):
    """A layer that multiplies windows of timesteps by a kernel.

    A subclass has `convolve` and `convolve_backward`, and says in `_taken` how many features its
    kernel takes.
    """

    checks = {
        "kernel_size": windows.single,
        "strides": windows.single,
        "padding": windows.padding,
        "data_format": windows.data_format,
        "dilation_rate": windows.single,
        "activation": settings.activation,
        "use_bias": _check.flag,
        "bias_initializer": settings.initializer,
        "bias_regularizer": settings.regularizer,
        "bias_constraint": settings.constraint,
    }
    fixed = (
        "kernel_size", "strides", "padding", "dilation_rate", "use_bias",
        *settings.of_weights("bias"),
    )  # fmt: skip
    takes_one = True
    takes_sequences = True
    supports_masking = False

    filters: int
    kernel_size: tuple[int]
    strides: tuple[int]
    padding: str
    dilation_rate: tuple[int]
    activation: Function
    use_bias: bool
    bias: Weight | None

    @property
    def _ways(self) -> tuple[int, int, int, str]:
        return self.kernel_size[0], self.strides[0], self.dilation_rate[0], self.padding

    @property
    def _taken(self) -> int:
        """How many features the kernel takes, once it is made."""
        raise NotImplementedError

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are timesteps for a window, and the features that the kernel takes."""
        windows.check_steps(self.owner, shapes[0], *self._ways)
        windows.check_features(self.owner, shapes[0], self._taken if self.built else None)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, windows, filters)."""
        return [windows.output_shape(shapes[0], *self._ways, self.filters)]

    def convolve(self, x: Array, w: Windows) -> tuple[Array, Any]:
        """Return a from padded x, and what its gradient needs beside x."""
        raise NotImplementedError

    def convolve_backward(
        self, da: Array, x: Array, w: Windows, cache: Any, out: Sequence[Array], *, need_x: bool
    ) -> Array | None:
        """Write the gradients of the weights to `out`; return that of padded x if wanted."""
        raise NotImplementedError

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return phi(a)."""
        (x,) = inputs
        self.check_shapes([x.shape])  # known only now where an axis was open
        w = windows.over(x.shape[1], *self._ways)
        padded = w.pad(x)
        a, cache = self.convolve(padded, w)
        y = fused.activate(self.activation, a)
        return (y,), (padded, w, cache, a, y)

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None], Sequence[Array]]:
        """Return dx and the gradients of the weights."""
        (padded, w, cache, a, y), (dy,) = tape, doutputs
        out = [np.empty_like(weight.array) for weight in self.weights] if out is None else out
        da = fused.derive(self.activation, dy, a, y)
        dpadded = self.convolve_backward(da, padded, w, cache, out, need_x=need_inputs)
        return (None if dpadded is None else w.unpad(dpadded),), out
