"""PyTorch's modules for a chain of elman's layers: what fits each, and what they put out."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from elman import activations, layers
from elman.formats.torch.makers import ACTIVATIONS

RECURRENT = {layers.SimpleRNN: nn.RNN, layers.GRU: nn.GRU, layers.LSTM: nn.LSTM}
FUNCTIONS: dict[str, Callable[[], nn.Module]] = {
    **{
        name: lambda kind=kind, given=given: getattr(nn, kind)(**given)
        for kind, (name, given) in ACTIVATIONS.items()
        if kind != "Softplus"  # whose arguments are the same by default
    },
    "gelu": nn.GELU,
    "softplus": nn.Softplus,
    "elu": nn.ELU,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "linear": nn.Identity,
}


class LackingError(Exception):
    """PyTorch has nothing of the kind that elman takes over."""


class Part(NamedTuple):
    """A module, and the layers or the activation that it is."""

    module: nn.Module
    group: list[Any]


def grouped(model: Any) -> list[list[Any]]:
    """Return the layers of a chain and their activations: in a list those of one module."""
    found: list[list[Any]] = []
    for layer in chain(model):
        if type(layer) is layers.TimeDistributed:
            layer = layer.layer
            if kind_of(layer):
                raise LackingError("no such module")
        if found and kind_of(layer) and together(found[-1][-1], layer):
            found[-1].append(layer)
        else:
            found.append([layer])
        if type(layer) is layers.Dense and layer.activation is not activations.linear:
            found.append([layer.activation])
    return found


def chain(model: Any) -> list[Any]:
    """Return the layers of a model that each read what the one before puts out."""
    nodes = [node for node in model.graph.nodes if node.inputs]
    found: list[Any] = []
    for i, node in enumerate(nodes):
        before = [model.inputs[0]] if i == 0 else list(nodes[i - 1].outputs)
        x, *states = node.inputs
        given = states and states != list(model.inputs[1:])
        if len(states) > node.states or given or x is not before[0]:
            raise LackingError("no chain of layers")
        masked = isinstance(node.layer, layers.Masking) or any(m is not None for m in node.masks)
        if masked or (i and getattr(nodes[i - 1].layer, "mask_zero", False)):
            raise LackingError("reads a mask")
        found += chain(node.layer) if hasattr(node.layer, "graph") else [node.layer]
    return found


def kind_of(layer: Any) -> Any:
    """Return the class of PyTorch's recurrent module, None if there is none."""
    return RECURRENT.get(type(one_way(layer)))


def one_way(layer: Any) -> Any:
    """Return the layer, of a Bidirectional that which reads forwards."""
    return layer.sublayers[0] if type(layer) is layers.Bidirectional else layer


def together(one: Any, other: Any) -> bool:
    """Say whether two layers that follow each other are of one recurrent module."""
    a, b = one_way(one), one_way(other)
    same = type(one) is type(other) and type(a) is type(b) and kind_of(one)
    return bool(same) and a.units == b.units and a.use_bias == b.use_bias and a.return_sequences


def part(group: list[Any]) -> Part:
    """Return the module of a group."""
    layer = group[0]
    kind = type(layer)
    if kind_of(layer):
        return Part(recurrent(group), group)
    if kind is layers.Activation or not isinstance(layer, layers.Layer):
        function = layer.activation if kind is layers.Activation else layer
        if function.__name__ not in FUNCTIONS:
            raise LackingError("no such activation")
        return Part(FUNCTIONS[function.__name__](), group)
    if kind not in MAKERS:
        raise LackingError("no such module")
    return Part(MAKERS[kind](layer), group)


def recurrent(group: list[Any]) -> nn.Module:
    """Return the module of recurrent layers on top of each other."""
    layer = one_way(group[0])
    relu = {"nonlinearity": layer.activation.__name__} if type(layer) is layers.SimpleRNN else {}
    both = layer is not group[0]
    features = group[0].input_shapes[0][-1]
    return kind_of(group[0])(
        features, layer.units, len(group), bias=layer.use_bias, batch_first=True,
        bidirectional=both, **relu,
    )  # fmt: skip


def relu(layer: layers.ReLU) -> nn.Module:
    """Return the module of a ReLU, which PyTorch has in three."""
    given = layer.max_value, layer.negative_slope, layer.threshold
    if given == (None, 0, 0):
        return nn.ReLU()
    if given == (6, 0, 0):
        return nn.ReLU6()
    if given == (None, layer.negative_slope, 0):
        return nn.LeakyReLU(layer.negative_slope)
    raise LackingError("no such activation")


def softmax(layer: layers.Softmax) -> nn.Module:
    """Return the module of a softmax, which elman takes over along the last axis."""
    if layer.axis not in (-1, len(layer.input_shapes[0]) - 1):
        raise LackingError("no such activation")
    return nn.Softmax(-1)


def batch_norm(layer: layers.BatchNormalization) -> nn.Module:
    """Return the module of a normalisation of the axis behind the batch's, as PyTorch's is."""
    shape = layer.input_shapes[0]
    if layer.axis % len(shape) != 1 or len(shape) > 3:
        raise LackingError("no such module")
    return nn.BatchNorm1d(shape[1], layer.epsilon, affine=layer.scale)


MAKERS: dict[type[Any], Callable[[Any], nn.Module]] = {
    layers.BatchNormalization: batch_norm,
    layers.Dense: lambda each: nn.Linear(*each.kernel.shape, bias=each.use_bias),
    layers.Dropout: lambda each: nn.Dropout(each.rate),
    layers.ELU: lambda each: nn.ELU(each.alpha),
    layers.Embedding: lambda each: nn.Embedding(*each.embeddings.shape),
    layers.Identity: lambda each: nn.Identity(),
    layers.LayerNormalization: lambda each: nn.LayerNorm(
        each.input_shapes[0][-1], each.epsilon, each.gamma is not None, each.beta is not None
    ),
    layers.LeakyReLU: lambda each: nn.LeakyReLU(each.negative_slope),
    layers.ReLU: relu,
    layers.Softmax: softmax,
}


def outputs(parts: Sequence[Part], xs: Sequence[Any], *, plain: bool = False) -> list[Any]:
    """Return what modules put out: as the layers do, or, plain, as modules do by themselves."""
    x, *states = [torch.tensor(each) for each in xs]
    found = [x]
    with torch.no_grad():
        for module, group in parts:
            if not kind_of(group[0]):
                found = [module(found[0])]
            elif plain:
                found = [module(found[0])[0]]
            else:
                found = run(module, group, found[0], states)
    return [np.asarray(each) for each in found]


def run(module: Any, group: list[Any], x: Any, states: list[Any]) -> list[Any]:
    """Return what a recurrent module puts out, in the order of the last of its layers.

    Args:
        module: the module.
        group: its layers.
        x: (batch, timesteps, features).
        states: h and, of an LSTM, c of the one direction and then of the other; none for zeros.
    """
    pair = isinstance(module, nn.LSTM)
    given = [torch.stack(states[i :: 1 + pair]) for i in range(1 + pair)] if states else [None]
    y, last = module(x, tuple(given) if pair and states else given[0])
    layer = one_way(group[-1])
    if not layer.return_sequences:
        y = torch.cat([y[:, -1, : layer.units], y[:, 0, layer.units :]], -1)
    final = [each[d] for d in range(last[0].shape[0] if pair else len(last))
             for each in (last if pair else [last])]  # fmt: skip
    return [y, *final] if layer.return_state else [y]
