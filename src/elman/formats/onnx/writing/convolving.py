"""Convolutions and pooling over timesteps, as nodes.

ONNX's are over (batch, features, timesteps). What padding="same" adds to sequences of open length
is computed in the file, from their length.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import layers
from elman._typing import Array
from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import term
from elman.formats.onnx.writing.functions import activate
from elman.formats.onnx.writing.operations.elementwise import clip
from elman.formats.onnx.writing.operations.shapes import concatenate, swapaxes
from elman.formats.onnx.writing.terms import Term, as_term
from elman.layers import windows


class Padded(NamedTuple):
    """An input, and the padding that the node is to add, (before, behind)."""

    x: Term
    pads: tuple[int, int]


def padded(x: Term, size: int, stride: int, dilation: int, padding: str, fill: float) -> Padded:
    """Return x (batch, features, timesteps) as the windows of a layer want it."""
    T, span = x.shape[2], (size - 1) * dilation
    if T is not None:
        found = windows.over(T, size, stride, dilation, padding)
        return Padded(x, (found.left, found.right))
    if padding == "valid":
        return Padded(x, (0, 0))
    if padding == "causal":
        return Padded(x, (span, 0))
    if stride == 1:
        return Padded(x, (span // 2, span - span // 2))
    steps = Term(x.b, x.b.size(x.name, 2), "int64", (1,))
    number = (steps - 1) // stride + 1
    missing = clip((number - 1) * stride + span + 1 - steps, 0)
    left = missing // 2
    around = concatenate([np.array([0, 0], "int64"), left, np.array([0, 0], "int64"),
                          missing - left])  # fmt: skip
    edge = x.b.number(fill, x.dtype.name)
    return Padded(x.then("Pad", around, edge, shape=(*x.shape[:2], None)), (0, 0))


def _ways(layer: Any) -> dict[str, Any]:
    return {"strides": list(layer.strides), "dilations": list(layer.dilation_rate)}


def _convolved(
    b: Builder, layer: Any, x: Value, kernel: Array, group: int, bias: str | None
) -> Term:
    """Write a convolution, (batch, windows, filters)."""
    turned = swapaxes(term(b, x), 1, 2)
    size, padding = layer.kernel_size[0], layer.padding
    stride, dilation = layer.strides[0], layer.dilation_rate[0]
    given, pads = padded(turned, size, stride, dilation, padding, 0.0)
    W = b.array(np.ascontiguousarray(kernel), f"{layer.name}_kernel")
    y = given.then("Conv", W, bias, group=group, kernel_shape=[size], pads=pads, **_ways(layer))
    return swapaxes(y, 1, 2)


def _bias(b: Builder, layer: Any) -> str | None:
    """Write the bias; None if there is none."""
    return None if layer.bias is None else b.array(layer.bias.array, f"{layer.name}_bias")


def _activated(b: Builder, layer: Any, a: Term) -> str:
    """Write the activation."""
    return activate(b, layer.owner, layer.activation, a.name, a.dtype.name, a.shape)


def conv(b: Builder, layer: layers.Conv1D, x: Value) -> str:
    """Write `Conv1D`, whose kernel is (size, features / groups, filters)."""
    kernel = layer.kernel.array.transpose(2, 1, 0)
    a = _convolved(b, layer, x, kernel, layer.groups, _bias(b, layer))
    return _activated(b, layer, a)


def depthwise(b: Builder, layer: layers.DepthwiseConv1D, x: Value) -> str:
    """Write `DepthwiseConv1D`: a group for each feature."""
    a = _each(b, layer, x, layer.kernel.array, _bias(b, layer))
    return _activated(b, layer, a)


def _each(b: Builder, layer: Any, x: Value, kernel: Array, bias: str | None) -> Term:
    """Write the kernels (size, features, multiplier) of each feature by itself."""
    size, features, multiplier = kernel.shape
    alone = kernel.transpose(1, 2, 0).reshape(features * multiplier, 1, size)
    return _convolved(b, layer, x, alone, features, bias)


def separable(b: Builder, layer: layers.SeparableConv1D, x: Value) -> str:
    """Write `SeparableConv1D`: each feature by itself, then a product at each place."""
    h = _each(b, layer, x, layer.depthwise_kernel.array, None)
    pointwise = b.array(layer.pointwise_kernel.array[0], f"{layer.name}_pointwise_kernel")
    a = h.then("MatMul", pointwise)
    bias = _bias(b, layer)
    return _activated(b, layer, a if bias is None else a.then("Add", bias))


def transposed(b: Builder, layer: layers.Conv1DTranspose, x: Value) -> str:
    """Write `Conv1DTranspose`, whose kernel is (size, filters, features).

    How much longer or shorter the output is than the windows reach does not depend on their number.
    """
    (stride,), reach = layer.strides, (layer.kernel_size[0] - 1) * layer.dilation_rate[0] + 1
    ((_, steps, _),) = layer.output_shapes([(1, 2, x.shape[2])])
    more = int(steps or 0) - (stride + reach)  # than two windows reach
    left = max(0, -more) // 2
    W = b.array(np.ascontiguousarray(layer.kernel.array.transpose(2, 1, 0)), f"{layer.name}_kernel")
    y = swapaxes(term(b, x), 1, 2).then(
        "ConvTranspose", W, _bias(b, layer), kernel_shape=layer.kernel_size,
        output_padding=[max(0, more)], pads=[left, max(0, -more) - left], **_ways(layer),
    )  # fmt: skip
    return _activated(b, layer, swapaxes(y, 1, 2))


# ---------------------------------------------------------------------- pooling


def largest(b: Builder, layer: layers.MaxPooling1D, x: Value) -> str:
    """Write `MaxPooling1D`."""
    given, pads = _around(layer, swapaxes(term(b, x), 1, 2), float(np.finfo(x.dtype).min))
    return _pooled("MaxPool", layer, given, pads)


def average(b: Builder, layer: layers.AveragePooling1D, x: Value) -> str:
    """Write `AveragePooling1D`; padding is not counted."""
    turned = swapaxes(term(b, x), 1, 2)
    given, pads = _around(layer, turned, 0.0)
    mean = _pooled("AveragePool", layer, given, pads)
    if given is turned:
        return mean
    one = as_term(b, np.ones((1, 1, 1), x.dtype))  # the share of x in each window
    sizes = b.add("Concat", b.constant([1, 1]), b.size(turned.name, 2), axis=0)
    ones, _ = _around(layer, one.then("Expand", sizes, shape=(1, 1, None)), 0.0)
    return b.add("Div", mean, _pooled("AveragePool", layer, ones, pads))


def _around(layer: Any, x: Term, fill: float) -> Padded:
    return padded(x, layer.pool_size[0], layer.strides[0], 1, layer.padding, fill)


def _pooled(op: str, layer: Any, x: Term, pads: tuple[int, int]) -> str:
    """Write the pooling of x (batch, features, timesteps), (batch, windows, features)."""
    y = x.then(op, kernel_shape=layer.pool_size, strides=layer.strides, pads=pads)
    return swapaxes(y, 1, 2).name


def whole(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write the largest or the mean over all timesteps, the mean of those that count."""
    (x,), keep = inputs, int(layer.keepdims)
    if isinstance(layer, layers.GlobalMaxPooling1D):
        y = b.add("ReduceMax", x.name, axes=[1], keepdims=keep)
    elif x.mask is None:
        y = b.add("ReduceMean", x.name, axes=[1], keepdims=keep)
    else:
        kept = b.unsqueeze(x.mask, -1)
        here = b.add("Where", kept, x.name, b.number(0, x.dtype))
        total = b.add("ReduceSum", here, b.constant([1]), keepdims=keep)
        count = b.add("ReduceSum", b.cast(kept, x.dtype), b.constant([1]), keepdims=keep)
        y = b.add("Div", total, count)
    return [Value(y, shapes[0], x.dtype, None)]
