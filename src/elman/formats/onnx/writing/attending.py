"""Attention and AdditiveAttention as nodes; the maths is in `elman.layers.attention`."""

from collections.abc import Mapping, Sequence
from typing import Any

from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import mask_of, spread, term
from elman.formats.onnx.writing.operations.elementwise import where
from elman.formats.onnx.writing.operations.products import matmul
from elman.formats.onnx.writing.operations.reductions import total
from elman.formats.onnx.writing.operations.shapes import places_of, swapaxes
from elman.formats.onnx.writing.terms import Term
from elman.layers import Attention
from elman.layers.attention import CAUSAL, FAR, SCORES


def attention(
    b: Builder, layer: Attention, inputs: Sequence[Value], shapes: Sequence[Any],
    options: Mapping[str, Any],
) -> list[Value]:  # fmt: skip
    """Write the means of the values, and the weights if they are wanted."""
    q, v = (term(b, x) for x in inputs[:2])
    query_mask, value_mask = (mask_of(b, x) for x in inputs[:2])
    S = _scores(layer, q, term(b, inputs[-1]))
    keep = None if value_mask is None else value_mask[..., None, :]
    if options.get(CAUSAL):
        before = places_of(v, -2)[None, :] <= places_of(q, -2)[:, None]  # j <= i
        keep = before if keep is None else keep & before
    if keep is not None:
        S = where(keep, S, S - FAR)
    P = S.then("Softmax", axis=-1)
    y = matmul(P, v)
    if query_mask is not None:
        y = where(spread(query_mask, y.ndim), y, 0.0)
    names = [y.name, P.name] if options.get(SCORES) else [y.name]
    mask, rank = inputs[0].mask, inputs[0].mask_rank
    return [
        Value(name, shape, inputs[0].dtype, mask if i == 0 else None, rank)
        for i, (name, shape) in enumerate(zip(names, shapes, strict=True))
    ]


def _scores(layer: Attention, q: Term, k: Term) -> Term:
    """Write how well each query fits each key; see `elman.layers.attention_scores`."""
    weight = layer.concat_score_weight
    c = None if layer.scale is None else layer.scale.array
    if type(layer) is Attention and weight is None:
        S: Term = matmul(q, swapaxes(k, -1, -2))
        return S if c is None else S * c
    h = q[..., :, None, :] + k[..., None, :, :]  # (…, Tq, Tv, D)
    if type(layer) is Attention and c is not None:
        h = h * c
    h = h.then("Tanh")
    if type(layer) is Attention and weight is not None:
        return total(h, -1) * weight.array
    return total(h if c is None else h * c, -1)
