"""Dense: y = phi(x W + b) over the last axis."""

from collections.abc import Sequence
from typing import Any

from elman import _check, activations, fused, kernels
from elman._typing import Array, Function, Shape
from elman.bound import Bound, Product, can_read
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.parameters import Initialize, Weight


class Dense(Layer):
    """A fully connected layer, `phi(x W + b)`; of a sequence, the same at every timestep.

    Args:
        units: size of the output.
        activation: phi, a name, or a function of `elman.activations` or your own; None is linear.
        use_bias: whether there is a bias.
        kernel_initializer: of the kernel (features, units).
        bias_initializer: of the bias (units,).
        kernel_regularizer, bias_regularizer: what penalises them, see `elman.regularizers`.
        activity_regularizer: what penalises the output.
        kernel_constraint, bias_constraint: what they are put through after each step, see
            `elman.constraints`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Dense(5)(np.zeros((2, 10, 3))).shape
    (2, 10, 5)
    """

    checks = {
        "units": _check.integer,
        "activation": settings.activation,
        "use_bias": _check.flag,
        "kernel_initializer": settings.initializer,
        "bias_initializer": settings.initializer,
        "kernel_regularizer": settings.regularizer,
        "bias_regularizer": settings.regularizer,
        "kernel_constraint": settings.constraint,
        "bias_constraint": settings.constraint,
    }
    fixed = ("units", "use_bias", *settings.of_weights("kernel", "bias"))
    takes_one = True

    def __init__(
        self,
        units: int,
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
        self.units = units
        self.activation: Function = activation
        self.use_bias = use_bias
        self.kernel_initializer: Initialize = kernel_initializer
        self.bias_initializer: Initialize = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.bias: Weight | None = None

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make kernel (features, units) and bias (units,)."""
        features = int(shapes[0][-1] or 0)
        self.kernel = self.make_weight("kernel", (features, self.units))
        if self.use_bias:
            self.bias = self.make_weight("bias", (self.units,))

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there is a last axis, of the size that the kernel takes."""
        x = shapes[0]
        features = self.kernel.shape[0] if self.built else None
        if len(x) < 2 or x[-1] is None or (features is not None and x[-1] != features):
            named = "features" if features is None else f"features={features}"
            raise ShapeError(f"{self.owner}: `x` must have shape (batch, …, {named}); got {x}.")

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shape with the last axis of size `units`."""
        return [(*shapes[0][:-1], self.units)]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return phi(x W + b)."""
        (x,) = inputs
        bias = None if self.bias is None else self.bias.array
        a = kernels.dense(x, self.kernel.array, bias)  # (batch, …, units)
        y = fused.activate(self.activation, a)
        return (y,), (x, a, y)

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return both passes at one shape."""
        bias = None if self.bias is None else self.bias.array
        if kernels.status().implementation == "reference" or not can_read(self.kernel.array, bias):
            return None
        function = None if self.activation is activations.linear else self.activation
        return Product(tuple(int(n or 0) for n in shape), self.kernel.array, bias, function)

    def backward(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None], list[Array]]:
        """Return dx = da W^T, dW = x^T da and db = sum of da."""
        (x, a, y), (dy,) = tape, doutputs
        dx, dweights = kernels.dense_backward(
            x, self.kernel.array, fused.derive(self.activation, dy, a, y),
            bias=self.bias is not None, out=out, need_x=need_inputs,
        )  # fmt: skip
        return (dx,), dweights
