"""Which models can run a timestep at a time, and the numbers that they then are.

A stream takes a chain of layers, each of which needs the timesteps so far and nothing else. Every
layer becomes a stage: what it computes, its activations, and a copy of its weights.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from elman import activations
from elman._typing import Array, Function, State
from elman.errors import UnsupportedError
from elman.layers import (
    GRU,
    LSTM,
    Activation,
    ActivityRegularization,
    Add,
    AdditiveAttention,
    AlphaDropout,
    Attention,
    Average,
    Bidirectional,
    Concatenate,
    Dense,
    Dot,
    Dropout,
    Embedding,
    Flatten,
    GaussianDropout,
    GaussianNoise,
    Identity,
    Layer,
    Masking,
    Maximum,
    Minimum,
    Multiply,
    Permute,
    RepeatVector,
    Reshape,
    SimpleRNN,
    SpatialDropout1D,
    StackedRNNCells,
    Subtract,
    TimeDistributed,
)
from elman.layers.parts.passes import Arrays
from elman.layers.parts.symbolic import SymbolicTensor
from elman.layers.recurrence.loop import unroller
from elman.layers.recurrence.stock_cell import StockCell
from elman.layers.rnn import RNN
from elman.models import rowwise
from elman.models.kinds import is_model
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.models.model import Model


class Stage(NamedTuple):
    """A layer as a stream runs it.

    Attributes:
        owner: how messages name the layer.
        kind: a cell's name, "dense", "activation", "embedding" or "rows".
        functions: phi, and for gated cells sigma: a name, or a function of your own.
        kernel: (features, G*units), of an embedding its table; None for an activation.
        recurrent: (units, G*units), of a cell.
        bias: as the layer has it.
        states: how many arrays (batch, units) it carries from step to step.
        cast: of an embedding, what checks its indices.
        compute: of "rows", what makes the output (batch, features) of the input.
        start: what its states begin with, (units,) an array; () for zeros.
    """

    owner: str
    kind: str
    functions: tuple[str | Function, ...]
    kernel: Array | None = None
    recurrent: Array | None = None
    bias: Array | None = None
    states: int = 0
    cast: Callable[[Sequence[Array]], Arrays] | None = None
    compute: Callable[[Array], Array] | None = None
    start: State = ()

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
    **dict.fromkeys(
        (Add, Average, Concatenate, Dot, Maximum, Minimum, Multiply, Subtract),
        "joins several branches",
    ),
    **dict.fromkeys((AdditiveAttention, Attention), "attends to all timesteps"),
    Bidirectional: "also reads the sequence from its end",
    Flatten: "puts all timesteps into one row",
    Masking: "skips timesteps; leave those out of the stream",
    Permute: "may move values between timesteps",
    RepeatVector: "makes a sequence of what the last timestep gave",
    Reshape: "may move values between timesteps",
}


def _obstacle(layer: Layer) -> str:
    """Return why a layer cannot be taken step by step, or nothing."""
    if isinstance(layer, RNN) and layer.go_backwards:
        return "reads the sequence from its end (`go_backwards=True`)"
    if isinstance(layer, RNN) and _cells(layer.cell) is None:
        return "has a cell of your own"
    if isinstance(layer, Embedding) and layer.mask_zero:
        return "skips timesteps (`mask_zero=True`); leave those out of the stream"
    if isinstance(layer, TimeDistributed):
        return _obstacle(layer.layer)
    if type(layer) in rowwise.ROWWISE:
        return rowwise.obstacle(layer)
    known = type(layer) in STAGES or is_model(layer)
    return "" if known else OBSTACLES.get(type(layer), "a stream does not know")


def _obstacle_of_call(tensor: SymbolicTensor) -> str:
    """Return why the call that made a tensor cannot be, or nothing."""
    if tensor.node.states:
        return "is given an initial state; set the stream's `state` in its place"
    if tensor.node.masks:
        return "is given a mask; leave masked steps out of the stream"
    if tensor.node.reset_mask is not None:
        return "is given a reset mask; call the stream's `reset(rows)` in its place"
    if tensor.node.training:
        return "is called with `training=True`"
    return "hands on its final state" if tensor.index else ""


def _stages(layer: Layer) -> list[Stage]:
    return stages_of(layer) if is_model(layer) else STAGES[type(layer)](layer)


def _cells(cell: Layer) -> list[StockCell] | None:
    """Return the cells that a cell is made of, the lowest first; None if one is not elman's."""
    run: object = unroller(cell)
    if isinstance(run, StockCell):
        return [run]
    parts = [_cells(each) for each in run.cells] if isinstance(run, StackedRNNCells) else []
    known = [part for part in parts if part is not None]
    return [each for part in known for each in part] if known and len(known) == len(parts) else None


def _recurrent(layer: RNN) -> list[Stage]:
    found = []
    starts = iter([weight.numpy() for weight in layer.learned_state])
    for cell in _cells(layer.cell) or ():
        kernel, recurrent, bias = cell.cell_weights
        own = kernel.copy(), recurrent.copy(), None if bias is None else bias.copy()
        states = len(cell.state_names)
        start = tuple(itertools.islice(starts, states))
        stage = Stage(layer.owner, cell.cell_name, cell.functions, *own, states, start=start)
        found.append(stage)
    return found


def _dense(layer: Dense) -> list[Stage]:
    function = activations.entry(layer.activation)
    kernel, bias = _copy(layer.kernel), _copy(layer.bias)
    return [Stage(layer.owner, "dense", (function,), kernel, None, bias)]


def _activation(layer: Activation) -> list[Stage]:
    return [Stage(layer.owner, "activation", (activations.entry(layer.activation),))]


def _rows(layer: Layer) -> list[Stage]:
    name = rowwise.name_of(layer)
    if name is not None:
        return [Stage(layer.owner, "activation", (name,))]
    return [Stage(layer.owner, "rows", (), compute=rowwise.compute_of(layer))]


def _embedding(layer: Embedding) -> list[Stage]:
    return [Stage(layer.owner, "embedding", (), _copy(layer.embeddings), cast=layer.cast)]


def _copy(weight: Weight | None) -> Array | None:
    return None if weight is None else weight.numpy()


def _nothing(layer: Layer) -> list[Stage]:
    """Return no stage: it is active in training alone, and a stream does not train."""
    return []


STAGES: dict[type[Layer], Callable[..., list[Stage]]] = {
    **dict.fromkeys(rowwise.ROWWISE, _rows),
    Activation: _activation,
    ActivityRegularization: _nothing,
    AlphaDropout: _nothing,
    Dense: _dense,
    Dropout: _nothing,
    Embedding: _embedding,
    GaussianDropout: _nothing,
    GaussianNoise: _nothing,
    GRU: _recurrent,
    Identity: _nothing,
    LSTM: _recurrent,
    RNN: _recurrent,
    SimpleRNN: _recurrent,
    SpatialDropout1D: _nothing,
    TimeDistributed: lambda layer: _stages(layer.layer),
}
