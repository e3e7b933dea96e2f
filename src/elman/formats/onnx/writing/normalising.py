"""Layers that normalise and scale, as nodes."""

from typing import Any

import numpy as np

from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import term
from elman.formats.onnx.writing.operations.elementwise import clip, where
from elman.formats.onnx.writing.operations.reductions import mean, total
from elman.formats.onnx.writing.operations.shapes import swapaxes
from elman.formats.onnx.writing.terms import Term, as_term
from elman.layers import axes as along_axes
from elman.layers.unit_normalization import EPSILON


def layer_normalization(b: Builder, layer: Any, x: Value) -> str:
    """Write `LayerNormalization`: as ONNX's own over the last axes, else by its parts."""
    along = along_axes.of(layer.owner, layer.axis, x.shape)
    if layer.rms_scaling or along != tuple(range(along[0], len(x.shape))):
        return _by_parts(b, layer, x, along)
    sizes = tuple(int(x.shape[axis] or 0) for axis in along)
    gamma = np.ones(sizes, x.dtype) if layer.gamma is None else layer.gamma.array
    beta = None if layer.beta is None else b.array(layer.beta.array, f"{layer.name}_beta")
    return b.add(
        "LayerNormalization", x.name, b.array(gamma, f"{layer.name}_gamma"), beta,
        axis=along[0] - len(x.shape), epsilon=layer.epsilon,
    )  # fmt: skip


def _by_parts(b: Builder, layer: Any, x: Value, along: tuple[int, ...]) -> str:
    """Write (x - m) / s over any axes, or x / s."""
    given = term(b, x)
    d = given - mean(given, along, True)
    s = (mean(d * d, along, True) + layer.epsilon).then("Sqrt")
    y = (given if layer.rms_scaling else d) / s
    sizes = [n if axis in along else 1 for axis, n in enumerate(x.shape)]
    if layer.gamma is not None:
        y = y * layer.gamma.array.reshape(sizes)
    found: Term = y if layer.beta is None else y + layer.beta.array.reshape(sizes)
    return found.name


def batch_normalization(b: Builder, layer: Any, x: Value) -> str:
    """Write `BatchNormalization` by what it has learnt, along ONNX's axis 1."""
    (axis,) = along_axes.of(layer.owner, layer.axis, x.shape)
    given = swapaxes(term(b, x), 1, axis) if axis > 1 else term(b, x)
    size, dtype = int(x.shape[axis] or 0), np.dtype(x.dtype)
    gamma = np.ones(size, dtype) if layer.gamma is None else layer.gamma.array
    beta = np.zeros(size, dtype) if layer.beta is None else layer.beta.array
    weights = {
        "gamma": gamma, "beta": beta, "mean": layer.moving_mean.array,
        "variance": layer.moving_variance.array,
    }  # fmt: skip
    names = [b.array(array, f"{layer.name}_{name}") for name, array in weights.items()]
    y = given.then("BatchNormalization", *names, epsilon=layer.epsilon)
    return (swapaxes(y, 1, axis) if axis > 1 else y).name


def rms_normalization(b: Builder, layer: Any, x: Value) -> str:
    """Write `RMSNormalization`, whose axes are the last ones."""
    given, along = term(b, x), along_axes.of(layer.owner, layer.axis, x.shape)
    root = (mean(given * given, along, True) + layer.epsilon).then("Sqrt")
    scale = b.array(layer.scale.array, f"{layer.name}_scale")
    return b.add("Mul", (given / root).name, scale)


def unit(x: Term, axes: Any, epsilon: float) -> Term:
    """Write x / |x| along axes; a length below epsilon counts as that."""
    s = total(x * x, axes, True)
    there = s > 0  # 1 / sqrt(0) would be no number times 0
    r = where(there, 1 / where(there, s, 1.0).then("Sqrt"), 1 / epsilon)
    found: Term = x * clip(r, None, 1 / epsilon)
    return found


def unit_normalization(b: Builder, layer: Any, x: Value) -> str:
    """Write `UnitNormalization`."""
    return unit(term(b, x), layer.axis, EPSILON).name


def normalization(b: Builder, layer: Any, x: Value) -> str:
    """Write `Normalization`."""
    mean_ = b.array(np.asarray(layer.mean, x.dtype), f"{layer.name}_mean")
    variance = b.array(np.asarray(layer.variance, x.dtype), f"{layer.name}_variance")
    d = b.add("Max", b.add("Sqrt", variance), b.number(1e-7, x.dtype))
    if layer.invert:
        return b.add("Add", b.add("Mul", x.name, d), mean_)
    return b.add("Div", b.add("Sub", x.name, mean_), d)


def rescaling(b: Builder, layer: Any, x: Value) -> str:
    """Write `Rescaling`."""
    scale, offset = (np.asarray(each, x.dtype) for each in (layer.scale, layer.offset))
    y = as_term(b, term(b, x)) * scale + offset
    return str(y.name)
