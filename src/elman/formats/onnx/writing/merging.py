"""Layers that make one array of several, as nodes."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from elman._settings import EPSILON
from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import Emit, mask_of, spread, term
from elman.formats.onnx.writing.normalising import unit
from elman.formats.onnx.writing.operations.elementwise import where
from elman.formats.onnx.writing.operations.products import matmul
from elman.formats.onnx.writing.operations.shapes import concatenate, moveaxis
from elman.formats.onnx.writing.terms import Term, written

Masks = Sequence[Term | None]


def either(masks: Masks) -> Term | None:
    """Write where any of the masks counts; none if one input has none."""
    known = [mask for mask in masks if mask is not None]
    return reduce(lambda a, b: a | b, known) if len(known) == len(masks) else None


def _aligned(x: Term, rank: int) -> Term:
    """Write x with axes of size 1 after the batch, so that it has so many."""
    while x.ndim < rank:
        x = x[:, None]
    return x


def number_by_number(name: str) -> Emit:
    """Return what writes a layer that merges arrays of one shape, or repeated to one."""

    def emit(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
        rank = max(len(x.shape) for x in inputs)
        xs = [_aligned(term(b, x), rank) for x in inputs]
        masks = [mask_of(b, x) for x in inputs]
        over = [spread(mask, rank) if len(x.shape) == rank else None
                for mask, x in zip(masks, inputs, strict=True)]  # fmt: skip
        if name == "multiply":
            y = _product(xs, over)
        elif name in ("maximum", "minimum"):
            y = _winner(name, xs, over)
        elif name == "mean":
            y = reduce(lambda a, c: a + c, xs) / len(xs)
        else:
            y = reduce(lambda a, c: written(name, (a, c), {}), xs)
        return [_masked(y.name, shapes[0], inputs, either(masks))]

    return emit


def _masked(name: str, shape: Any, inputs: Sequence[Value], mask: Term | None) -> Value:
    known = None if mask is None else mask.name
    rank = 2 if mask is None else mask.ndim
    return Value(name, shape, inputs[0].dtype, known, rank)


def _product(xs: list[Term], masks: Masks) -> Term:
    """Write the product of what counts, and 0 where all have masks and none counts."""
    pairs = zip(xs, masks, strict=True)
    y = reduce(lambda a, b: a * b, [x if m is None else where(m, x, 1.0) for x, m in pairs])
    counts = either(masks)
    return y if counts is None else where(counts, y, 0.0)


def _winner(name: str, xs: list[Term], masks: Masks) -> Term:
    """Write the largest or smallest of what counts."""
    y, counts = xs[0], masks[0]
    for x, mask in zip(xs[1:], masks[1:], strict=True):
        best = written(name, (y, x), {})
        if counts is not None:
            best = where(counts, best, x)
        y = best if mask is None else where(mask, best, y)
        counts = None if counts is None or mask is None else counts | mask
    return y


def joined(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write `Concatenate`: a step counts if any input counts it, or has no mask."""
    rank = len(inputs[0].shape)
    axis, masks = layer.axis % rank, [mask_of(b, x) for x in inputs]
    y = b.add("Concat", *(x.name for x in inputs), axis=axis)
    mask: Term | None = None
    if axis == rank - 1:
        mask = either([spread(each, rank - 1) for each in masks])
    elif any(each is not None for each in masks):
        pairs = zip(masks, inputs, strict=True)
        mask = concatenate([_everywhere(b, each, x) for each, x in pairs], axis)
    return [_masked(y, shapes[0], inputs, mask)]


def _everywhere(b: Builder, mask: Term | None, x: Value) -> Term:
    """Write a mask of all steps that an input has; True where it has none."""
    rank = len(x.shape) - 1
    name = b.constant(True, "bool") if mask is None else getattr(spread(mask, rank), "name", "")
    sizes = term(b, x).sizes(0, -1)
    return Term(b, b.add("Expand", name, sizes), bool, x.shape[:-1])


def dot(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write `Dot`: one product of matrices (batch, P, N) and (batch, N, Q)."""
    x, y = (term(b, each) for each in inputs)
    pair = layer.axes if isinstance(layer.axes, tuple) else (layer.axes, layer.axes)
    i, j = pair[0] % x.ndim, pair[1] % y.ndim
    if layer.normalize:
        x, y = unit(x, i, EPSILON), unit(y, j, EPSILON)
    a, c = moveaxis(x, i, -1), moveaxis(y, j, 1)
    sizes = [a.sizes(0, -1), c.sizes(2)]  # the batch and P, and Q, as they are in the end
    if a.ndim != 3:
        shape = b.add("Concat", a.sizes(0, 1), b.constant([-1]), a.sizes(-1), axis=0)
        a = a.then("Reshape", shape, shape=(None, None, a.shape[-1]))
    if c.ndim != 3:
        shape = b.add("Concat", c.sizes(0, 2), b.constant([-1]), axis=0)
        c = c.then("Reshape", shape, shape=(None, c.shape[1], None))
    if x.ndim == y.ndim == 2:
        sizes[1] = b.constant([1])
    product = matmul(a, c).then("Reshape", b.add("Concat", *sizes, axis=0), shape=shapes[0])
    return [Value(product.name, shapes[0], inputs[0].dtype)]
