"""Layers as nodes of ONNX: what writes each class."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import layers
from elman.formats.onnx.writing import recurrent
from elman.formats.onnx.writing.builder import Builder, Value, refuse
from elman.formats.onnx.writing.functions import activate
from elman.layers import axes as along_axes

Emit = Callable[[Builder, Any, Sequence[Value], Sequence[Any]], list[Value]]


def _one(write: Callable[[Builder, Any, Value], str]) -> Emit:
    """Return what writes a layer of one input and one output, which passes the mask on."""

    def emit(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
        (x,) = inputs
        mask = x.mask if layer.supports_masking else None
        return [Value(write(b, layer, x), shapes[0], x.dtype, mask)]

    return emit


def _same(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write nothing: in inference the layer does nothing."""
    return list(inputs)


def _dense(b: Builder, layer: layers.Dense, x: Value) -> str:
    kernel = b.array(layer.kernel.array, f"{layer.name}_kernel")
    a = b.add("MatMul", x.name, kernel, hint=layer.name)
    if layer.bias is not None:
        a = b.add("Add", a, b.array(layer.bias.array, f"{layer.name}_bias"), hint=layer.name)
    return activate(b, layer.owner, layer.activation, a, x.dtype)


def _activation(b: Builder, layer: layers.Activation, x: Value) -> str:
    return activate(b, layer.owner, layer.activation, x.name, x.dtype)


def _embedding(
    b: Builder, layer: layers.Embedding, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    (x,) = inputs
    indices = x.name if x.dtype in ("int32", "int64") else b.cast(x.name, "int64")
    table = layer.embeddings.array
    y = b.add("Gather", b.array(table, f"{layer.name}_embeddings"), indices, hint=layer.name)
    mask = x.mask
    if layer.mask_zero and not b.step:
        kind = x.dtype if x.dtype in ("int32", "int64") else "int64"
        own = b.add("Not", b.add("Equal", indices, b.constant(0, kind)))
        mask = own if mask is None else b.add("And", own, mask)
    return [Value(y, shapes[0], table.dtype.name, mask)]


def _masking(
    b: Builder, layer: layers.Masking, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    (x,) = inputs
    value = b.number(layer.mask_value, x.dtype)
    other = b.cast(b.add("Not", b.add("Equal", x.name, value)), "int32")
    mask = b.cast(b.add("ReduceMax", other, axes=[-1], keepdims=0), "bool")
    y = b.add("Where", b.unsqueeze(mask, -1), x.name, b.number(0, x.dtype))
    return [Value(y, shapes[0], x.dtype, mask)]


# ---------------------------------------------------------------------- normalisation


def _layer_normalization(b: Builder, layer: Any, x: Value) -> str:
    along = along_axes.of(layer.owner, layer.axis, x.shape)
    if layer.rms_scaling or along != tuple(range(along[0], len(x.shape))):
        raise refuse(layer.owner, "normalises in a way that ONNX has not")
    sizes = tuple(int(x.shape[axis] or 0) for axis in along)
    gamma = np.ones(sizes, x.dtype) if layer.gamma is None else layer.gamma.array
    beta = None if layer.beta is None else b.array(layer.beta.array, f"{layer.name}_beta")
    return b.add(
        "LayerNormalization", x.name, b.array(gamma, f"{layer.name}_gamma"), beta,
        axis=along[0] - len(x.shape), epsilon=layer.epsilon, hint=layer.name,
    )  # fmt: skip


def _batch_normalization(b: Builder, layer: Any, x: Value) -> str:
    (axis,) = along_axes.of(layer.owner, layer.axis, x.shape)
    shape = [-1] + [1] * (len(x.shape) - 1 - axis)

    def placed(weight: Any, name: str) -> str:
        return b.array(weight.array.reshape(shape), f"{layer.name}_{name}")

    mean, variance = placed(layer.moving_mean, "mean"), placed(layer.moving_variance, "variance")
    deviation = b.add("Sqrt", b.add("Add", variance, b.number(layer.epsilon, x.dtype)))
    y = b.add("Div", b.add("Sub", x.name, mean), deviation)
    if layer.gamma is not None:
        y = b.add("Mul", y, placed(layer.gamma, "gamma"))
    return y if layer.beta is None else b.add("Add", y, placed(layer.beta, "beta"))


def _rms_normalization(b: Builder, layer: Any, x: Value) -> str:
    along = list(along_axes.of(layer.owner, layer.axis, x.shape))
    square = b.add("ReduceMean", b.add("Mul", x.name, x.name), axes=along, keepdims=1)
    root = b.add("Sqrt", b.add("Add", square, b.number(layer.epsilon, x.dtype)))
    shape = [-1 if n is None else n for n in x.shape]
    sizes = [shape[a] if a in along else 1 for a in range(along[0], len(shape))]
    scale = b.array(layer.scale.array.reshape(sizes), f"{layer.name}_scale")
    return b.add("Mul", b.add("Div", x.name, root), scale)


def _unit_normalization(b: Builder, layer: Any, x: Value) -> str:
    along = [axis % len(x.shape) for axis in np.atleast_1d(layer.axis).tolist()]
    length = b.add("ReduceL2", x.name, axes=along, keepdims=1)
    return b.add("Div", x.name, b.add("Max", length, b.number(1e-6, x.dtype)))


def _normalization(b: Builder, layer: Any, x: Value) -> str:
    mean = b.array(np.asarray(layer.mean, x.dtype), f"{layer.name}_mean")
    variance = b.array(np.asarray(layer.variance, x.dtype), f"{layer.name}_variance")
    d = b.add("Max", b.add("Sqrt", variance), b.number(1e-7, x.dtype))
    if layer.invert:
        return b.add("Add", b.add("Mul", x.name, d), mean)
    return b.add("Div", b.add("Sub", x.name, mean), d)


def _rescaling(b: Builder, layer: Any, x: Value) -> str:
    scale, offset = (np.asarray(each, x.dtype) for each in (layer.scale, layer.offset))
    y = b.add("Mul", x.name, b.array(scale, f"{layer.name}_scale"))
    return b.add("Add", y, b.array(offset, f"{layer.name}_offset"))


# ---------------------------------------------------------------------- activations


def _softmax(b: Builder, layer: Any, x: Value) -> str:
    found = np.atleast_1d(layer.axis).tolist()
    if len(found) != 1 or x.mask is not None:
        raise refuse(layer.owner, "takes several axes together, or a mask")
    return b.add("Softmax", x.name, axis=found[0])


def _relu(b: Builder, layer: Any, x: Value) -> str:
    if layer.threshold:
        raise refuse(layer.owner, f"has threshold={layer.threshold}")
    y = b.add("Relu", x.name)
    if layer.max_value is not None:
        y = b.add("Min", y, b.number(layer.max_value, x.dtype))
    if layer.negative_slope:
        below = b.add("Relu", b.add("Neg", x.name))
        y = b.add("Sub", y, b.add("Mul", below, b.number(layer.negative_slope, x.dtype)))
    return y


def _prelu(b: Builder, layer: Any, x: Value) -> str:
    return b.add("PRelu", x.name, b.array(layer.alpha.array, f"{layer.name}_alpha"))


# ---------------------------------------------------------------------- merging


def _merge(op: str) -> Emit:
    """Return what writes a layer that merges arrays number by number."""

    def emit(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
        masks = [x.mask for x in inputs]
        if len({len(x.shape) for x in inputs}) > 1:
            raise refuse(layer.owner, "puts axes into some of its inputs")
        if any(masks) and op not in ("Add", "Sub", "Mean"):
            raise refuse(layer.owner, "heeds masks")
        if op in ("Sub", "Max", "Min", "Mean"):
            y = b.add(op, *(x.name for x in inputs), hint=layer.name)
        else:
            y = inputs[0].name
            for x in inputs[1:]:
                y = b.add(op, y, x.name, hint=layer.name)
        mask = masks[0]
        for other in masks[1:]:
            mask = None if mask is None or other is None else b.add("Or", mask, other)
        return [Value(y, shapes[0], inputs[0].dtype, mask)]

    return emit


def _concatenate(
    b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    rank = len(inputs[0].shape)
    masks = [x.mask for x in inputs]
    last = layer.axis % rank == rank - 1
    if any(masks) and not (last and rank == 3):
        raise refuse(layer.owner, "puts masked sequences end to end")
    mask = masks[0] if all(masks) else None  # a step that one input has no mask for counts
    for other in masks[1:] if mask else ():
        mask = b.add("Or", mask, other)
    y = b.add("Concat", *(x.name for x in inputs), axis=layer.axis, hint=layer.name)
    return [Value(y, shapes[0], inputs[0].dtype, mask)]


# ---------------------------------------------------------------------- shapes


def _reshape(b: Builder, layer: layers.Reshape, x: Value) -> str:
    sizes = list(layer.target_shape)
    shape = b.add("Concat", b.size(x.name, 0), b.constant(sizes), axis=0)
    return b.add("Reshape", x.name, shape, hint=layer.name)


def _flatten(b: Builder, layer: layers.Flatten, x: Value) -> str:
    return b.add("Flatten", x.name, axis=1, hint=layer.name)


def _permute(b: Builder, layer: layers.Permute, x: Value) -> str:
    return b.add("Transpose", x.name, perm=[0, *layer.dims], hint=layer.name)


def _repeat(b: Builder, layer: layers.RepeatVector, x: Value) -> str:
    return b.add("Tile", b.unsqueeze(x.name, 1), b.constant([1, layer.n, 1]), hint=layer.name)


def _pool(b: Builder, layer: Any, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    (x,), keep = inputs, int(layer.keepdims)
    if isinstance(layer, layers.GlobalMaxPooling1D):
        y = b.add("ReduceMax", x.name, axes=[1], keepdims=keep, hint=layer.name)
    elif x.mask is None:
        y = b.add("ReduceMean", x.name, axes=[1], keepdims=keep, hint=layer.name)
    else:
        kept = b.unsqueeze(x.mask, -1)
        here = b.add("Where", kept, x.name, b.number(0, x.dtype))
        total = b.add("ReduceSum", here, b.constant([1]), keepdims=keep)
        count = b.add("ReduceSum", b.cast(kept, x.dtype), b.constant([1]), keepdims=keep)
        y = b.add("Div", total, count, hint=layer.name)
    return [Value(y, shapes[0], x.dtype, None)]


WRITERS: dict[type[Any], Emit] = {
    **dict.fromkeys(
        (layers.ActivityRegularization, layers.AlphaDropout, layers.Dropout,
         layers.GaussianDropout, layers.GaussianNoise, layers.Identity, layers.SpatialDropout1D),
        _same,
    ),
    layers.Activation: _one(_activation),
    layers.Add: _merge("Add"),
    layers.Average: _merge("Mean"),
    layers.BatchNormalization: _one(_batch_normalization),
    layers.Bidirectional: recurrent.bidirectional,
    layers.Concatenate: _concatenate,
    layers.Dense: _one(_dense),
    layers.ELU: _one(lambda b, layer, x: b.add("Elu", x.name, alpha=layer.alpha)),
    layers.Embedding: _embedding,
    layers.Flatten: _one(_flatten),
    layers.GlobalAveragePooling1D: _pool,
    layers.GlobalMaxPooling1D: _pool,
    layers.LayerNormalization: _one(_layer_normalization),
    layers.LeakyReLU: _one(
        lambda b, layer, x: b.add("LeakyRelu", x.name, alpha=layer.negative_slope)
    ),
    layers.Masking: _masking,
    layers.Maximum: _merge("Max"),
    layers.Minimum: _merge("Min"),
    layers.Multiply: _merge("Mul"),
    layers.Normalization: _one(_normalization),
    layers.PReLU: _one(_prelu),
    layers.Permute: _one(_permute),
    layers.RMSNormalization: _one(_rms_normalization),
    layers.ReLU: _one(_relu),
    layers.RepeatVector: _one(_repeat),
    layers.Rescaling: _one(_rescaling),
    layers.Reshape: _one(_reshape),
    layers.Softmax: _one(_softmax),
    layers.Subtract: _merge("Sub"),
    layers.UnitNormalization: _one(_unit_normalization),
}  # fmt: skip
