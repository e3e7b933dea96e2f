"""Functions that move numbers about and leave them what they are, as nodes."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman.formats.onnx.writing.operations.elementwise import where
from elman.formats.onnx.writing.terms import (
    NoNodes,
    Term,
    as_term,
    builder_of,
    common,
    joined,
    together,
)
from elman.ops.reduction import axes_of

Write = Callable[..., Any]


def reshape(x: Any, newshape: Any) -> Term:
    """Write the same numbers in another shape; one size may be -1."""
    sizes = [newshape] if isinstance(newshape, int) else [int(n) for n in newshape]
    rest = math.prod(n for n in sizes if n != -1)
    known = None if None in x.shape or not rest else math.prod(x.shape) // rest
    shape = tuple(known if n == -1 else n for n in sizes)
    return x.then("Reshape", x.b.constant(sizes), shape=shape, **_zeros(sizes))


def _zeros(sizes: Sequence[int]) -> dict[str, int]:
    return {"allowzero": 1} if 0 in sizes else {}


def flat(x: Term) -> Term:
    """Write all numbers in one axis."""
    return reshape(x, -1)


def transpose(x: Any, axes: Any = None) -> Term:
    """Write the axes in another order."""
    order = [*reversed(range(x.ndim))] if axes is None else [axis % x.ndim for axis in axes]
    return x.then("Transpose", perm=order, shape=tuple(x.shape[i] for i in order))


def swapaxes(x: Any, axis1: int, axis2: int) -> Term:
    """Write two axes in each other's place."""
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transpose(x, order)


def moveaxis(x: Any, source: Any, destination: Any) -> Term:
    """Write axes moved to other places."""
    like = np.empty((0,) * x.ndim)
    marked = np.lib.stride_tricks.as_strided(like, (0,) * x.ndim, tuple(range(x.ndim)))
    return transpose(x, np.moveaxis(marked, source, destination).strides)


def expand_dims(x: Any, axis: Any) -> Term:
    """Write axes of size 1 put in."""
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    rank = x.ndim + len(axes)
    places = sorted(each % rank for each in axes)
    sizes = iter(x.shape)
    shape = tuple(1 if i in places else next(sizes) for i in range(rank))
    return x.then("Unsqueeze", x.b.constant(places), shape=shape)


def squeeze(x: Any, axis: Any = None) -> Term:
    """Write the axes of size 1 left out."""
    if axis is None:
        places = [i for i, n in enumerate(x.shape) if n == 1]
    else:
        places = list(axes_of(axis, x.ndim))
    if not places:
        return x
    shape = tuple(n for i, n in enumerate(x.shape) if i not in places)
    return x.then("Squeeze", x.b.constant(places), shape=shape)


def broadcast_to(x: Any, shape: Any) -> Term:
    """Write x repeated to a shape."""
    sizes = tuple(int(n) for n in shape)
    return x.then("Expand", x.b.constant(sizes), shape=sizes)


def concatenate(xs: Sequence[Any], axis: int = 0) -> Term:
    """Write arrays end to end."""
    b, kind = builder_of(xs), common(*xs)
    terms = [as_term(b, x, kind) for x in xs]
    axis %= terms[0].ndim
    sizes = [term.shape[axis] for term in terms]
    total = None if None in sizes else sum(n for n in sizes if n is not None)
    shape = list(together(*((*t.shape[:axis], 1, *t.shape[axis + 1 :]) for t in terms)))
    shape[axis] = total
    return Term(b, b.add("Concat", *(t.name for t in terms), axis=axis), kind, shape)


def stack(x: Sequence[Any], axis: int = 0) -> Term:
    """Write arrays beside each other along a new axis."""
    b, kind = builder_of(x), common(*x)
    return concatenate([expand_dims(as_term(b, each, kind), axis) for each in x], axis)


def hstack(xs: Sequence[Any]) -> Term:
    """Write arrays end to end along axis 1, or along 0 where they have no other."""
    return concatenate(xs, 0 if np.ndim(xs[0]) < 2 else 1)


def vstack(xs: Sequence[Any]) -> Term:
    """Write arrays, or rows, end to end along axis 0."""
    return concatenate([expand_dims(x, 0) if np.ndim(x) < 2 else x for x in xs], 0)


def append(x1: Any, x2: Any, axis: int | None = None) -> Term:
    """Write x1 and x2 end to end."""
    if axis is None:
        b, kind = builder_of(x1, x2), common(x1, x2)
        x1, x2 = flat(as_term(b, x1, kind)), flat(as_term(b, x2, kind))
    return concatenate([x1, x2], axis or 0)


def known_size(x: Term, axis: int) -> int:
    """Return the size of an axis.

    Raises:
        NoNodes: it is open.
    """
    size = x.shape[axis]
    if size is None:
        raise NoNodes(f"what depends on the open size of axis {axis}")
    return size


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Term]:
    """Write x cut along an axis into so many parts, or at these places."""
    size = known_size(x, axis)
    return _cut(x, np.split(np.arange(size), indices_or_sections), axis)


def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Term]:
    """Write x cut into so many parts of nearly one size."""
    size = known_size(x, axis)
    return _cut(x, np.array_split(np.arange(size), indices_or_sections), axis)


def _cut(x: Term, parts: Sequence[Any], axis: int) -> list[Term]:
    sizes, axis = [len(part) for part in parts], axis % x.ndim
    names = x.b.node("Split", x.name, x.b.constant(sizes), outputs=len(sizes), axis=axis)
    return [
        Term(x.b, name, x.dtype, (*x.shape[:axis], size, *x.shape[axis + 1 :]))
        for name, size in zip(names, sizes, strict=True)
    ]


def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Term]:
    """Write the arrays that lie beside each other along an axis."""
    count = known_size(x, axis) if num is None else num
    return [squeeze(part, axis) for part in _cut(x, [(0,)] * count, axis)]


def sliced(x: Term, start: int, stop: int, axis: int, step: int = 1) -> Term:
    """Write a part of an axis; the limits are as ONNX has them."""
    axis %= x.ndim
    limits = [x.b.constant([n]) for n in (start, stop, axis, step)]
    size = x.shape[axis]
    if size is not None:
        size = len(range(size)[slice(start, None if stop < -(2**30) else stop, step)])
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    return x.then("Slice", *limits, shape=shape)


def flip(x: Any, axis: Any = None) -> Any:
    """Write x turned round along axes."""
    for each in axes_of(axis, x.ndim):
        x = sliced(x, -1, -(2**31), each, -1)
    return x


def at(x: Term, indices: Any, axis: int) -> Term:
    """Write what lies at indices, a term or an array, along an axis."""
    axis %= x.ndim
    places = as_term(x.b, indices, "int64")
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
    return x.then("Gather", places, axis=axis, shape=shape)


def places_of(x: Term, axis: int) -> Term:
    """Write 0, 1, … along an axis, whose size may be open."""
    axis %= x.ndim
    size = x.shape[axis]
    if size is not None:
        return as_term(x.b, np.arange(size), "int64")
    end = x.b.squeeze(x.b.size(x.name, axis), 0)
    name = x.b.add("Range", x.b.constant(0), end, x.b.constant(1))
    return Term(x.b, name, "int64", (None,))


def tile(x: Any, repeats: Any) -> Term:
    """Write x as a whole repeated along its axes."""
    times = [repeats] if isinstance(repeats, int) else [int(n) for n in repeats]
    times = [1] * (x.ndim - len(times)) + times
    while x.ndim < len(times):
        x = expand_dims(x, 0)
    shape = tuple(None if n is None else n * m for n, m in zip(x.shape, times, strict=True))
    return x.then("Tile", x.b.constant(times), shape=shape)


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Term:
    """Write each number, or each slice along an axis, repeated so many times."""
    if axis is None:
        x, axis = flat(x), 0
    axis %= x.ndim
    if np.size(repeats) > 1:
        return at(x, np.repeat(np.arange(known_size(x, axis)), repeats), axis)
    times = int(np.ravel(repeats)[0])
    every = tile(expand_dims(places_of(x, axis), 1), [1, times])
    return at(x, flat(every), axis)


def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Write x moved on along axes; what falls off comes in in front."""
    if axis is None:
        return _like(roll(flat(x), shift, 0), x)
    axes = axes_of(axis, x.ndim)
    for each, by in zip(axes, np.broadcast_to(shift, len(axes)).tolist(), strict=True):
        places = places_of(x, each)
        size = Term(x.b, x.b.size(x.name, each), "int64", (1,))
        x = at(x, joined("Mod", places - by, size), each)
    return x


def _like(x: Term, y: Term) -> Term:
    """Write x in the shape of y."""
    return x.then("Reshape", y.sizes(), shape=y.shape)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """Write x with an edge around it."""
    widths = np.broadcast_to(pad_width, (x.ndim, 2))
    if mode not in ("constant", "edge", "reflect"):
        for axis, width in enumerate(widths):
            if width.any():
                x = at(x, np.pad(np.arange(known_size(x, axis)), width, mode), axis)  # type: ignore[call-overload]
        return x
    sizes = zip(x.shape, widths.sum(axis=1).tolist(), strict=True)
    shape = tuple(None if n is None else n + more for n, more in sizes)
    value = x.b.number(constant_values or 0, x.dtype.name) if mode == "constant" else None
    return x.then("Pad", x.b.constant(widths.T.ravel()), value, mode=mode, shape=shape)


def triangle(upper: int) -> Write:
    """Return what writes matrices with zeros on one side of a diagonal."""

    def write(x: Any, k: int = 0) -> Term:
        rows, columns = (places_of(x, axis) for axis in (-2, -1))
        apart = expand_dims(columns, 0) - expand_dims(rows, 1)
        return where(apart >= k if upper else apart <= k, x, np.zeros((), x.dtype))

    return write


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Term:
    """Write the diagonal of the matrices that lie along two axes."""
    turned = moveaxis(x, (axis1, axis2), (-2, -1))
    n, m = known_size(turned, -2), known_size(turned, -1)
    places = np.diagonal(np.arange(n * m).reshape(n, m), offset)
    rows = turned.then(
        "Reshape",
        turned.b.add("Concat", turned.sizes(0, -2), turned.b.constant([n * m]), axis=0),
        shape=(*turned.shape[:-2], n * m),
    )
    return at(rows, places, -1)


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Term:
    """Write an array of one value and of the shape of another."""
    kind = x.dtype if dtype is None else np.dtype(dtype)
    one = as_term(x.b, fill_value, kind)
    return Term(x.b, x.b.add("Expand", one.name, x.sizes()), kind, x.shape)


def full_of(value: float) -> Write:
    """Return what writes an array of this value."""
    return lambda x, dtype=None: full_like(x, value, dtype)


def same(x: Any, dtype: Any = None, *more: Any, **options: Any) -> Any:
    """Write nothing, or another dtype."""
    return x if dtype is None else x.astype(dtype)


def cast(x: Any, dtype: Any) -> Any:
    """Write x in another dtype."""
    return x.astype(dtype)


TABLE: dict[str, Write] = {
    "append": append, "array": same, "array_split": array_split, "asarray": same, "cast": cast,
    "broadcast_to": broadcast_to, "concatenate": concatenate, "convert_to_tensor": same,
    "copy": same, "diagonal": diagonal, "empty_like": full_of(0), "expand_dims": expand_dims,
    "flip": flip, "full_like": full_like, "hstack": hstack, "moveaxis": moveaxis,
    "ones_like": full_of(1), "pad": pad, "ravel": flat, "repeat": repeat, "reshape": reshape,
    "roll": roll, "split": split, "squeeze": squeeze, "stack": stack,
    "stop_gradient": lambda variable: variable, "swapaxes": swapaxes, "tile": tile,
    "transpose": transpose, "tril": triangle(0),
    "triu": triangle(1), "unstack": unstack, "vstack": vstack, "zeros_like": full_of(0),
}  # fmt: skip
