"""Which models can learn a timestep at a time, and the chain of parts that they then are."""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman.errors import UnsupportedError
from elman.layers import (
    ELU,
    Activation,
    AlphaDropout,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    GaussianDropout,
    GaussianNoise,
    Identity,
    Layer,
    LayerNormalization,
    LeakyReLU,
    Normalization,
    PReLU,
    ReLU,
    Rescaling,
    RMSNormalization,
    Softmax,
    TimeDistributed,
    UnitNormalization,
)
from elman.layers.parts.kinds import redefined
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Mode
from elman.layers.parts.symbolic import SymbolicTensor
from elman.layers.recurrence.stock_cell import StockCell
from elman.layers.rnn import RNN
from elman.models import obstacles, rowwise
from elman.models.kinds import is_model
from elman.models.online_input import first_layer
from elman.online.parts import Part, Recurrent, Static

if TYPE_CHECKING:
    from elman.models.model import Model

STATIC = (
    ELU, Activation, AlphaDropout, Dense, Dropout, Embedding, GaussianDropout, GaussianNoise,
    Identity, LayerNormalization, LeakyReLU, Normalization, PReLU, ReLU, Rescaling,
    RMSNormalization, Softmax, UnitNormalization,
)  # fmt: skip
COMPUTES = ("forward", "backward", "run", "reverse", "__call__", "call")


def parts_of(model: "Model") -> list[Part]:
    """Return the layers between a model's input and its output as parts, in order.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far, or they form no chain.
        NotBuiltError: the model does not know its input yet.
    """
    graph, owner = model.graph, model.owner
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedError(
            f"{owner}: to learn online a model must have one input and one output; got "
            f"{len(graph.inputs)} and {len(graph.outputs)}."
        )
    shape, indices = graph.inputs[0].shape, isinstance(first_layer(model), Embedding)
    if len(shape) != (2 if indices else 3):
        raise UnsupportedError(
            f"{owner}: to learn online the input must have the shape (batch, timesteps, "
            f"features), or (batch, timesteps) before an Embedding; got {shape}."
        )
    parts = _parts(model, owner, [True])
    layers = [part.layer for part in parts]
    if not any(part.recurrent for part in parts):
        raise UnsupportedError(
            f"{owner}: to learn online a model must have a recurrent layer; got none. Without "
            "one, `train_on_batch` learns as data arrive."
        )
    twice = next((layer for layer in layers if layers.count(layer) > 1), None)
    if twice is not None:
        raise UnsupportedError(
            f"{owner}: to learn online every layer must stand once; got {twice.owner} twice."
        )
    return parts


def check_silent(parts: list[Part], owner: str) -> None:
    """Raise an error where a cell adds to the loss, which shows when it takes a step."""
    for part in (part for part in parts if part.recurrent):
        said: list[Any] = []
        features = part.layer.input_shapes[0][-1]
        mode = Mode(training=True, record=False, penalties=said)
        part.forward(np.zeros((1, 1, features), part.layer.dtype), part.start(1), mode)
        if said:
            raise UnsupportedError(
                f"{owner}: to learn online no layer may add to the loss; got {part.layer.owner}, "
                "whose cell calls `add_loss`."
            )


def keeps_dropout(part: Part) -> bool:
    """Say whether a part draws dropout for a whole sequence."""
    drops = ("dropout", "recurrent_dropout")
    inside = with_sublayers(part.layer.cell) if part.recurrent else []
    return any(getattr(cell, name, 0) for cell in inside for name in drops)


def _parts(model: "Model", owner: str, timesteps: list[bool]) -> list[Part]:
    """Return the parts of a model; `timesteps` says whether there still is an axis of them."""
    graph = model.graph
    tensors: list[SymbolicTensor] = []
    tensor = graph.outputs[0]
    while tensor is not graph.inputs[0]:
        layer = tensor.node.layer
        why = obstacles.of_class(layer) or _obstacle_of_call(tensor) or _obstacle(layer)
        if why:
            raise UnsupportedError(
                f"{owner}: to learn online every layer must need the timesteps so far and "
                f"nothing else; got {layer.owner}, which {why}."
            )
        tensors.append(tensor)
        tensor = tensor.node.inputs[0]
    found: list[Part] = []
    for layer in (tensor.node.layer for tensor in reversed(tensors)):
        if is_model(layer):
            found += _parts(layer, owner, timesteps)
        elif isinstance(layer, RNN):
            found.append(Recurrent(layer))
            timesteps[0] = layer.return_sequences
        else:
            found.append(Static(layer, timesteps[0]))
    return found


def _obstacle(layer: Layer) -> str:
    """Return why a layer cannot be taken step by step, or nothing."""
    if is_model(layer):
        return ""
    if layer.activity_regularizer is not None:
        return "has an `activity_regularizer`, which online learning does not know"
    if isinstance(layer, RNN):
        return _obstacle_of_rnn(layer)
    if isinstance(layer, Embedding) and layer.mask_zero:
        return "skips timesteps (`mask_zero=True`); leave those out"
    if type(layer) is TimeDistributed:
        return _obstacle(layer.layer) or ("" if _is_static(layer.layer) else _unknown(layer.layer))
    if not _is_static(layer):
        return _unknown(layer)
    return rowwise.obstacle(layer, len(layer.input_shapes[0]))


def _obstacle_of_rnn(layer: RNN) -> str:
    """Return why a recurrent layer cannot be, or nothing."""
    if why := obstacles.of_rnn(layer):
        return why
    if redefined(layer, RNN, COMPUTES):
        return "computes what online learning does not know: its class defines it anew"
    if any(map(_reads_all, with_sublayers(layer.cell))):
        return "has a cell that reads a sequence as a whole, and not from its states alone"
    if len(layer.weights) != len(layer.cell.weights):
        return "has weights beside those of its cell, which online learning does not know"
    if len(layer.input_shapes[0]) != 3:
        return "reads timesteps of several axes"
    return ""


def _reads_all(cell: Layer) -> bool:
    """Say whether one of elman's cells runs over sequences in a way of its own."""
    return isinstance(cell, StockCell) and redefined(cell, StockCell, ("unroll", "backpropagate"))


def _is_static(layer: Layer) -> bool:
    return type(layer) in STATIC


def _unknown(layer: Layer) -> str:
    if isinstance(layer, BatchNormalization):
        return "normalizes over the samples of a batch; use LayerNormalization"
    return obstacles.of_class(layer) or "online learning does not know"


def _obstacle_of_call(tensor: SymbolicTensor) -> str:
    """Return why the call that made a tensor cannot be, or nothing."""
    node = tensor.node
    if len(node.inputs) - node.states > 1:
        return "joins several branches"
    if node.training is not None:
        return f"is called with `training={node.training}`"
    final = "hands on its final state" if tensor.index else ""
    return obstacles.of_call(node, "learner") or final
