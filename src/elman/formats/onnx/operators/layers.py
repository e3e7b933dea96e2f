"""Operators that are layers: products, softmax, normalisation, pooling, dropout at rest."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.elementwise import like
from elman.formats.onnx.operators.signature import Room


def matmul(a: Array, b: Array, *, room: Room) -> Array:
    """Return the matrix product."""
    rows = a.shape[-2:-1] if a.ndim > 1 else ()
    columns = b.shape[-1:] if b.ndim > 1 else ()
    room([*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *rows, *columns])
    return like(ops.matmul(a, b), a)


def gemm(
    a: Array,
    b: Array,
    c: Array | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
    room: Room,
) -> Array:
    """Return alpha a b + beta c."""
    left, right = (a.T if transA else a), (b.T if transB else b)
    room([left.shape[0], right.shape[-1]])
    y = ops.matmul(left, right)
    y = y if alpha == 1 else alpha * y
    if c is not None:
        room(np.broadcast_shapes(y.shape, c.shape))
        y = ops.add(y, c if beta == 1 else beta * c)
    return like(y, a)


def along(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator of a softmax: along one axis, or before opset 13 all from one on."""

    def computed(x: Array, *, axis: int | None = None, opset: int) -> Array:
        if opset >= 13:
            return like(function(x, axis=-1 if axis is None else axis), x)
        first = 1 if axis is None else axis % x.ndim
        return like(function(x, axis=tuple(range(first, x.ndim))), x)

    return computed


def layer_normalization(
    x: Array,
    scale: Array,
    bias: Array | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,
) -> tuple[Array, Array, Array]:
    """Return x normalised over the axes from one on, the mean, and 1 / its deviation."""
    axes = tuple(range(axis % x.ndim, x.ndim))
    mean, variance = ops.moments(x, axes, keepdims=True)
    deviation = ops.rsqrt(variance + epsilon)
    y = (x - mean) * deviation * scale
    return like(y if bias is None else y + bias, x), like(mean, x), like(deviation, x)


def batch_normalization(
    x: Array,
    scale: Array,
    bias: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    spatial: int = 1,
    training_mode: int = 0,
) -> Array:
    """Return x normalised along axis 1, by what was learnt."""
    if training_mode or not spatial:
        raise UnsupportedError("the node must be one of inference; it is not.")
    axis = 1 if x.ndim > 1 else 0
    return like(ops.batch_normalization(x, mean, variance, axis, bias, scale, epsilon), x)


def dropout(
    x: Array,
    input_ratio: Array | None = None,
    training_mode: Array | None = None,
    *,
    seed: int = 0,
    ratio: float = 0.5,
) -> tuple[Array, Array]:
    """Return x as it is, and that all of it was kept."""
    if training_mode is not None and training_mode.any():
        raise UnsupportedError("the node must be one of inference; it is not.")
    return x, np.ones(x.shape, bool)


def pooling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator that makes one number of all behind (batch, channels)."""

    def pooled(x: Array) -> Array:
        return like(function(x, axis=tuple(range(2, x.ndim)), keepdims=True), x)

    return pooled


def einsum(*operands: Array, equation: str = "", room: Room) -> Array:
    """Return the sum of products that an equation describes."""
    letters = equation.replace(" ", "").partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for each, operand in zip(letters, operands, strict=True):
        named = each.replace("...", "")
        if not named.isascii() or not (named.isalpha() or not named):
            raise FormatError(f"the equation must be of letters; got {equation!r}.")
        before, _, after = each.partition("...")
        ends = (*operand.shape[: len(before)], *operand.shape[operand.ndim - len(after) :])
        sizes.update({a: max(n, sizes.get(a, 1)) for a, n in zip(named, ends, strict=True)})
        room([*sizes.values(), *operand.shape[len(before) : operand.ndim - len(after)]])
    return like(ops.einsum(equation, *operands), operands[0])


def det(x: Array) -> Array:
    """Return the determinants of matrices."""
    return like(ops.det(x), x)


def scaler(x: Array, *, offset: tuple[float, ...] = (), scale: tuple[float, ...] = ()) -> Array:
    """Return (x - offset) scale, as skl2onnx writes scalers; always float32."""
    y = x.astype("float32")
    return np.asarray((y - np.array(offset, "float32")) * np.array(scale, "float32"))


TABLE: dict[str, Callable[..., Any]] = {
    "BatchNormalization": batch_normalization,
    "Det": det,
    "Dropout": dropout,
    "Einsum": einsum,
    "Gemm": gemm,
    "GlobalAveragePool": pooling(ops.mean),
    "GlobalMaxPool": pooling(ops.max),
    "LayerNormalization": layer_normalization,
    "LogSoftmax": along(ops.log_softmax),
    "MatMul": matmul,
    "Scaler": scaler,
    "Softmax": along(ops.softmax),
}
