"""Layers without a state that treat each timestep alone, as a stream runs them.

The compiled kernels have some of them by name; the others run as the layer itself, on blocks of
timesteps that may be of one timestep only.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from elman._typing import Array
from elman.layers import (
    ELU,
    Add,
    Average,
    BatchNormalization,
    Concatenate,
    Layer,
    LayerNormalization,
    LeakyReLU,
    Maximum,
    Minimum,
    Multiply,
    Normalization,
    PReLU,
    ReLU,
    Rescaling,
    RMSNormalization,
    Softmax,
    Subtract,
    UnitNormalization,
)
from elman.layers.operation import Operation
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import INFERENCE
from elman.layers.parts.symbolic import Node

ALONG_AN_AXIS = (
    *(BatchNormalization, LayerNormalization, Normalization, RMSNormalization),
    *(Softmax, UnitNormalization),
)
ROWWISE = (ELU, LeakyReLU, PReLU, ReLU, Rescaling, *ALONG_AN_AXIS)
MERGES = (Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract)
# The arguments with which a layer is an activation of `elman.activations`.
NAMED: dict[str, tuple[type[Layer], dict[str, object]]] = {
    "elu": (ELU, {"alpha": 1.0}),
    "leaky_relu": (LeakyReLU, {"negative_slope": 0.2}),
    "relu": (ReLU, {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "relu6": (ReLU, {"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}),
    "softmax": (Softmax, {"axis": -1}),
}
# Functions of `elman.ops` that compute each number of those at the same place alone.
ELEMENTWISE = frozenset((
    "abs", "absolute", "add", "arctan", "arctan2", "arctanh", "cbrt", "ceil", "celu", "clip",
    "cos", "cosh", "divide", "elu", "erf", "exp", "exp2", "expm1", "floor", "gelu",
    "hard_sigmoid", "hard_silu", "hard_tanh", "hypot", "leaky_relu", "log", "log10", "log1p",
    "log2", "log_sigmoid", "logaddexp", "maximum", "minimum", "mod", "multiply", "negative",
    "power", "reciprocal", "relu", "relu6", "round", "rsqrt", "selu", "sigmoid", "sign", "silu",
    "sin", "sinh", "softplus", "softsign", "sqrt", "square", "squareplus", "subtract", "tan",
    "tanh", "tanh_shrink", "true_divide", "trunc",
))  # fmt: skip


def obstacle(layer: Layer, axes: int) -> str:
    """Return why a layer cannot take the timesteps of inputs of so many axes alone, or nothing."""
    last = axes - 1
    if isinstance(layer, Operation):
        known = layer.function.__name__ in ELEMENTWISE
        return "" if known else "may need other timesteps"
    if isinstance(layer, Concatenate):
        return "" if layer.axis % (last + 1) == last else "puts sequences end to end"
    if isinstance(layer, ALONG_AN_AXIS):
        alone = all(axis % (last + 1) == last for axis in np.atleast_1d(layer.axis))
    elif isinstance(layer, PReLU):
        alone = all(n == 1 for n in layer.alpha.shape[:-1])
    elif isinstance(layer, Rescaling):
        shapes = np.shape(layer.scale), np.shape(layer.offset)
        alone = all(n == 1 for shape in shapes for n in shape[:-1])
    else:
        alone = True
    return "" if alone else "does not treat all timesteps alike"


def name_of(layer: Layer) -> str | None:
    """Return the activation that a layer is, or None."""
    for name, (cls, arguments) in NAMED.items():
        if type(layer) is cls and all(getattr(layer, a) == v for a, v in arguments.items()):
            return name
    return None


def frozen(layer: Any) -> Any:
    """Return a copy of a layer as it is now, outside of all models."""
    memo: dict[int, Any] = {id(each.nodes): [] for each in with_sublayers(layer)}
    return copy.deepcopy(layer, memo)


def compute_of(layer: Layer, node: Node) -> Callable[..., Array]:
    """Return what computes blocks (batch, timesteps, features) as a call of the layer would now."""
    now, given = frozen(layer), () if node.arguments is None else (node.arguments,)

    def compute(*blocks: Array) -> Array:
        (y,), _, _ = now.run(blocks, (None,) * len(blocks), INFERENCE, *given)
        found: Array = y
        return found

    return compute if len(node.inputs[0].shape) == 3 else folded(compute)


def folded(compute: Callable[..., Array]) -> Callable[..., Array]:
    """Return what computes blocks of what computes rows (batch, features)."""

    def of_blocks(*blocks: Array) -> Array:
        B, T = blocks[0].shape[:2]
        y = compute(*[block.reshape(B * T, -1) for block in blocks])
        return y.reshape(B, T, -1)

    return of_blocks
