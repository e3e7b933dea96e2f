"""Operators that take arrays apart, and put them together."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from elman import ops
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.operators.shapes import given
from elman.formats.onnx.operators.signature import Room


def concat(x: Array, *others: Array, axis: int = 0, room: Room) -> Array:
    """Return arrays end to end."""
    parts = (x, *others)
    room([sum(part.size for part in parts)])
    return np.asarray(ops.concatenate(parts, axis))


def split(
    x: Array,
    input_sizes: Array | None = None,
    *,
    axis: int = 0,
    split: Any = None,
    num_outputs: int | None = None,
    outputs: int = 0,
) -> tuple[Array, ...]:
    """Return x cut along an axis into parts of these sizes, or of one size."""
    sizes = given(input_sizes, split, "the sizes")
    length = x.shape[axis]
    if sizes is None:
        parts = num_outputs or outputs
        if not 0 < parts <= max(length, 1):
            raise FormatError(f"the parts must be 1 to {length}; got {parts}.")
        each = -(-length // parts)
        sizes = (each,) * (parts - 1) + (length - each * (parts - 1),)
    if sum(sizes) != length or min(sizes, default=0) < 0:
        raise FormatError(f"the parts must have {length} in all; got {sizes}.")
    places = [sum(sizes[:i]) for i in range(1, len(sizes))]
    return tuple(ops.split(x, places, axis))


def cut(
    x: Array,
    input_starts: Array | None = None,
    input_ends: Array | None = None,
    input_axes: Array | None = None,
    input_steps: Array | None = None,
    *,
    starts: Any = None,
    ends: Any = None,
    axes: Any = None,
) -> Array:
    """Return a part of x; from opset 10 on what part is said by inputs."""
    first, last = given(input_starts, starts, "the starts"), given(input_ends, ends, "the ends")
    if first is None or last is None:
        raise FormatError("the starts and the ends must be given; they are not.")
    along = given(input_axes, axes, "the axes") or tuple(range(len(first)))
    steps = given(input_steps, (1,) * len(first), "the steps") or ()
    key = [slice(None)] * x.ndim
    for start, end, axis, step in zip(first, last, along, steps, strict=True):
        key[axis] = slice(*_limits(start, end, step, x.shape[axis]))
    return np.asarray(ops.get_item(x, tuple(key)))


def _limits(first: int, last: int, step: int, size: int) -> tuple[int, int | None, int]:
    """Return Python's limits of a slice, in which an end before the first is None."""
    first, last = (n + size if n < 0 else n for n in (first, last))
    if step > 0:
        return min(max(first, 0), size), min(max(last, 0), size), step
    first, last = min(max(first, 0), size - 1), min(max(last, -1), size - 1)
    return first, None if last < 0 else last, step


def gather(x: Array, indices: Array, *, axis: int = 0, room: Room) -> Array:
    """Return what lies at indices along an axis."""
    size = x.shape[axis]
    room([indices.size, *(n for i, n in enumerate(x.shape) if i != axis % x.ndim)])
    _check_indices(indices, size)
    return np.asarray(ops.take(x, indices, axis))


def gather_elements(x: Array, indices: Array, *, axis: int = 0, room: Room) -> Array:
    """Return for each index what lies there, at its own place in the other axes."""
    room(indices.shape)
    _check_indices(indices, x.shape[axis])
    return np.asarray(ops.take_along_axis(x, indices % x.shape[axis], axis))


def gather_nd(x: Array, indices: Array, *, batch_dims: int = 0, room: Room) -> Array:
    """Return x at places, each of several indices, that follow `batch_dims` common axes."""
    depth = indices.shape[-1] + batch_dims
    if not 0 <= batch_dims < min(x.ndim, indices.ndim) or not batch_dims < depth <= x.ndim:
        raise FormatError(f"the indices must fit {x.shape}; got {indices.shape}.")
    room([*indices.shape[:-1], *x.shape[depth:]])
    common = indices.shape[:batch_dims]
    if common != x.shape[:batch_dims]:
        raise FormatError(f"the indices must fit {x.shape}; got {indices.shape}.")
    extra = (1,) * (indices.ndim - 1 - batch_dims)
    grid = [
        np.arange(n).reshape((1,) * i + (n,) + (1,) * (batch_dims - 1 - i) + extra)
        for i, n in enumerate(common)
    ]
    chosen = [indices[..., i] for i in range(indices.shape[-1])]
    for each, size in zip(chosen, x.shape[batch_dims:], strict=False):
        _check_indices(each, size)
    return np.asarray(ops.get_item(x, (*grid, *chosen)))


def scatter_nd(x: Array, indices: Array, updates: Array, *, reduction: str = "none") -> Array:
    """Return x with updates at places, each of several indices of the first axes."""
    depth = indices.shape[-1]
    if depth > x.ndim or updates.shape != (*indices.shape[:-1], *x.shape[depth:]):
        raise FormatError(f"the updates must fit {x.shape}; got {updates.shape}.")
    for i, size in enumerate(x.shape[:depth]):
        _check_indices(indices[..., i], size)
    places = tuple(indices[..., i] for i in range(depth))
    y = x.copy()
    if reduction == "none":
        y[places] = updates
    elif reduction in ("add", "mul"):
        (np.add if reduction == "add" else np.multiply).at(y, places, updates)
    else:
        raise UnsupportedError(f"the reduction must be 'none', 'add' or 'mul'; got {reduction!r}.")
    return y


def array_feature_extractor(x: Array, indices: Array, *, room: Room) -> Array:
    """Return columns, as skl2onnx picks the classes."""
    room([*x.shape[:-1], indices.size])
    _check_indices(indices, x.shape[-1])
    found = np.asarray(ops.take(x, indices.ravel(), -1))
    return found.reshape(1, -1) if x.ndim == 1 else found


def one_hot(indices: Array, depth: Array, values: Array, *, axis: int = -1, room: Room) -> Array:
    """Return the second value at each index along a new axis, and the first elsewhere."""
    count = math.trunc(depth.reshape(()).item())
    room([*indices.shape, max(count, 1)])
    places = indices.astype("int64")
    hot = ops.one_hot(ops.where(places < 0, places + count, places), count, axis, "bool")
    return np.asarray(ops.where(hot, values[1], values[0])).astype(values.dtype, copy=False)


def reverse_sequence(x: Array, lengths: Array, *, time_axis: int = 0, batch_axis: int = 1) -> Array:
    """Return each sequence's steps in reverse, and what follows them as it is."""
    if sorted((time_axis, batch_axis)) != [0, 1] or lengths.shape != (x.shape[batch_axis],):
        raise FormatError(f"the lengths must be one a sequence; got {lengths.shape}.")
    times = np.arange(x.shape[time_axis])
    turned = lengths[:, None] - 1 - times
    places = ops.where(turned >= 0, turned, times)  # (batch, timesteps)
    rows = np.arange(len(lengths))
    _check_indices(places, len(times))
    key = (rows[:, None], places) if batch_axis == 0 else (places.T, rows)
    return np.asarray(ops.get_item(x, key))


def _check_indices(indices: Array, size: int) -> None:
    """Check that indices, which may count from the end, are within an axis."""
    if indices.dtype.kind not in "iu":
        raise FormatError(f"the indices must be integers; got {indices.dtype}.")
    if indices.size and not -size <= indices.min() <= indices.max() < size:
        raise FormatError(
            f"the indices must be from {-size} to {size - 1}; got {indices.min()} to "
            f"{indices.max()}."
        )


TABLE: dict[str, Callable[..., Any]] = {
    "ArrayFeatureExtractor": array_feature_extractor,
    "Concat": concat,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "OneHot": one_hot,
    "ReverseSequence": reverse_sequence,
    "ScatterND": scatter_nd,
    "Slice": cut,
    "Split": split,
}
