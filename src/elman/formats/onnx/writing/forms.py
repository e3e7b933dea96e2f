"""What a function is that writes a layer, and the form that most of them have."""

from collections.abc import Callable, Sequence
from typing import Any

from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.terms import Term

Emit = Callable[[Builder, Any, Sequence[Value], Sequence[Any]], list[Value]]


def one(write: Callable[[Builder, Any, Value], str]) -> Emit:
    """Return what writes a layer of one input and one output, which passes the mask on."""

    def emit(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
        (x,) = inputs
        mask = x.mask if layer.supports_masking else None
        return [Value(write(b, layer, x), shapes[0], x.dtype, mask, x.mask_rank)]

    return emit


def same(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write nothing: in inference the layer does nothing."""
    return list(inputs)


def term(b: Builder, x: Value) -> Term:
    """Return a value as what can be computed with."""
    return Term(b, x.name, x.dtype, x.shape)


def mask_of(b: Builder, x: Value) -> Term | None:
    """Return the mask of a value, None if it has none."""
    return None if x.mask is None else Term(b, x.mask, bool, x.shape[: x.mask_rank])


def spread(mask: Term | None, rank: int) -> Term | None:
    """Write a mask with axes of size 1 behind, so that it has so many."""
    while mask is not None and mask.ndim < rank:
        mask = mask[..., None]
    return mask
