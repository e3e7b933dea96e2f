"""Operators that compute number by number."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.formats.onnx.operators.signature import Room

Function = Callable[..., Any]
SHRUNK = 0.2  # slope of HardSigmoid


def like(y: Any, x: Array) -> Array:
    """Return a result in the dtype of what it was made of: `elman.ops` computes in floatx()."""
    return np.asarray(y).astype(x.dtype, copy=False)


def unary(function: Function) -> Function:
    """Return the operator of a function of one array, whose dtype it keeps."""
    return lambda x: like(function(x), x)


def test(function: Function) -> Function:
    """Return the operator of a function of one array that says True or False."""
    return lambda x: function(x)


def infinite(x: Array, *, detect_negative: int = 1, detect_positive: int = 1) -> Array:
    """Say where x is infinite, on both sides or on one."""
    found = np.zeros(x.shape, bool)
    for wanted, function in ((detect_negative, ops.isneginf), (detect_positive, ops.isposinf)):
        found = found | function(x) if wanted else found
    return found


def several(function: Function) -> Function:
    """Return the operator that joins any number of arrays two at a time."""

    def joined(x: Array, *others: Array, room: Room) -> Array:
        y = x
        for other in others:
            room(np.broadcast_shapes(y.shape, other.shape))
            y = like(function(y, other), x)
        return y

    return joined


def binary(function: Function) -> Function:
    """Return the operator of a function of two arrays, of the dtype of the first."""

    def joined(a: Array, b: Array, *, room: Room) -> Array:
        room(np.broadcast_shapes(a.shape, b.shape))
        return like(function(a, b), a)

    return joined


def comparison(function: Function) -> Function:
    """Return the operator of a function of two arrays that says True or False."""

    def compared(a: Array, b: Array, *, room: Room) -> Array:
        room(np.broadcast_shapes(a.shape, b.shape))
        return np.asarray(function(a, b))

    return compared


def divide(a: Array, b: Array) -> Any:
    """Return a / b, of integers cut off towards zero."""
    if a.dtype.kind == "f":
        return ops.divide(a, b)
    if a.dtype.kind == "u":
        return ops.floor_divide(a, b)
    quotient = ops.floor_divide(ops.absolute(a), ops.absolute(b))
    return ops.multiply(ops.multiply(ops.sign(a), ops.sign(b)), quotient)


def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """Return x above zero, and alpha (exp(x) - 1) below."""
    return like(ops.elu(x, alpha), x)


def celu(x: Array, *, alpha: float = 1.0) -> Array:
    """Return x above zero, and alpha (exp(x / alpha) - 1) below."""
    return like(ops.celu(x, alpha), x)


def selu(x: Array, *, alpha: float = 1.6732632, gamma: float = 1.0507010) -> Array:
    """Return gamma times x above zero, and gamma alpha (exp(x) - 1) below."""
    return like(gamma * ops.elu(x, alpha), x)


def leaky_relu(x: Array, *, alpha: float = 0.01) -> Array:
    """Return x above zero, and alpha x below."""
    return like(ops.leaky_relu(x, alpha), x)


def thresholded_relu(x: Array, *, alpha: float = 1.0) -> Array:
    """Return x above alpha, and 0 below."""
    return like(ops.threshold(x, alpha, 0), x)


def hard_sigmoid(x: Array, *, alpha: float = SHRUNK, beta: float = 0.5) -> Array:
    """Return alpha x + beta, cut off at 0 and 1."""
    return like(ops.clip(alpha * x + beta, 0, 1), x)


def gelu(x: Array, *, approximate: str = "none") -> Array:
    """Return x times the normal distribution at x."""
    return like(ops.gelu(x, approximate=approximate == "tanh"), x)


def swish(x: Array, *, alpha: float = 1.0) -> Array:
    """Return x sigmoid(alpha x)."""
    return like(x * ops.sigmoid(alpha * x), x)


def mish(x: Array) -> Array:
    """Return x tanh(softplus(x))."""
    return like(x * ops.tanh(ops.softplus(x)), x)


def prelu(x: Array, slope: Array, *, room: Room) -> Array:
    """Return x above zero, and slope x below."""
    room(np.broadcast_shapes(x.shape, slope.shape))
    return like(ops.where(x < 0, slope * x, x), x)


def clip(
    x: Array,
    low: Array | None = None,
    high: Array | None = None,
    *,
    min: float | None = None,
    max: float | None = None,
) -> Array:
    """Return x within limits, which are inputs from opset 11 on and attributes before."""
    lower, upper = (min if low is None else low), (max if high is None else high)
    y = x if lower is None else ops.maximum(x, lower)
    return like(y if upper is None else ops.minimum(y, upper), x)


def where(condition: Array, x: Array, y: Array, *, room: Room) -> Array:
    """Return x where the condition holds, and y elsewhere."""
    room(np.broadcast_shapes(condition.shape, x.shape, y.shape))
    return like(ops.where(condition, x, y), x)


def mean(x: Array, *others: Array, room: Room) -> Array:
    """Return the mean of several arrays."""
    total = TABLE["Sum"](x, *others, room=room)
    return like(ops.divide(total, 1 + len(others)), x)


def modulo(a: Array, b: Array, *, fmod: int = 0, room: Room) -> Array:
    """Return what is left, with the sign of b, or of a with `fmod`."""
    room(np.broadcast_shapes(a.shape, b.shape))
    return like((np.fmod if fmod else ops.mod)(a, b), a)


def power(a: Array, b: Array) -> Any:
    """Return a^b, of integers to negative powers cut off towards zero."""
    if a.dtype.kind not in "iu" or b.dtype.kind != "i":
        return ops.power(a, b)
    fraction = ops.trunc(ops.power(a.astype("float64"), b))
    return np.where(b < 0, like(fraction, a), ops.power(a, np.maximum(b, 0)))


TABLE: dict[str, Function] = {
    "Abs": unary(ops.absolute),
    "Acos": unary(ops.arccos),
    "Acosh": unary(ops.arccosh),
    "Asin": unary(ops.arcsin),
    "Asinh": unary(ops.arcsinh),
    "Atan": unary(ops.arctan),
    "Atanh": unary(ops.arctanh),
    "Ceil": unary(ops.ceil),
    "Cos": unary(ops.cos),
    "Cosh": unary(ops.cosh),
    "Erf": unary(ops.erf),
    "Exp": unary(ops.exp),
    "Floor": unary(ops.floor),
    "HardSwish": unary(ops.hard_swish),
    "Log": unary(ops.log),
    "Mish": mish,
    "Neg": unary(ops.negative),
    "Reciprocal": unary(ops.reciprocal),
    "Relu": unary(ops.relu),
    "Round": unary(ops.round),
    "Sigmoid": unary(ops.sigmoid),
    "Sign": unary(ops.sign),
    "Sin": unary(ops.sin),
    "Sinh": unary(ops.sinh),
    "Softplus": unary(ops.softplus),
    "Softsign": unary(ops.softsign),
    "Sqrt": unary(ops.sqrt),
    "Tan": unary(ops.tan),
    "Tanh": unary(ops.tanh),
    "IsInf": infinite,
    "IsNaN": test(ops.isnan),
    "Not": test(ops.logical_not),
    "Elu": elu,
    "Celu": celu,
    "Selu": selu,
    "LeakyRelu": leaky_relu,
    "ThresholdedRelu": thresholded_relu,
    "HardSigmoid": hard_sigmoid,
    "Gelu": gelu,
    "Swish": swish,
    "PRelu": prelu,
    "Clip": clip,
    "Where": where,
    "Add": binary(ops.add),
    "Sub": binary(ops.subtract),
    "Mul": binary(ops.multiply),
    "Div": binary(divide),
    "Pow": binary(power),
    "Mod": modulo,
    "Max": several(ops.maximum),
    "Min": several(ops.minimum),
    "Sum": several(ops.add),
    "Mean": mean,
    "And": comparison(ops.logical_and),
    "Or": comparison(ops.logical_or),
    "Xor": comparison(ops.logical_xor),
    "Equal": comparison(ops.equal),
    "Less": comparison(ops.less),
    "LessOrEqual": comparison(ops.less_equal),
    "Greater": comparison(ops.greater),
    "GreaterOrEqual": comparison(ops.greater_equal),
}
