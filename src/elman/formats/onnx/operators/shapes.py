"""Operators that give arrays other shapes, types and orders."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.signature import Room
from elman.formats.onnx.tensors import DTYPES


def whole(value: Any, what: str) -> tuple[int, ...]:
    """Return an input that holds sizes or axes as integers."""
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or array.ndim > 1 or array.size > 64:
        raise FormatError(f"{what} must be a few integers; got {array.dtype} of {array.shape}.")
    return tuple(int(number) for number in array.ravel())


def given(from_input: Array | None, attribute: Any, what: str) -> tuple[int, ...] | None:
    """Return axes, which are an input in later opsets and an attribute before; None for none."""
    if from_input is not None:
        return whole(from_input, what)
    return None if attribute is None else whole(attribute, what)


def shape_of(x: Array, *, start: int = 0, end: int | None = None) -> Array:
    """Return the sizes of x, or of some of its axes."""
    return np.array(x.shape[start:end], "int64")


def size_of(x: Array) -> Array:
    """Return how many numbers x has."""
    return np.array(x.size, "int64")


def constant(
    *,
    value: Array | None = None,
    value_float: float | None = None,
    value_floats: Any = None,
    value_int: int | None = None,
    value_ints: Any = None,
) -> Array:
    """Return the array that the node holds."""
    for number, dtype in (
        (value_float, "float32"), (value_floats, "float32"), (value_int, "int64"),
        (value_ints, "int64"),
    ):  # fmt: skip
        if number is not None:
            return np.array(number, dtype)
    if not isinstance(value, np.ndarray):
        raise UnsupportedError("the value must be numbers; got none.")
    return value


def constant_of_shape(shape: Array, *, value: Array | None = None, room: Room) -> Array:
    """Return an array that is full of one value."""
    sizes = whole(shape, "the shape")
    room(sizes)
    fill = np.zeros(1, "float32") if value is None else value
    return np.asarray(ops.full(sizes, fill.reshape(()), fill.dtype))


def cast(x: Array, *, to: int = 0, saturate: int = 1, round_mode: str = "up") -> Array:
    """Return x in another dtype."""
    if to not in DTYPES:
        raise UnsupportedError(f"the type must be one that elman has; got ONNX's {to}.")
    return x.astype(DTYPES[to])


def cast_like(x: Array, target: Array, *, saturate: int = 1, round_mode: str = "up") -> Array:
    """Return x in the dtype of another array."""
    return x.astype(target.dtype)


def identity(x: Array) -> Array:
    """Return x."""
    return x


def transpose(x: Array, *, perm: tuple[int, ...] | None = None) -> Array:
    """Return x with its axes in another order."""
    return np.asarray(ops.transpose(x, perm))


def reshape(x: Array, shape: Array, *, allowzero: int = 0) -> Array:
    """Return x in another shape, in which 0 stands for the size that it has there."""
    sizes = whole(shape, "the shape")
    if not allowzero:
        sizes = tuple(x.shape[i] if size == 0 else size for i, size in enumerate(sizes))
    return np.asarray(ops.reshape(x, sizes))


def flatten(x: Array, *, axis: int = 1) -> Array:
    """Return x as a matrix, whose rows are the axes before one."""
    axis = axis + x.ndim if axis < 0 else axis
    return np.asarray(ops.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))))


def squeeze(x: Array, input_axes: Array | None = None, *, axes: Any = None) -> Array:
    """Return x without axes of size 1."""
    return np.asarray(ops.squeeze(x, given(input_axes, axes, "the axes")))


def unsqueeze(x: Array, input_axes: Array | None = None, *, axes: Any = None) -> Array:
    """Return x with axes of size 1 put in."""
    found = given(input_axes, axes, "the axes")
    if found is None:
        raise FormatError("the axes must be given; they are not.")
    return np.asarray(ops.expand_dims(x, found))


def expand(x: Array, shape: Array, *, room: Room) -> Array:
    """Return x repeated to a shape."""
    sizes = np.broadcast_shapes(x.shape, whole(shape, "the shape"))
    room(sizes)
    return np.asarray(ops.broadcast_to(x, sizes))


def tile(x: Array, repeats: Array, *, room: Room) -> Array:
    """Return x repeated along its axes."""
    times = whole(repeats, "the repeats")
    room([size * n for size, n in zip(x.shape, times, strict=True)])
    return np.asarray(ops.tile(x, times))


def pad(
    x: Array,
    pads: Array | None = None,
    value: Array | None = None,
    axes: Array | None = None,
    *,
    mode: str = "constant",
    room: Room,
) -> Array:
    """Return x with an edge around it."""
    if mode not in ("constant", "reflect", "edge") or pads is None:
        raise UnsupportedError(f"the mode must be 'constant', 'edge' or 'reflect'; got {mode!r}.")
    widths = whole(pads, "the pads")
    places = range(x.ndim) if axes is None else whole(axes, "the axes")
    before, after = widths[: len(widths) // 2], widths[len(widths) // 2 :]
    edges = [(0, 0)] * x.ndim
    for axis, low, high in zip(places, before, after, strict=True):
        edges[axis] = (low, high)
    if min(widths, default=0) < 0:
        raise UnsupportedError(f"the pads must be at least 0; got {widths}.")
    room([size + low + high for size, (low, high) in zip(x.shape, edges, strict=True)])
    if mode == "edge":
        return np.pad(x, edges, "edge")
    fill = 0 if value is None else value.reshape(()).item()
    constant = {"constant_values": fill} if mode == "constant" else {}
    return np.asarray(ops.pad(x, edges, mode, **constant)).astype(x.dtype, copy=False)


def arange(start: Array, limit: Array, delta: Array, *, room: Room) -> Array:
    """Return numbers from start to before limit."""
    first, last, step = (each.reshape(()).item() for each in (start, limit, delta))
    room([max(0, math.ceil((last - first) / step))])
    return np.asarray(ops.arange(first, last, step, dtype=start.dtype.name))


TABLE: dict[str, Callable[..., Any]] = {
    "Cast": cast,
    "CastLike": cast_like,
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Expand": expand,
    "Flatten": flatten,
    "Identity": identity,
    "Pad": pad,
    "Range": arange,
    "Reshape": reshape,
    "Shape": shape_of,
    "Size": size_of,
    "Squeeze": squeeze,
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
