"""Conv1D: the same small kernel at every place of a sequence.

    a_o = sum_k x_{o stride + k dilation - left} W_k + b        y = phi(a)

    x  (B, T, F)     W  kernel (K, F/G, N)     B  batch      K  kernel_size
    a  (B, O, N)     b  bias   (N,)            T  timesteps  N  filters
                                               F  features   G  groups
                                               O  windows, see `elman.layers.windows`

A window is a row of K F numbers, so that all of it is one product, `rows W`. With groups it is G
products side by side, each of F/G features and N/G filters.
"""

from collections.abc import Sequence
from typing import Any

from elman import _check, kernels
from elman._typing import Array, Function, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers import windows
from elman.layers.convolution import Convolution
from elman.layers.parts import settings
from elman.layers.windows import Windows
from elman.parameters import Initialize, Weight


class Conv1D(Convolution):
    """Convolve a sequence: at every place a product of the steps around it with one kernel.

    Args:
        filters: size of the output's last axis.
        kernel_size: how many steps the kernel sees.
        strides: how many steps it moves from one place to the next.
        padding: "valid", "same" or "causal"; see `elman.layers.windows`.
        data_format: only "channels_last", Keras's default, or None.
        dilation_rate: how far apart the steps that it sees are; not together with strides.
        groups: into how many groups the features and the filters are cut, each with its own
            kernel; both must be multiples of it.
        activation: phi, a name, or a function of `elman.activations` or your own; None is linear.
        use_bias: whether there is a bias.
        kernel_initializer: of the kernel (kernel_size, features / groups, filters).
        bias_initializer: of the bias (filters,).
        kernel_regularizer, bias_regularizer: what penalises them, see `elman.regularizers`.
        activity_regularizer: what penalises the output.
        kernel_constraint, bias_constraint: what they are put through after each step, see
            `elman.constraints`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> x = np.array([[[1.0], [2.0], [4.0], [8.0]]])
    >>> layers.Conv1D(1, 2, kernel_initializer="ones")(x).tolist()
    [[[3.0], [6.0], [12.0]]]
    """

    checks = {
        "filters": _check.integer,
        "padding": windows.padding_or_causal,
        "groups": _check.integer,
        "kernel_initializer": settings.initializer,
        "kernel_regularizer": settings.regularizer,
        "kernel_constraint": settings.constraint,
    }
    fixed = ("filters", "groups", *settings.of_weights("kernel"))

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        groups: int = 1,
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
        self.data_format = data_format
        self.dilation_rate: tuple[int] = dilation_rate
        self.groups = groups
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
        if self.filters % self.groups:
            raise ArgumentError(
                f"{self.owner}: `filters` must be a multiple of groups={self.groups}; got "
                f"{self.filters}."
            )

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make kernel (kernel_size, features / groups, filters) and bias (filters,)."""
        features = int(shapes[0][-1] or 0) // self.groups
        self.kernel = self.make_weight("kernel", (*self.kernel_size, features, self.filters))
        if self.use_bias:
            self.bias = self.make_weight("bias", (self.filters,))

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there are timesteps for a window, and the features that the kernel takes."""
        super().check_shapes(shapes)
        if self.built:
            return
        self._check_together()
        (x,) = shapes
        if int(x[2] or 0) % self.groups:
            raise ShapeError(
                f"{self.owner}: `x` must have a multiple of groups={self.groups} features; got {x}."
            )

    @property
    def _taken(self) -> int:
        return self.kernel.shape[1] * self.groups

    def convolve(self, x: Array, w: Windows) -> tuple[Array, Any]:
        """Return a."""
        bias = None if self.bias is None else self.bias.array
        return convolve(x, self.kernel.array, bias, w, self.groups), None

    def convolve_backward(
        self, da: Array, x: Array, w: Windows, cache: Any, out: Sequence[Array], *, need_x: bool
    ) -> Array | None:
        """Write dkernel and dbias; return dx."""
        return convolve_backward(da, x, self.kernel.array, w, self.groups, out, need_x=need_x)


def convolve(x: Array, W: Array, b: Array | None, w: Windows, groups: int) -> Array:
    """Return a (B, O, N) from padded x (B, T, F)."""
    N = W.shape[-1]
    if groups == 1:
        return kernels.dense(_rows(x, w), W.reshape(-1, N), b)
    a = _grouped_rows(x, w, groups) @ _grouped_kernel(W, groups)  # (G, B O, N/G)
    a = a.transpose(1, 0, 2).reshape(len(x), w.number, N)  # (B, O, N)
    return a if b is None else a + b


def convolve_backward(
    da: Array, x: Array, W: Array, w: Windows, groups: int, out: Sequence[Array], *, need_x: bool
) -> Array | None:
    """Write dW, and db where there is a bias, to `out`; return dx of the padded x if wanted."""
    (K, _, N), (B, T, F) = W.shape, x.shape
    dW, *dbias = out
    if groups == 1:
        drows, _ = kernels.dense_backward(
            _rows(x, w), W.reshape(-1, N), da,
            bias=bool(dbias), out=[dW.reshape(-1, N), *dbias], need_x=need_x,
        )  # fmt: skip
        dwindows = None if drows is None else drows.reshape(B, w.number, K, F)
        return None if dwindows is None else w.scatter(dwindows, T)
    dgroups = da.reshape(-1, groups, N // groups).transpose(1, 0, 2)  # (G, B O, N/G)
    dkernel = _grouped_rows(x, w, groups).transpose(0, 2, 1) @ dgroups  # (G, K F/G, N/G)
    dW[...] = dkernel.reshape(groups, K, -1, N // groups).transpose(1, 2, 0, 3).reshape(W.shape)
    for db in dbias:
        windows.sum_rows(da, db)
    if not need_x:
        return None
    drows = dgroups @ _grouped_kernel(W, groups).transpose(0, 2, 1)  # (G, B O, K F/G)
    dwindows = drows.reshape(groups, B, w.number, K, -1).transpose(1, 2, 3, 0, 4)
    return w.scatter(dwindows.reshape(B, w.number, K, F), T)


def _rows(x: Array, w: Windows) -> Array:
    """Return the windows as rows (B, O, K F)."""
    B, _, F = x.shape
    if w.size == w.stride == 1:
        return x
    return w.gather(x).reshape(B, w.number, w.size * F)


def _grouped_rows(x: Array, w: Windows, groups: int) -> Array:
    """Return the windows as rows of each group, (G, B O, K F/G)."""
    B, _, F = x.shape
    found = w.gather(x).reshape(B * w.number, w.size, groups, F // groups)
    return found.transpose(2, 0, 1, 3).reshape(groups, B * w.number, -1)


def _grouped_kernel(W: Array, groups: int) -> Array:
    """Return the kernel of each group, (G, K F/G, N/G)."""
    K, features, N = W.shape
    cut = W.reshape(K, features, groups, N // groups)
    return cut.transpose(2, 0, 1, 3).reshape(groups, K * features, N // groups)
