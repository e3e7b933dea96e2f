"""DepthwiseConv1D: a convolution that mixes timesteps, and no features.

a_{o,f,m} = sum_k x_{o stride + k dilation - left, f} W_{k,f,m} + b_{f,m}        y = phi(a)

x  (B, T, F)      W  kernel (K, F, M)     B  batch      K  kernel_size
a  (B, O, F M)    b  bias   (F M,)        T  timesteps  M  depth_multiplier
                                          F  features   O  windows, see `elman.layers.windows`
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Function, Shape
from elman.layers import windows
from elman.layers.convolution import Convolution
from elman.layers.parts import settings
from elman.layers.windows import Windows
from elman.parameters import Initialize, Weight


def depthwise(x: Array, W: Array, w: Windows) -> Array:
    """Return the sum over k, (B, O, F M), from padded x (B, T, F)."""
    K, _, M = W.shape
    first, *others = w.steps(_repeated(x, M))
    rows = W.reshape(K, -1)  # (K, F M)
    a = first * rows[0]
    for step, row in zip(others, rows[1:], strict=True):
        a += step * row
    return a


def depthwise_backward(
    da: Array, x: Array, W: Array, w: Windows, dW: Array, *, need_x: bool
) -> Array | None:
    """Write the gradient of W to dW; return that of the padded x if wanted."""
    (B, T, F), (K, _, M) = x.shape, W.shape
    rows, drows = W.reshape(K, -1), np.empty((K, F * M), W.dtype)
    for step, drow in zip(w.steps(_repeated(x, M)), drows, strict=True):
        np.einsum("boc,boc->c", step, da, out=drow)
    dW[...] = drows.reshape(W.shape)
    if not need_x:
        return None
    dpadded = np.zeros((B, T, F * M), x.dtype)
    for dstep, row in zip(w.steps(dpadded), rows, strict=True):
        dstep += da * row
    return dpadded if M == 1 else dpadded.reshape(B, T, F, M).sum(axis=-1)


def _repeated(x: Array, M: int) -> Array:
    """Return every feature M times, side by side."""
    return x if M == 1 else np.repeat(x, M, axis=-1)


class DepthwiseConv1D(Convolution):
    """Convolve each feature of a sequence by itself, with `depth_multiplier` kernels of its own.

    Args:
        kernel_size: how many steps a kernel sees.
        strides: how many steps it moves from one place to the next.
        padding: "valid" or "same"; see `elman.layers.windows`.
        depth_multiplier: how many outputs each feature has.
        data_format: only "channels_last", Keras's default, or None.
        dilation_rate: how far apart the steps that it sees are.
        activation: phi, a name, or a function of `elman.activations` or your own; None is linear.
        use_bias: whether there is a bias.
        depthwise_initializer: of the kernel (kernel_size, features, depth_multiplier).
        bias_initializer: of the bias (features * depth_multiplier,).
        depthwise_regularizer, bias_regularizer: what penalises them, see `elman.regularizers`.
        activity_regularizer: what penalises the output.
        depthwise_constraint, bias_constraint: what they are put through after each step, see
            `elman.constraints`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]])
    >>> layers.DepthwiseConv1D(2, depthwise_initializer="ones")(x).tolist()
    [[[3.0, 30.0], [6.0, 60.0]]]
    """

    checks = {
        "depth_multiplier": _check.integer,
        "depthwise_initializer": settings.initializer,
        "depthwise_regularizer": settings.regularizer,
        "depthwise_constraint": settings.constraint,
    }
    fixed = ("depth_multiplier", *settings.of_weights("depthwise"))

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.kernel_size: tuple[int] = kernel_size
        self.strides: tuple[int] = strides
        self.padding = padding
        self.depth_multiplier = depth_multiplier
        self.data_format = data_format
        self.dilation_rate: tuple[int] = dilation_rate
        self.activation: Function = activation
        self.use_bias = use_bias
        self.depthwise_initializer: Initialize = depthwise_initializer
        self.bias_initializer: Initialize = bias_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.bias_regularizer = bias_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.bias_constraint = bias_constraint
        self.bias: Weight | None = None

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make kernel (kernel_size, features, depth_multiplier) and bias."""
        features = int(shapes[0][-1] or 0)
        self.kernel = self.add_weight(
            (*self.kernel_size, features, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.make_weight("bias", (features * self.depth_multiplier,))

    @property
    def _taken(self) -> int:
        return self.kernel.shape[1]

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return (batch, windows, features * depth_multiplier)."""
        features = int(shapes[0][2] or 0) * self.depth_multiplier
        return [windows.output_shape(shapes[0], *self._ways, features)]

    def convolve(self, x: Array, w: Windows) -> tuple[Array, Any]:
        """Return a."""
        a = depthwise(x, self.kernel.array, w)
        if self.bias is not None:
            a += self.bias.array
        return a, None

    def convolve_backward(
        self, da: Array, x: Array, w: Windows, cache: Any, out: Sequence[Array], *, need_x: bool
    ) -> Array | None:
        """Write dkernel and dbias; return dx."""
        dkernel, *dbias = out
        for db in dbias:
            windows.sum_rows(da, db)
        return depthwise_backward(da, x, self.kernel.array, w, dkernel, need_x=need_x)
