"""Functions that read at places and depend on the order of the numbers, as nodes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman._settings import EPSILON, floatx
from elman.formats.onnx.writing.operations.elementwise import where
from elman.formats.onnx.writing.operations.reductions import left, total
from elman.formats.onnx.writing.operations.shapes import (
    at,
    expand_dims,
    flat,
    full_like,
    moveaxis,
    sliced,
    squeeze,
    transpose,
)
from elman.formats.onnx.writing.terms import (
    NoNodes,
    Term,
    as_term,
    builder_of,
    common,
    floating,
    written,
)
from elman.ops.reduction import axes_of
from elman.ops.sorting import TopK

Write = Callable[..., Any]
END = 2**31 - 1  # of a slice that has none


def get_item(x: Any, key: Any) -> Any:
    """Write `x[key]`: integers, slices, new axes, and integers of one array."""
    parts = list(key) if isinstance(key, tuple) else [key]
    taken = sum(each is not None and each is not Ellipsis for each in parts)
    if not any(each is Ellipsis for each in parts):
        parts.append(Ellipsis)
    i = next(i for i, each in enumerate(parts) if each is Ellipsis)
    parts[i : i + 1] = [slice(None)] * (x.ndim - taken)
    axis, gone, new, arrays = 0, [], [], 0
    for each in parts:
        if each is None:
            new.append(axis)
            continue
        if isinstance(each, slice):
            x = _slice(x, each, axis)
        elif isinstance(each, (int, np.integer)):
            x = sliced(x, int(each), int(each) + 1 if each != -1 else END, axis)
            gone.append(axis)
        else:
            x, arrays = at(x, _whole(each, x), axis), arrays + 1
            axis += np.ndim(each) - 1
        axis += 1
    if arrays > 1:
        raise NoNodes("an index of several arrays")
    if new and gone:
        raise NoNodes("an index of new axes and of integers")
    if gone:
        return squeeze(x, gone)
    return expand_dims(x, [axis + i for i, axis in enumerate(new)]) if new else x


def _whole(indices: Any, x: Term) -> Any:
    """Return indices, which are integers."""
    if not isinstance(indices, Term):
        indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise NoNodes("an index that is no integer")
    return indices


def _slice(x: Term, part: slice, axis: int) -> Term:
    start, stop, step = part.start, part.stop, 1 if part.step is None else part.step
    if start is None and stop is None and step == 1:
        return x
    ends = (0, END) if step > 0 else (END, -END)
    first, last = (end if n is None else int(n) for n, end in zip((start, stop), ends, strict=True))
    return sliced(x, first, last, axis, step)


def take(x: Any, indices: Any, axis: int | None = None) -> Term:
    """Write what lies at places along an axis; by default among all numbers."""
    if not isinstance(x, Term):
        x = as_term(builder_of(indices), x)
    return at(flat(x), indices, 0) if axis is None else at(x, indices, axis)


def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Term:
    """Write what lies at places along an axis, other places for each row."""
    b = builder_of(x, indices)
    x, places = as_term(b, x), as_term(b, indices, "int64")
    if axis is None:
        x, places, axis = flat(x), flat(places), 0
    return x.then("GatherElements", places, axis=axis % x.ndim, shape=places.shape)


def extreme(op: str) -> Write:
    """Return what writes the place of the largest or smallest."""

    def write(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        if axis is None:
            y = flat(x).then(op, axis=0, keepdims=int(keepdims), dtype="int64", shape=())
            return y.then("Reshape", x.b.constant([1] * x.ndim)) if keepdims else y
        shape = left(x.shape, axes_of(axis, x.ndim), keepdims)
        return x.then(op, axis=axis, keepdims=int(keepdims), dtype="int64", shape=shape)

    return write


def ordered(x: Any, axis: int | None, count: Any = None, largest: int = 0) -> tuple[Term, Term]:
    """Write the numbers along an axis from the smallest or largest on, and their places."""
    if axis is None:
        x, axis = flat(x), 0
    axis %= x.ndim
    k = x.b.size(x.name, axis) if count is None else x.b.constant([count])
    names = x.b.node("TopK", x.name, k, outputs=2, axis=axis, largest=largest)
    shape = (*x.shape[:axis], x.shape[axis] if count is None else count, *x.shape[axis + 1 :])
    return Term(x.b, names[0], x.dtype, shape), Term(x.b, names[1], "int64", shape)


def top_k(x: Any, k: int, sorted: bool = True) -> TopK:
    """Write the k largest along the last axis, and their places."""
    values, places = ordered(x, -1, k, largest=1)
    return TopK(values, places.astype("int32"))


def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """Write 1 at the class that each number names along a new axis, and 0 elsewhere."""
    place = axis % (x.ndim + 1)
    shape = [1] * (x.ndim + 1)
    shape[place] = num_classes
    return (expand_dims(x, place) == np.arange(num_classes).reshape(shape)).astype(
        dtype or floatx()
    )


def multi_hot(inputs: Any, num_classes: int, axis: int = -1, dtype: Any = None, **_: Any) -> Any:
    """Write 1 at every class that is named along the last axis."""
    return written("max", (one_hot(inputs, num_classes, axis, dtype), inputs.ndim - 1), {})


def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Write where values would have to be put in to keep a sequence sorted."""
    each = expand_dims(values, -1)
    before = sorted_sequence < each if side == "left" else sorted_sequence <= each
    return total(before.astype("int64"), -1)


def digitize(x: Any, bins: Any) -> Any:
    """Write the number of the bin that each number is in."""
    edges = np.asarray(bins)
    if (np.diff(edges) < 0).any():
        return total((expand_dims(x, -1) < edges).astype("int64"), -1)
    return searchsorted(edges, x, "right")


def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Write which numbers of x1 are in x2."""
    others = flat(x2) if isinstance(x2, Term) else np.ravel(x2)
    found = total((expand_dims(x1, -1) == others).astype("int64"), -1) > 0
    return ~found if invert else found


def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Term:
    """Write the sums of all up to each number."""
    x = x if dtype is None else x.astype(dtype)
    x, along = (flat(x), 0) if axis is None else (x, axis % x.ndim)
    return x.then("CumSum", x.b.constant(along))


def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """Write each number minus the one before it, n times over."""
    for _ in range(n):
        a = sliced(a, 1, END, axis) - sliced(a, 0, -1, axis)
    return a


def quantile(
    x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Write what a share q of the numbers are not above; how many there are may be open."""
    x, axes = floating(x), axes_of(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    turned = transpose(x, (*kept, *axes))
    sizes = x.b.add("Concat", turned.sizes(0, len(kept)), x.b.constant([-1]), axis=0)
    shape = (*(x.shape[i] for i in kept), None)
    rows, _ = ordered(turned.then("Reshape", sizes, shape=shape), -1)
    count = Term(x.b, x.b.size(rows.name, len(kept)), "int64", (1,)).astype("float64")
    place = (count - 1) * np.ravel(np.asarray(q, "float64"))
    low, high = place.then("Floor"), place.then("Ceil")
    share = {
        "linear": place - low, "lower": low * 0, "higher": low * 0 + 1, "midpoint": low * 0 + 0.5,
        "nearest": place.then("Round") - low,
    }[method].astype(x.dtype)  # fmt: skip
    y = at(rows, low, -1) * (1 - share) + at(rows, high, -1) * share
    y = moveaxis(y, -1, 0)
    y = expand_dims(y, [i + 1 for i in axes]) if keepdims else y
    return y if np.ndim(q) else squeeze(y, 0)


def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Any:
    """Write the products of all up to each number, as a loop."""
    x = x if dtype is None else x.astype(dtype)
    x, along = (flat(x), 0) if axis is None else (x, axis % x.ndim)
    b, turned = x.b, moveaxis(x, along, 0)
    before, now = b.name("product"), b.name("factor")
    with b.inside() as nodes:
        y = b.add("Mul", before, now)
        ends = [b.add("Identity", y), b.add("Identity", y)]
    kind = x.dtype.name
    body = b.graph("products", nodes, [(before, kind), (now, kind)], [(end, kind) for end in ends])
    ones = b.add("Expand", b.number(1, kind), b.add("Shape", turned.name, start=1))
    _, found = b.node("Scan", ones, turned.name, outputs=2, body=body, num_scan_inputs=1)
    return moveaxis(Term(b, found, x.dtype, turned.shape), 0, along)


def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """Write the array with another part from these indices on."""
    b, kind = builder_of(inputs, updates), common(inputs, updates)
    x, part = as_term(b, inputs, kind), as_term(b, updates, kind)
    before = b.constant([int(i) for i in np.ravel(start_indices)])
    behind = b.add("Sub", b.add("Sub", x.sizes(), part.sizes()), before)
    pads = b.add("Concat", before, behind, axis=0)
    whole = part.then("Pad", pads, shape=x.shape)
    there = full_like(part, 1, "int32").then("Pad", pads, shape=x.shape)
    return where(there, whole, x)


def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Write zeros of a shape to which values are added at indices."""
    b = builder_of(indices, values)
    values = as_term(b, values)
    zeros = as_term(b, np.zeros(tuple(shape), values.dtype))
    return scatter_update(zeros, indices, values, "add")


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """Write an array with other numbers at some places."""
    b, kind = builder_of(inputs, indices, updates), common(inputs, updates)
    x, places = as_term(b, inputs, kind), as_term(b, indices, "int64")
    return x.then("ScatterND", places, as_term(b, updates, kind), reduction=reduction or "none")


def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Write of each row whether its target is among the k largest predictions."""
    b = builder_of(targets, predictions)
    places = expand_dims(as_term(b, targets, "int64"), 1)
    of_target = take_along_axis(predictions, places, 1)
    return total((predictions > of_target).astype("int64"), 1) < k


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Write -log(y_t) of each sample."""
    b = builder_of(target, output)
    output, places = as_term(b, output), as_term(b, target, "int64")
    if places.ndim < output.ndim:
        places = expand_dims(places, -1)
    if not from_logits:
        output = written("clip", (output, EPSILON, 1 - EPSILON), {}).then("Log")
    found = take_along_axis(output.then("LogSoftmax", axis=-1), places, -1)
    return squeeze(found.then("Neg"), -1)


def slogdet(x: Any) -> list[Term]:
    """Write the sign and the logarithm of the determinant of matrices."""
    y = det(x)
    return [y.then("Sign"), y.then("Abs").then("Log")]


def det(x: Any) -> Term:
    """Write the determinant of matrices."""
    return floating(x).then("Det", shape=x.shape[:-2])


TABLE: dict[str, Write] = {
    "argmax": extreme("ArgMax"),
    "argmin": extreme("ArgMin"),
    "argsort": lambda x, axis=-1: ordered(x, axis)[1],
    "cumprod": cumprod,
    "cumsum": cumsum,
    "det": det,
    "diff": diff,
    "digitize": digitize,
    "get_item": get_item,
    "in_top_k": in_top_k,
    "isin": isin,
    "logdet": lambda x: det(x).then("Log"),
    "median": lambda x, axis=None, keepdims=False: quantile(x, 0.5, axis, keepdims=keepdims),
    "multi_hot": multi_hot,
    "one_hot": one_hot,
    "quantile": quantile,
    "scatter": scatter,
    "scatter_update": scatter_update,
    "searchsorted": searchsorted,
    "slice_update": slice_update,
    "slogdet": slogdet,
    "sort": lambda x, axis=-1: ordered(x, axis)[0],
    "sparse_categorical_crossentropy": sparse_categorical_crossentropy,
    "take": take,
    "take_along_axis": take_along_axis,
    "top_k": top_k,
}
