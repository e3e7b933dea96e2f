"""Nodes that are layers without a state: activations, normalisation, merging."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import layers
from elman.formats.onnx.as_layers.values import Tensor, refuse, single
from elman.formats.onnx.file import Node

Values = list[Any]
PLAIN = {
    "Exp": "exponential", "Gelu": "gelu", "LogSoftmax": "log_softmax", "Mish": "mish", "Relu":
    "relu", "Selu": "selu", "Sigmoid": "sigmoid", "Softmax": "softmax", "Softplus":
    "softplus", "Softsign": "softsign", "Tanh": "tanh",
}  # fmt: skip


def activation(node: Node, values: Values) -> Any:
    """Return an activation, by the layer that made its input where that is a `Dense`."""
    softmax = node.op in ("Softmax", "LogSoftmax")
    x = single(node, values[0], "F" if softmax else "")
    axis = node.attributes.get("axis", -1)
    if softmax and axis not in (-1, len(x.axes) - 1):
        raise refuse(node, "sums along another axis than the features")
    if node.attributes.get("approximate", "none") != "none":
        raise refuse(node, "is the approximate gelu")
    return x._replace(parts=(layers.Activation(PLAIN[node.op])(x.one),))


def with_alpha(node: Node, values: Values) -> Any:
    """Return an activation that has parameters."""
    x = single(node, values[0])
    alpha = node.attributes.get("alpha")
    if node.op == "HardSigmoid":
        beta = node.attributes.get("beta", 0.5)
        if alpha is None or abs(alpha - 1 / 6) > 1e-6 or beta != 0.5:
            raise refuse(node, "is another hard sigmoid than relu6(x + 3) / 6")
        layer: Any = layers.Activation("hard_sigmoid")
    elif node.op == "Elu":
        layer = layers.ELU(1.0 if alpha is None else alpha)
    else:
        layer = layers.LeakyReLU(0.01 if alpha is None else alpha)
    return x._replace(parts=(layer(x.one),))


def layer_normalization(node: Node, values: Values) -> Any:
    """Return `LayerNormalization` over the features."""
    x = single(node, values[0], "F")
    _, scale, *bias = values
    weights = [scale, *bias]
    if node.attributes.get("axis", -1) not in (-1, len(x.axes) - 1) or len(node.outputs) > 1:
        raise refuse(node, "normalises along other axes than the features")
    if not all(isinstance(each, np.ndarray) and each.ndim == 1 for each in weights):
        raise refuse(node, "has weights that are not in the file")
    layer = layers.LayerNormalization(
        epsilon=node.attributes.get("epsilon", 1e-5), center=bool(bias)
    )
    y = layer(x.one)
    layer.set_weights(weights)
    return x._replace(parts=(y,))


def batch_normalization(node: Node, values: Values) -> Any:
    """Return `BatchNormalization` of the features."""
    x, *weights = values
    if not isinstance(x, Tensor) or x.axes[1] != "F" or len(x.parts) > 1 or x.merged:
        raise refuse(node, "normalises along another axis than the features")
    if len(node.outputs) > 1 or not all(isinstance(each, np.ndarray) for each in weights):
        raise refuse(node, "is one of training, or has weights that are not in the file")
    layer = layers.BatchNormalization(epsilon=node.attributes.get("epsilon", 1e-5))
    y = layer(x.one)
    layer.set_weights(weights)
    return x._replace(parts=(y,))


def pooling(node: Node, values: Values) -> Any:
    """Return the mean or the largest over all timesteps."""
    x = single(node, values[0])
    axes = values[1] if len(values) > 1 else node.attributes.get("axes", ())
    chosen = "".join(x.axes[int(axis)] for axis in np.atleast_1d(axes))
    if chosen != "T" or sorted(x.axes) != sorted("BTF"):
        raise refuse(node, "makes one number of many along another axis than time")
    kind = layers.GlobalMaxPooling1D if node.op == "ReduceMax" else layers.GlobalAveragePooling1D
    keep = bool(node.attributes.get("keepdims", 1))
    return Tensor((kind(keepdims=keep)(x.one),), x.axes if keep else x.axes.replace("T", ""))


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
        if len({each.axes for each in found}) > 1 or len(found) < 2:
            raise refuse(node, "merges arrays with other axes")
        return found[0]._replace(parts=(MERGES[node.op]()([each.one for each in found]),))
    if len(tensors) == len(numbers) == 1 and node.op in ("Add", "Mul", "Sub", "Div"):
        x, c = single(node, tensors[0]), float(numbers[0].reshape(()))
        first = values[0] is tensors[0]
        if first or node.op in ("Add", "Mul"):
            scale, offset = {
                "Add": (1.0, c), "Sub": (1.0, -c), "Mul": (c, 0.0), "Div": (1 / (c or 1), 0.0),
            }[node.op]  # fmt: skip
            return x._replace(parts=(layers.Rescaling(scale, offset)(x.one),))
    raise refuse(node, "merges the output of a layer with numbers of the file")


TABLE: dict[str, Callable[[Node, Values], Any]] = {
    **dict.fromkeys(PLAIN, activation),
    **dict.fromkeys(("Elu", "HardSigmoid", "LeakyRelu"), with_alpha),
    **dict.fromkeys((*MERGES, "Div"), merge),
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "ReduceMax": pooling,
    "ReduceMean": pooling,
}
