"""`Dense`, and layers that are activations, as nodes."""

from typing import Any

from elman import layers
from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import mask_of, term
from elman.formats.onnx.writing.functions import activate
from elman.formats.onnx.writing.operations.elementwise import clip, where
from elman.formats.onnx.writing.operations.reductions import along_one
from elman.formats.onnx.writing.terms import Term
from elman.layers.softmax import FAR


def activation(b: Builder, layer: layers.Activation, x: Value) -> str:
    """Write `Activation`."""
    return activate(b, layer.owner, layer.activation, x.name, x.dtype, x.shape)


def softmax(b: Builder, layer: Any, x: Value) -> str:
    """Write `Softmax`; a mask is of the numbers, and repeated to them as NumPy repeats."""
    given, mask = term(b, x), mask_of(b, x)
    if mask is not None:
        given = where(mask, given, FAR)
    y = along_one("softmax")(given, layer.axis)
    return str((y if mask is None else where(mask, y, 0.0)).name)


def relu(b: Builder, layer: Any, x: Value) -> str:
    """Write x above a threshold t, up to a largest value, and a fraction of x - t below."""
    given, t = term(b, x), layer.threshold
    y: Term = where(given > t, given, 0.0) if t else given.then("Relu")
    y = clip(y, None, layer.max_value)
    if layer.negative_slope:
        y = y - (t - given).then("Relu") * layer.negative_slope
    return y.name


def prelu(b: Builder, layer: Any, x: Value) -> str:
    """Write `PReLU`."""
    return b.add("PRelu", x.name, b.array(layer.alpha.array, f"{layer.name}_alpha"))


def elu(b: Builder, layer: layers.ELU, x: Value) -> str:
    """Write `ELU`."""
    return b.add("Elu", x.name, alpha=layer.alpha)


def leaky_relu(b: Builder, layer: layers.LeakyReLU, x: Value) -> str:
    """Write `LeakyReLU`."""
    return b.add("LeakyRelu", x.name, alpha=layer.negative_slope)


def dense(b: Builder, layer: layers.Dense, x: Value) -> str:
    """Write a product, a bias and an activation."""
    kernel = b.array(layer.kernel.array, f"{layer.name}_kernel")
    a = b.add("MatMul", x.name, kernel)
    if layer.bias is not None:
        a = b.add("Add", a, b.array(layer.bias.array, f"{layer.name}_bias"))
    shape = (*x.shape[:-1], layer.units)
    return activate(b, layer.owner, layer.activation, a, x.dtype, shape)
