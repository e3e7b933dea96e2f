"""Operators that make one number of many, along axes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.formats.onnx.operators.elementwise import like
from elman.formats.onnx.operators.shapes import given
from elman.formats.onnx.operators.signature import Room


def reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator; its axes are an input in later opsets and an attribute before."""

    def reduced(
        x: Array,
        input_axes: Array | None = None,
        *,
        axes: Any = None,
        keepdims: int = 1,
        noop_with_empty_axes: int = 0,
    ) -> Array:
        along = given(input_axes, axes, "the axes")
        if not along:
            if noop_with_empty_axes:
                return x
            along = tuple(range(x.ndim))
        return like(function(x, axis=along, keepdims=bool(keepdims)), x)

    return reduced


def sum_of_squares(x: Array, axis: Any, keepdims: bool) -> Any:
    """Return the sum of x^2."""
    return ops.sum(ops.square(x), axis=axis, keepdims=keepdims)


def norm(x: Array, axis: Any, keepdims: bool) -> Any:
    """Return the root of the sum of x^2."""
    return ops.sqrt(sum_of_squares(x, axis, keepdims))


def sum_of_magnitudes(x: Array, axis: Any, keepdims: bool) -> Any:
    """Return the sum of |x|."""
    return ops.sum(ops.absolute(x), axis=axis, keepdims=keepdims)


def place_of(largest: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator of argmax or argmin."""

    def found(x: Array, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Array:
        if not select_last_index:
            return np.asarray(largest(x, axis=axis, keepdims=bool(keepdims))).astype("int64")
        last = largest(ops.flip(x, axis), axis=axis, keepdims=bool(keepdims))
        return np.asarray(x.shape[axis] - 1 - last).astype("int64")

    return found


def cumulative(x: Array, axis: Array, *, exclusive: int = 0, reverse: int = 0) -> Array:
    """Return the sums of all up to each number, or of those before it alone."""
    along = int(axis.reshape(()))
    y = ops.flip(x, along) if reverse else x
    if exclusive and x.shape[along]:  # a place further on, as inf - inf is no 0
        before = ops.split(y, [x.shape[along] - 1], along)[0]
        first = np.zeros_like(np.take(x, [0], along))
        y = ops.concatenate([first, before], along)
    y = ops.cumsum(y, along)
    return like(ops.flip(y, along) if reverse else y, x)


def top_k(
    x: Array, k: Array, *, axis: int = -1, largest: int = 1, sorted: int = 1, room: Room
) -> tuple[Array, Array]:
    """Return the k largest or smallest along an axis, and their places; the first of equals."""
    count = int(k.reshape(()))
    room([x.size])
    keys = ops.flip(x, axis) if largest else x
    order = np.asarray(np.argsort(keys, axis, kind="stable"))
    places = ops.flip(x.shape[axis] - 1 - order, axis) if largest else order
    chosen = np.asarray(ops.split(places, [count], axis)[0])
    return np.asarray(ops.take_along_axis(x, chosen, axis)), chosen.astype("int64")


TABLE: dict[str, Callable[..., Any]] = {
    "ArgMax": place_of(ops.argmax),
    "ArgMin": place_of(ops.argmin),
    "CumSum": cumulative,
    "ReduceL1": reduction(sum_of_magnitudes),
    "ReduceL2": reduction(norm),
    "ReduceLogSumExp": reduction(ops.logsumexp),
    "ReduceMax": reduction(ops.max),
    "ReduceMean": reduction(ops.mean),
    "ReduceMin": reduction(ops.min),
    "ReduceProd": reduction(ops.prod),
    "ReduceSum": reduction(ops.sum),
    "ReduceSumSquare": reduction(sum_of_squares),
    "TopK": top_k,
}
