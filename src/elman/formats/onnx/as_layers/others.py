"""Nodes that are layers without a state: activations, normalisation, merging."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import activations, layers
from elman.formats.onnx.as_layers.names import layer_of
from elman.formats.onnx.as_layers.values import Tensor, place, refuse, single, whole
from elman.formats.onnx.file import Node
from elman.formats.onnx.operators.functions import CLOSE

Values = list[Any]
PLAIN = {
    "Exp": "exponential", "Gelu": "gelu", "LogSigmoid": "log_sigmoid", "LogSoftmax":
    "log_softmax", "Mish": "mish", "Relu": "relu", "Sigmoid": "sigmoid", "Softmax": "softmax",
    "Softplus": "softplus", "Softsign": "softsign", "Tanh": "tanh",
}  # fmt: skip
HARD_SIGMOIDS = {(1 / 6, 0.5): "hard_sigmoid", (0.2, 0.5): "hard_sigmoid_keras2"}
LINEAR = (layers.Dense, layers.Conv1D, layers.Conv1DTranspose)  # until one is put in
CLIPPED = {(0.0, 6.0): "relu6", (-1.0, 1.0): "hard_tanh"}


def explicit(node: Node, opset: int) -> Node:
    """Return a node that says what it would leave to the version of the operators."""
    if node.op in ("Softmax", "LogSoftmax") and opset < 13:
        return node._replace(attributes={"axis": 1, **node.attributes})
    return node


def activation(node: Node, values: Values) -> Any:
    """Return an activation without parameters."""
    softmax = node.op in ("Softmax", "LogSoftmax")
    x = single(node, values[0], "F" if softmax else "")
    axis = node.attributes.get("axis", -1)
    if softmax and axis not in (-1, len(x.axes) - 1):
        raise refuse(node, "sums along another axis than the features")
    if node.attributes.get("approximate", "none") != "none":
        raise refuse(node, "is the approximate gelu")
    return _activated(node, x, PLAIN[node.op])


def _activated(node: Node, x: Tensor, name: str) -> Tensor:
    """Return what an activation makes of a tensor; of the same layer, it goes into that."""
    layer: Any = x.one.node.layer
    if x.linear and x.linear == layer_of(node) and type(layer) in LINEAR:
        layer.activation = name
        return x._replace(linear=None)
    return x._replace(parts=(layers.Activation(name, dtype=x.one.dtype)(x.one),))


def selu(node: Node, values: Values) -> Any:
    """Return the SELU, which has two parameters in ONNX."""
    alpha = node.attributes.get("alpha", activations.SELU_ALPHA)
    gamma = node.attributes.get("gamma", activations.SELU_SCALE)
    if not _near((alpha, gamma), (activations.SELU_ALPHA, activations.SELU_SCALE)):
        raise refuse(node, "is another selu than the one that keeps mean and variance")
    return _activated(node, single(node, values[0]), "selu")


def _near(values: tuple[float, ...], wanted: tuple[float, ...]) -> bool:
    """Say whether parameters, which are float32, are what elman has."""
    return all(abs(a - b) < CLOSE for a, b in zip(values, wanted, strict=True))


def clip(node: Node, values: Values) -> Any:
    """Return an activation that is cut off at two ends."""
    told = node.attributes
    low, high = (*values[1:], None, None)[:2]
    limits = [told.get("min") if low is None else low, told.get("max") if high is None else high]
    if all(isinstance(limit, (float, np.ndarray)) for limit in limits):
        ends = tuple(float(np.asarray(limit).reshape(())) for limit in limits)
        if ends in CLIPPED:
            return _activated(node, single(node, values[0]), CLIPPED[ends])
    raise refuse(node, "cuts off at other places than relu6 and hard_tanh")


def with_alpha(node: Node, values: Values) -> Any:
    """Return an activation that has parameters."""
    x = single(node, values[0])
    alpha = node.attributes.get("alpha")
    if node.op == "HardSigmoid":
        said = 0.2 if alpha is None else alpha, node.attributes.get("beta", 0.5)
        name = next((name for wanted, name in HARD_SIGMOIDS.items() if _near(said, wanted)), None)
        if name is None:
            raise refuse(node, "is another hard sigmoid than relu6(x + 3) / 6, or Keras 2's")
        return _activated(node, x, name)
    if node.op == "Elu":
        layer: Any = layers.ELU(1.0 if alpha is None else alpha, dtype=x.one.dtype)
    else:
        layer = layers.LeakyReLU(0.01 if alpha is None else alpha, dtype=x.one.dtype)
    return x._replace(parts=(layer(x.one),))


def layer_normalization(node: Node, values: Values) -> Any:
    """Return `LayerNormalization` over the features."""
    x = single(node, values[0], "F")
    weights = [each for each in values[1:] if each is not None]
    if node.attributes.get("axis", -1) not in (-1, len(x.axes) - 1) or len(node.outputs) > 1:
        raise refuse(node, "normalises along other axes than the features")
    if not all(isinstance(each, np.ndarray) and each.ndim == 1 for each in weights):
        raise refuse(node, "has weights that are not in the file")
    layer = layers.LayerNormalization(
        epsilon=node.attributes.get("epsilon", 1e-5), center=len(weights) > 1, dtype=x.one.dtype
    )
    y = layer(x.one)
    layer.set_weights(weights)
    return x._replace(parts=(y,))


def batch_normalization(node: Node, values: Values) -> Any:
    """Return `BatchNormalization` of the features."""
    x, *weights = values
    if not isinstance(x, Tensor) or x.axes[1] != "F" or len(x.parts) > 1 or x.merged:
        raise refuse(node, "normalises along another axis than the features")
    known = all(isinstance(each, np.ndarray) for each in weights)
    training = node.attributes.get("training_mode", 0) or not node.attributes.get("spatial", 1)
    if len(node.outputs) > 1 or training or not known:
        raise refuse(node, "is one of training, or has weights that are not in the file")
    epsilon = node.attributes.get("epsilon", 1e-5)
    layer = layers.BatchNormalization(epsilon=epsilon, dtype=x.one.dtype)
    y = layer(x.one)
    layer.set_weights(weights)
    return x._replace(parts=(y,))


def pooling(node: Node, values: Values) -> Any:
    """Return the mean or the largest over all timesteps."""
    x = single(node, values[0])
    axes = whole(node, values[1] if len(values) > 1 else node.attributes.get("axes", ()))
    chosen = "".join(x.axes[place(axis, len(x.axes))] for axis in axes)
    if chosen != "T" or sorted(x.axes) != sorted("BTF"):
        raise refuse(node, "makes one number of many along another axis than time")
    kind = layers.GlobalMaxPooling1D if node.op == "ReduceMax" else layers.GlobalAveragePooling1D
    keep = bool(node.attributes.get("keepdims", 1))
    made = kind(keepdims=keep, dtype=x.one.dtype)(x.one)
    return x._replace(parts=(made,), axes=x.axes if keep else x.axes.replace("T", ""))


MERGES: dict[str, Any] = {
    "Add": layers.Add, "Max": layers.Maximum, "Mean": layers.Average, "Min": layers.Minimum,
    "Mul": layers.Multiply, "Sub": layers.Subtract, "Sum": layers.Add,
}  # fmt: skip


def merge(node: Node, values: Values) -> Any:
    """Return several tensors as one, or one with a number added or multiplied."""
    tensors = [each for each in values if isinstance(each, Tensor)]
    numbers = [each for each in values if isinstance(each, np.ndarray) and each.size == 1]
    if len(tensors) == len(values):
        found = [single(node, each) for each in tensors]
        if len({each.axes for each in found}) > 1 or node.op not in MERGES:
            raise refuse(node, "merges arrays with other axes")
        if len(found) == 1:
            return found[0]
        layer = MERGES[node.op](dtype=found[0].one.dtype)
        return found[0]._replace(parts=(layer([each.one for each in found]),))
    if len(tensors) == len(numbers) == 1 and numbers[0].ndim <= len(tensors[0].axes):
        first = isinstance(values[0], Tensor)
        if (first and node.op in ("Sub", "Div")) or node.op in ("Add", "Mul"):
            return _rescaled(node, single(node, tensors[0]), float(numbers[0].reshape(())))
    raise refuse(node, "merges the output of a layer with numbers of the file")


def _rescaled(node: Node, x: Tensor, c: float) -> Tensor:
    """Return a tensor with a number added or multiplied."""
    if node.op == "Div":
        numbers, by = np.finfo(x.one.dtype), c
        c = 1 / by if by else 0.0
        if not numbers.tiny <= abs(c) <= numbers.max:
            raise refuse(node, f"divides by {by}")
    scale = c if node.op in ("Mul", "Div") else 1.0
    offset = {"Add": c, "Sub": -c}.get(node.op, 0.0)
    return x._replace(parts=(layers.Rescaling(scale, offset, dtype=x.one.dtype)(x.one),))


TABLE: dict[str, Callable[[Node, Values], Any]] = {
    **dict.fromkeys(PLAIN, activation),
    **dict.fromkeys(("Elu", "HardSigmoid", "LeakyRelu"), with_alpha),
    **dict.fromkeys((*MERGES, "Div"), merge),
    "BatchNormalization": batch_normalization,
    "Clip": clip,
    "LayerNormalization": layer_normalization,
    "ReduceMax": pooling,
    "ReduceMean": pooling,
    "Selu": selu,
}
