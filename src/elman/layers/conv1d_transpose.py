"""Conv1DTranspose: what goes back through a convolution, forwards; it makes sequences longer.

    a_{o stride + k dilation - left} += x_o W_k^T        a += b        y = phi(a)

    x  (B, O, F)    W  kernel (K, N, F)    B  batch        K  kernel_size
    a  (B, T, N)    b  bias   (N,)         O  timesteps    N  filters
                                           F  features     T  timesteps of the output

The O timesteps of x are the windows of a convolution over the T of the output; see
`elman.layers.windows`. How many T are is a choice, as several have O windows. With
span = (K - 1) dilation + 1:

    "valid"   T = (O - 1) stride + span + output_padding      by default at least stride a step
    "same"    T = (O - 1) stride + span % 2 + output_padding  by default T = O stride
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check, fused, kernels
from elman._typing import Array, Function, Shape
from elman.errors import ArgumentError
from elman.layers import windows
from elman.layers.convolution import Convolution
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.windows import Windows
from elman.parameters import Initialize, Weight


class Conv1DTranspose(Convolution):
    """Spread every timestep over a window of the output, with one kernel.

    Args:
        filters: size of the output's last axis.
        kernel_size: over how many steps one is spread.
        strides: how many steps of the output one of the input is worth.
        padding: "valid" or "same"; see above and `elman.layers.windows`.
        output_padding: how many steps longer the output is, below strides; None is Keras's choice.
        data_format: only "channels_last", Keras's default, or None.
        dilation_rate: how far apart the steps that it is spread over are; not with strides.
        activation: phi, a name, or a function of `elman.activations` or your own; None is linear.
        use_bias: whether there is a bias.
        kernel_initializer: of the kernel (kernel_size, filters, features).
        bias_initializer: of the bias (filters,).
        kernel_regularizer, bias_regularizer: what penalises them, see `elman.regularizers`.
        activity_regularizer: what penalises the output.
        kernel_constraint, bias_constraint: what they are put through after each step, see
            `elman.constraints`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[1.0], [2.0]]])
    >>> layers.Conv1DTranspose(1, 2, strides=2, kernel_initializer="ones")(x).tolist()
    [[[1.0], [1.0], [2.0], [2.0]]]
    """

    checks = {
        "filters": _check.integer,
        "output_padding": _check.optional(partial(windows.single, minimum=0)),
        "kernel_initializer": settings.initializer,
        "kernel_regularizer": settings.regularizer,
        "kernel_constraint": settings.constraint,
    }
    fixed = ("filters", "output_padding", *settings.of_weights("kernel"))

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.filters = filters
        self.kernel_size: tuple[int] = kernel_size
        self.strides: tuple[int] = strides
        self.padding = padding
        self.output_padding: tuple[int] | None = output_padding
        self.data_format = data_format
        self.dilation_rate: tuple[int] = dilation_rate
        self.activation: Function = activation
        self.use_bias = use_bias
        self.kernel_initializer: Initialize = kernel_initializer
        self.bias_initializer: Initialize = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.bias: Weight | None = None
        self._check_together()

    def _check_together(self) -> None:
        """Check the arguments that do not go with each other."""
        windows.check_strides(self.owner, self.strides, self.dilation_rate)
        (stride,), more = self.strides, self.output_padding
        if more is None:
            return
        least = 1 - self._span % 2 if self.padding == "same" else 0
        if not least <= more[0] < stride:
            rule = f"at least {least} and " if least else ""
            raise ArgumentError(
                f"{self.owner}: `output_padding` must be {rule}below strides={stride} with "
                f"padding={self.padding!r}; got {more[0]}."
            )

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make kernel (kernel_size, filters, features) and bias (filters,)."""
        features = int(shapes[0][-1] or 0)
        self.kernel = self.make_weight("kernel", (*self.kernel_size, self.filters, features))
        if self.use_bias:
            self.bias = self.make_weight("bias", (self.filters,))

    @property
    def _taken(self) -> int:
        return self.kernel.shape[2]

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are timesteps, and the features that the kernel takes."""
        windows.check_steps(self.owner, shapes[0], 1, 1, 1, "valid")
        windows.check_features(self.owner, shapes[0], self._taken if self.built else None)
        if not self.built:
            self._check_together()

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, timesteps of the output, filters)."""
        batch, steps, _ = shapes[0]
        return [(batch, None if steps is None else self._longer(steps), self.filters)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return phi(a)."""
        (x,) = inputs
        self.check_shapes([x.shape])  # known only now where an axis was open
        w = self._windows(x.shape[1])
        a = spread(x, _columns(self.kernel.array), w, self.filters, self._longer(x.shape[1]))
        if self.bias is not None:
            a += self.bias.array
        y = fused.activate(self.activation, a)
        return (y,), (x, w, a, y)

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None], Sequence[Array]]:
        """Return dx, dkernel and dbias."""
        (x, w, a, y), (dy,) = tape, doutputs
        out = [np.empty_like(weight.array) for weight in self.weights] if out is None else out
        da = fused.derive(self.activation, dy, a, y)
        if self.bias is not None:
            windows.sum_rows(da, out[1])
        dx, dcolumns = spread_backward(da, x, _columns(self.kernel.array), w, need_x=need_inputs)
        F, (K,) = x.shape[2], self.kernel_size
        out[0][...] = dcolumns.reshape(F, K, self.filters).transpose(1, 2, 0)
        return (dx,), out

    @property
    def _span(self) -> int:
        return (self.kernel_size[0] - 1) * self.dilation_rate[0] + 1

    def _longer(self, steps: int) -> int:
        """Return T for O timesteps."""
        (stride,), same = self.strides, self.padding == "same"
        if self.output_padding is None:
            return steps * stride if same else (steps - 1) * stride + max(self._span, stride)
        return (
            (steps - 1) * stride
            + (self._span % 2 if same else self._span)
            + (self.output_padding[0])
        )

    def _windows(self, steps: int) -> Windows:
        return windows.over(self._longer(steps), *self._ways)


def spread(x: Array, W: Array, w: Windows, N: int, T: int) -> Array:
    """Return a (B, T, N) without the bias, from x (B, O, F) and W (F, K N)."""
    dwindows = kernels.dense(x, W, None).reshape(len(x), w.number, w.size, N)
    return w.unpad(w.scatter(dwindows, w.left + T + w.right))


def spread_backward(
    da: Array, x: Array, W: Array, w: Windows, *, need_x: bool
) -> tuple[Array | None, Array]:
    """Return dx if wanted, and dW (F, K N)."""
    rows = w.gather(w.pad(da)).reshape(*x.shape[:2], W.shape[1])
    dx, (dW,) = kernels.dense_backward(x, W, rows, bias=False, need_x=need_x)
    return dx, dW


def _columns(kernel: Array) -> Array:
    """Return the kernel (K, N, F) as one product takes it, (F, K N)."""
    return np.ascontiguousarray(kernel.reshape(-1, kernel.shape[2]).T)
