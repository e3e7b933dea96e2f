"""Nodes that are convolutions and pooling over time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import layers
from elman.formats.onnx.as_layers.names import layer_of
from elman.formats.onnx.as_layers.values import Tensor, refuse, single
from elman.formats.onnx.file import Node
from elman.layers import windows

Values = list[Any]


def _sequence(node: Node, value: Any) -> Tensor:
    """Return a value that is sequences, as convolutions read them."""
    x = single(node, value)
    if x.axes != "BFT":
        raise refuse(node, f"works along another axis than the last of {x.axes}")
    return x


def _weights(node: Node, values: Values) -> list[Any]:
    """Return kernel and bias, which are in the file."""
    found = [each for each in values[1:] if each is not None]
    if not all(isinstance(each, np.ndarray) for each in found):
        raise refuse(node, "has weights that are not in the file")
    return found


def _one(node: Node, name: str, default: int) -> int:
    (number,) = node.attributes.get(name) or (default,)
    return int(number)


def _padding(node: Node, x: Tensor, size: int) -> tuple[str, tuple[int, int]]:
    """Return a layer's padding, and what else is to stand around x."""
    stride, dilation = _one(node, "strides", 1), _one(node, "dilations", 1)
    how = node.attributes.get("auto_pad", "NOTSET")
    if how in ("VALID", "SAME_UPPER"):
        return ("valid" if how == "VALID" else "same"), (0, 0)
    before, after = pads = tuple(node.attributes.get("pads") or (0, 0))
    if how != "NOTSET":
        raise refuse(node, f"has auto_pad={how!r}")
    span, T = (size - 1) * dilation, x.one.shape[1]
    if not any(pads):
        return "valid", (0, 0)
    same = (span // 2, span - span // 2) if stride == 1 else None
    if T is not None:
        found = windows.over(T, size, stride, dilation, "same")
        same = found.left, found.right
    return ("same", (0, 0)) if pads == same else ("valid", (before, after))


def convolution(node: Node, values: Values) -> Any:
    """Return `Conv1D`, after `ZeroPadding1D` where it pads as no layer does."""
    x, (kernel, *bias) = _sequence(node, values[0]), _weights(node, values)
    size, span = kernel.shape[2], (kernel.shape[2] - 1) * _one(node, "dilations", 1)
    padding, around = _padding(node, x, size)
    if around == (span, 0) and span:
        padding, around = "causal", (0, 0)
    y, dtype = x.one, x.one.dtype
    if any(around):
        y = layers.ZeroPadding1D(around, dtype=dtype)(y)
    layer = layers.Conv1D(
        len(kernel), size, _one(node, "strides", 1), padding,
        dilation_rate=_one(node, "dilations", 1), groups=node.attributes.get("group", 1),
        use_bias=bool(bias), dtype=dtype,
    )  # fmt: skip
    y = layer(y)
    layer.set_weights([kernel.transpose(2, 1, 0), *bias])
    return x._replace(parts=(y,), linear=layer_of(node))


def transposed(node: Node, values: Values) -> Any:
    """Return `Conv1DTranspose`, and `Cropping1D` where there is padding."""
    x, (kernel, *bias) = _sequence(node, values[0]), _weights(node, values)
    told = node.attributes
    if told.get("group", 1) != 1 or told.get("output_shape"):
        raise refuse(node, "has groups, or a length that is told")
    if told.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise refuse(node, f"has auto_pad={told['auto_pad']!r}")
    layer = layers.Conv1DTranspose(
        kernel.shape[1], kernel.shape[2], _one(node, "strides", 1), "valid",
        output_padding=_one(node, "output_padding", 0),
        dilation_rate=_one(node, "dilations", 1), use_bias=bool(bias), dtype=kernel.dtype.name,
    )  # fmt: skip
    y = layer(x.one)
    layer.set_weights([kernel.transpose(2, 1, 0), *bias])
    pads = tuple(told.get("pads") or (0, 0))
    if any(pads):
        y = layers.Cropping1D(pads, dtype=x.one.dtype)(y)
    return x._replace(parts=(y,), linear=layer_of(node))


def pooling(node: Node, values: Values) -> Any:
    """Return `MaxPooling1D` or `AveragePooling1D`."""
    x, told = _sequence(node, values[0]), node.attributes
    (size,) = told["kernel_shape"]
    padding, around = _padding(node, x, size)
    counted = told.get("count_include_pad", 0) and padding != "valid"
    if any(around) or counted or _one(node, "dilations", 1) != 1 or told.get("ceil_mode", 0):
        raise refuse(node, "has windows that no layer has")
    kind = layers.MaxPooling1D if node.op == "MaxPool" else layers.AveragePooling1D
    y = kind(size, _one(node, "strides", 1), padding, dtype=x.one.dtype)(x.one)
    return x._replace(parts=(y,))


def whole(node: Node, values: Values) -> Any:
    """Return `GlobalMaxPooling1D` or `GlobalAveragePooling1D`."""
    x = _sequence(node, values[0])
    top = node.op == "GlobalMaxPool"
    kind = layers.GlobalMaxPooling1D if top else layers.GlobalAveragePooling1D
    return x._replace(parts=(kind(keepdims=True, dtype=x.one.dtype)(x.one),))


TABLE: dict[str, Callable[[Node, Values], Any]] = {
    "AveragePool": pooling,
    "Conv": convolution,
    "ConvTranspose": transposed,
    "GlobalAveragePool": whole,
    "GlobalMaxPool": whole,
    "MaxPool": pooling,
}
