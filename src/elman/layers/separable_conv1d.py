"""SeparableConv1D: first a convolution of each feature by itself, then a product that mixes them.

    h = depthwise(x, D)       (B, O, F M)     see `elman.layers.depthwise_conv1d`
    a = h P + b               (B, O, N)       y = phi(a)

    x  (B, T, F)     D  depthwise_kernel (K, F, M)      B  batch      K  kernel_size
                     P  pointwise_kernel (1, F M, N)    T  timesteps  M  depth_multiplier
                     b  bias (N,)                       F  features   N  filters
                                                        O  windows, see `elman.layers.windows`

Source: L. Kaiser, A. N. Gomez and F. Chollet 2017, "Depthwise separable convolutions for neural
machine translation", section 2.
"""

from collections.abc import Sequence
from typing import Any

from elman import _check, kernels
from elman._typing import Array, Function, Shape
from elman.layers.convolution import Convolution
from elman.layers.depthwise_conv1d import depthwise, depthwise_backward
from elman.layers.parts import settings
from elman.layers.windows import Windows
from elman.parameters import Initialize, Weight


class SeparableConv1D(Convolution):
    """Convolve each feature of a sequence by itself, then mix them: few weights for a long kernel.

    Args:
        filters: size of the output's last axis.
        kernel_size: how many steps a kernel sees.
        strides: how many steps it moves from one place to the next.
        padding: "valid" or "same"; see `elman.layers.windows`.
        data_format: only "channels_last", Keras's default, or None.
        dilation_rate: how far apart the steps that it sees are.
        depth_multiplier: how many numbers each feature becomes before they are mixed.
        activation: phi, a name, or a function of `elman.activations` or your own; None is linear.
        use_bias: whether there is a bias.
        depthwise_initializer: of the depthwise_kernel (kernel_size, features, depth_multiplier).
        pointwise_initializer: of the pointwise_kernel (1, features * depth_multiplier, filters).
        bias_initializer: of the bias (filters,).
        depthwise_regularizer, pointwise_regularizer, bias_regularizer: what penalises them, see
            `elman.regularizers`.
        activity_regularizer: what penalises the output.
        depthwise_constraint, pointwise_constraint, bias_constraint: what they are put through
            after each step, see `elman.constraints`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]])
    >>> ones = {"depthwise_initializer": "ones", "pointwise_initializer": "ones"}
    >>> layers.SeparableConv1D(1, 2, **ones)(x).tolist()
    [[[33.0], [66.0]]]
    """

    checks = {
        "filters": _check.integer,
        "depth_multiplier": _check.integer,
        "depthwise_initializer": settings.initializer,
        "pointwise_initializer": settings.initializer,
        "depthwise_regularizer": settings.regularizer,
        "pointwise_regularizer": settings.regularizer,
        "depthwise_constraint": settings.constraint,
        "pointwise_constraint": settings.constraint,
    }
    fixed = ("filters", "depth_multiplier", *settings.of_weights("depthwise", "pointwise"))

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **options)
        self.filters = filters
        self.kernel_size: tuple[int] = kernel_size
        self.strides: tuple[int] = strides
        self.padding = padding
        self.data_format = data_format
        self.dilation_rate: tuple[int] = dilation_rate
        self.depth_multiplier = depth_multiplier
        self.activation: Function = activation
        self.use_bias = use_bias
        self.depthwise_initializer: Initialize = depthwise_initializer
        self.pointwise_initializer: Initialize = pointwise_initializer
        self.bias_initializer: Initialize = bias_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.pointwise_regularizer = pointwise_regularizer
        self.bias_regularizer = bias_regularizer
        self.depthwise_constraint = depthwise_constraint
        self.pointwise_constraint = pointwise_constraint
        self.bias_constraint = bias_constraint
        self.bias: Weight | None = None

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make depthwise_kernel, pointwise_kernel and bias."""
        features = int(shapes[0][-1] or 0)
        self.depthwise_kernel = self.add_weight(
            (*self.kernel_size, features, self.depth_multiplier),
            self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
            name="depthwise_kernel",
        )
        self.pointwise_kernel = self.add_weight(
            (1, features * self.depth_multiplier, self.filters),
            self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
            name="pointwise_kernel",
        )
        if self.use_bias:
            self.bias = self.make_weight("bias", (self.filters,))

    @property
    def _taken(self) -> int:
        return self.depthwise_kernel.shape[1]

    def convolve(self, x: Array, w: Windows) -> tuple[Array, Any]:
        """Return a, and h for the way back."""
        h = depthwise(x, self.depthwise_kernel.array, w)
        bias = None if self.bias is None else self.bias.array
        return kernels.dense(h, self.pointwise_kernel.array[0], bias), h

    def convolve_backward(
        self, da: Array, x: Array, w: Windows, cache: Any, out: Sequence[Array], *, need_x: bool
    ) -> Array | None:
        """Write the gradients of both kernels and of the bias; return dx."""
        dD, dP, *dbias = out
        dh: Any
        dh, _ = kernels.dense_backward(
            cache, self.pointwise_kernel.array[0], da, bias=bool(dbias), out=[dP[0], *dbias]
        )
        return depthwise_backward(dh, x, self.depthwise_kernel.array, w, dD, need_x=need_x)
