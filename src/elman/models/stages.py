"""Which models can run a timestep at a time, and the numbers that they then are.

A stream takes a chain of layers, each of which needs the timesteps so far and nothing else. Every
layer becomes a stage: what it computes, its activations, and a copy of its weights.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from elman import activations
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.layers import (
    GRU,
    LSTM,
    Activation,
    Add,
    Bidirectional,
    Concatenate,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Masking,
    RepeatVector,
    Reshape,
    SimpleRNN,
    TimeDistributed,
)
from elman.layers.passes import Arrays
from elman.layers.recurrent import Recurrent
from elman.layers.symbolic import SymbolicTensor
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.models.model import Model


class Stage(NamedTuple):
    """A layer as a stream runs it.

    Attributes:
        owner: how messages name the layer.
        kind: a cell's name, "dense", "activation" or "embedding".
        functions: names of phi, and for gated cells of sigma.
        kernel: (features, G*units), of an embedding its table; None for an activation.
        recurrent: (units, G*units), of a cell.
        bias: as the layer has it.
        states: how many arrays (batch, units) it carries from step to step.
        cast: of an embedding, what checks its indices.
    """

    owner: str
    kind: str
    functions: tuple[str, ...]
    kernel: Array | None = None
    recurrent: Array | None = None
    bias: Array | None = None
    states: int = 0
    cast: Callable[[Sequence[Array]], Arrays] | None = None

    @property
    def units(self) -> int | None:
        """The size of its output; None for an activation, which keeps its input's."""
        if self.recurrent is not None:
            return len(self.recurrent)
        return None if self.kernel is None else self.kernel.shape[1]


def stages_of(model: "Model") -> list[Stage]:
    """Return the layers between a model's input and its output, in order.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far, or they form no chain.
        NotBuiltError: the model does not know its input yet.
    """
    graph, owner = model.graph, model.owner
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedError(
            f"{owner}: a stream must have one input and one output; got {len(graph.inputs)} and "
            f"{len(graph.outputs)}."
        )
    found: list[Stage] = []
    tensor = graph.outputs[0]
    while tensor is not graph.inputs[0]:
        layer = tensor.node.layer
        why = _obstacle(layer) or _obstacle_of_call(tensor)
        if why:
            raise UnsupportedError(
                f"{owner}: every layer of a stream must need the timesteps so far and nothing "
                f"else; got {layer.owner}, which {why}."
            )
        found[:0] = _stages(layer)
        tensor = tensor.node.inputs[0]
    return found


OBSTACLES: dict[type[Layer], str] = {
    Add: "joins several branches",
    Bidirectional: "also reads the sequence from its end",
    Concatenate: "joins several branches",
    Flatten: "puts all timesteps into one row",
    Masking: "skips timesteps; leave those out of the stream",
    RepeatVector: "makes a sequence of what the last timestep gave",
    Reshape: "may move values between timesteps",
}


def _obstacle(layer: Layer) -> str:
    """Return why a layer cannot be taken step by step, or nothing."""
    if isinstance(layer, Recurrent) and layer.go_backwards:
        return "reads the sequence from its end (`go_backwards=True`)"
    if isinstance(layer, Embedding) and layer.mask_zero:
        return "skips timesteps (`mask_zero=True`); leave those out of the stream"
    if isinstance(layer, TimeDistributed):
        return _obstacle(layer.layer)
    known = type(layer) in STAGES or _is_model(layer)
    return "" if known else OBSTACLES.get(type(layer), "a stream does not know")


def _obstacle_of_call(tensor: SymbolicTensor) -> str:
    """Return why the call that made a tensor cannot be, or nothing."""
    if tensor.node.states:
        return "is given an initial state; set the stream's `state` in its place"
    if tensor.node.mask is not None:
        return "is given a mask; leave masked steps out of the stream"
    if tensor.node.training:
        return "is called with `training=True`"
    return "hands on its final state" if tensor.index else ""


def _is_model(layer: Layer) -> bool:
    from elman.models.model import Model

    return isinstance(layer, Model)


def _stages(layer: Layer) -> list[Stage]:
    return stages_of(layer) if _is_model(layer) else STAGES[type(layer)](layer)  # type: ignore[arg-type]


def _recurrent(layer: Recurrent) -> list[Stage]:
    weights = (_copy(layer.kernel), _copy(layer.recurrent_kernel), _copy(layer.bias))
    return [Stage(layer.owner, layer.cell, layer.functions, *weights, len(layer.maths.STATES))]


def _dense(layer: Dense) -> list[Stage]:
    function = activations.name_of(layer.activation)
    kernel, bias = _copy(layer.kernel), _copy(layer.bias)
    return [Stage(layer.owner, "dense", (function,), kernel, None, bias)]


def _activation(layer: Activation) -> list[Stage]:
    return [Stage(layer.owner, "activation", (activations.name_of(layer.activation),))]


def _embedding(layer: Embedding) -> list[Stage]:
    return [Stage(layer.owner, "embedding", (), _copy(layer.embeddings), cast=layer.cast)]


def _copy(weight: Weight | None) -> Array | None:
    return None if weight is None else weight.numpy()


STAGES: dict[type[Layer], Callable[..., list[Stage]]] = {
    Activation: _activation,
    Dense: _dense,
    Dropout: lambda layer: [],  # a stream does not train
    Embedding: _embedding,
    GRU: _recurrent,
    LSTM: _recurrent,
    SimpleRNN: _recurrent,
    TimeDistributed: lambda layer: _stages(layer.layer),
}
