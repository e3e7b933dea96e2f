"""Functions that make one number of many, along axes, as nodes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman._typing import Shape
from elman.formats.onnx.writing import functions
from elman.formats.onnx.writing.operations.elementwise import isclose, truth, where
from elman.formats.onnx.writing.terms import Term, floating, written
from elman.ops.reduction import axes_of

Write = Callable[..., Any]


def left(shape: Shape, along: tuple[int, ...], keepdims: bool) -> Shape:
    """Return the shape that a reduction leaves."""
    if keepdims:
        return tuple(1 if i in along else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in along)


def reduced(op: str, x: Term, axis: Any, keepdims: bool) -> Term:
    """Write a reduction."""
    along = axes_of(axis, x.ndim)
    if not along:
        return x
    shape, keep = left(x.shape, along, keepdims), int(keepdims)
    if op == "ReduceSum":  # its axes are an input from opset 13 on
        return x.then(op, x.b.constant(along), keepdims=keep, shape=shape)
    return x.then(op, axes=along, keepdims=keep, shape=shape)


def over(op: str, of_floats: bool = False) -> Write:
    """Return what writes a reduction; truth values are added up as integers."""

    def write(x: Any, axis: Any = None, keepdims: bool = False) -> Term:
        x = floating(x) if of_floats else x.astype("int64") if x.dtype.kind == "b" else x
        return reduced(op, x, axis, keepdims)

    return write


total, mean = over("ReduceSum"), over("ReduceMean", of_floats=True)


def extreme(op: str, join: str) -> Write:
    """Return what writes the largest or smallest, and at least or at most another number."""

    def write(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        y = reduced(op, x, axis, keepdims)
        return y if initial is None else written(join, (y, initial), {})

    return write


def product(x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """Write the product."""
    return reduced("ReduceProd", x if dtype is None else x.astype(dtype), axis, keepdims)


def variance(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Write the mean of (x - mean)^2."""
    x = floating(x)
    d = x - mean(x, axis, True)
    return mean(d * d, axis, keepdims)


def every(op: str) -> Write:
    """Return what writes whether all are true, or one is."""

    def write(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return reduced(op, truth(x).astype("int32"), axis, keepdims).astype(bool)

    return write


def count_nonzero(x: Any, axis: Any = None) -> Any:
    """Write how many are not zero."""
    return total(truth(x).astype("int64"), axis)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Write log(sum(exp(x))), without overflow."""
    x = floating(x)
    top = reduced("ReduceMax", x, axis, True)
    top = where(written("isfinite", (top,), {}), top, 0.0)
    y = total((x - top).then("Exp"), axis, True).then("Log") + top
    return y if keepdims else reduced("ReduceMax", y, axis, False)


def average(x: Any, axis: Any = None, weights: Any = None) -> Any:
    """Write the mean, with weights of the shape of x or of the axis."""
    if weights is None:
        return mean(x, axis)
    if np.ndim(weights) == 1 and x.ndim > 1:
        (i,) = axes_of(axis, x.ndim)
        weights = np.reshape(weights, [-1 if i == j else 1 for j in range(x.ndim)])
    everywhere = floating(x).then("Mul", x.b.number(0, floating(x).dtype.name)) + weights
    return total(x * weights, axis) / total(everywhere, axis)


def along_one(name: str) -> Write:
    """Return what writes a softmax along an axis, or along several together."""

    def write(x: Any, axis: Any = -1) -> Any:
        x = floating(x)
        if not isinstance(axis, (tuple, list)):
            return x.then({"softmax": "Softmax", "log_softmax": "LogSoftmax"}[name], axis=axis)
        shifted = x - reduced("ReduceMax", x, axis, True)
        if name == "log_softmax":
            return shifted - total(shifted.then("Exp"), axis, True).then("Log")
        powers = shifted.then("Exp")
        return powers / total(powers, axis, True)

    return write


def gelu(x: Any, approximate: bool = True) -> Any:
    """Write x Phi(x)."""
    x = floating(x)
    if not approximate:
        return Term(x.b, functions.NODES["gelu"](x.b, x.name, x.dtype.name), x.dtype, x.shape)
    inner = (x + x * x * x * 0.044715) * np.sqrt(2 / np.pi).item()
    return x * 0.5 * (inner.then("Tanh") + 1)


TABLE: dict[str, Write] = {
    "all": every("ReduceMin"),
    "amax": extreme("ReduceMax", "maximum"),
    "amin": extreme("ReduceMin", "minimum"),
    "any": every("ReduceMax"),
    "allclose": lambda x1, x2, *near, **told: every("ReduceMin")(isclose(x1, x2, *near, **told)),
    "average": average,
    "count_nonzero": count_nonzero,
    "gelu": gelu,
    "log_softmax": along_one("log_softmax"),
    "logsumexp": logsumexp,
    "max": extreme("ReduceMax", "maximum"),
    "mean": mean,
    "min": extreme("ReduceMin", "minimum"),
    "prod": product,
    "softmax": along_one("softmax"),
    "sum": total,
    "var": variance,
}
