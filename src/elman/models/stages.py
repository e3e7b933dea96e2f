"""What a stream runs of each layer: what it computes, its activations, and a copy of its weights.

A layer becomes a stage, or several on top of one another: a cell each of a stack.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _tree, activations, kernels
from elman._typing import Array, Function, State
from elman.errors import ArgumentError
from elman.gradient_tape import paused, unboxed
from elman.layers import (
    Activation,
    ActivityRegularization,
    AlphaDropout,
    Dense,
    Dropout,
    Embedding,
    GaussianDropout,
    GaussianNoise,
    Identity,
    Layer,
    SpatialDropout1D,
    StackedRNNCells,
)
from elman.layers.cell import ONE_STEP
from elman.layers.operation import Operation
from elman.layers.own.stand_in import stand_in
from elman.layers.parts.kinds import redefined
from elman.layers.parts.passes import INFERENCE, Arrays
from elman.layers.parts.symbolic import Node
from elman.layers.recurrence import cell_states
from elman.layers.recurrence.loop import unroller
from elman.layers.recurrence.stock_cell import StockCell
from elman.layers.rnn import RNN
from elman.models import rowwise
from elman.parameters import Weight


class Stage(NamedTuple):
    """A layer as a stream runs it.

    Attributes:
        owner: how messages name the layer.
        kind: a cell's name, "dense", "activation", "embedding", "rows" or "cell".
        functions: phi, and for gated cells sigma: a name, or a function of your own.
        kernel: (features, G*units), of an embedding its table; None for an activation.
        recurrent: (units, G*units), of a cell that has one.
        bias: as the layer has it.
        words: (units,) each: the cell's own weights, and what its streams are in inference, None
            for zeros.
        vectors: how many of them are weights.
        start: what it carries before the first step, (1, size) an array.
        cast: of an embedding, what checks its indices.
        compute: of "rows", what makes of blocks (batch, timesteps, features) another.
        take: of "cell", what makes an output and a new state of a timestep and the state.
        layer: of "rows", the layer, where it is called on each timestep by itself.
    """

    owner: str
    kind: str
    functions: tuple[str | Function, ...] = ()
    kernel: Array | None = None
    recurrent: Array | None = None
    bias: Array | None = None
    start: State = ()
    words: tuple[Array | None, ...] = ()
    vectors: int = 0
    cast: Callable[[Sequence[Array]], Arrays] | None = None
    compute: Callable[..., Array] | None = None
    take: Callable[[Array, State], tuple[Array, State]] | None = None
    layer: Layer | None = None

    @property
    def units(self) -> int | None:
        """The size of its output; None for what does not say it."""
        if self.kernel is None:
            return None
        return self.kernel.shape[1] if not self.start else kernels.units(self.kind, (self.kernel,))


def stages_of(layer: Layer, node: Node) -> list[Stage]:
    """Return a layer that is called so as stages, the lowest first; none for what does nothing."""
    if isinstance(layer, RNN):
        return recurrent(layer)
    if type(layer) in STAGES:
        return STAGES[type(layer)](layer)
    name = rowwise.name_of(layer)
    if name is not None:
        return [Stage(layer.owner, "activation", (name,))]
    return [Stage(layer.owner, "rows", compute=rowwise.compute_of(layer, node), layer=layer)]


def is_known(layer: Layer) -> bool:
    """Say whether a stream knows what layers of this class do."""
    if isinstance(layer, RNN):
        return type(layer).forward is RNN.forward and not layer.has_call
    return type(layer) in (*STAGES, *rowwise.ROWWISE, *rowwise.MERGES, Operation)


def at_each_timestep(layer: Layer) -> Stage:
    """Return what a `TimeDistributed` has inside, whatever it is."""
    now = rowwise.frozen(layer)

    def compute(x: Array) -> Array:
        (y,), _, _ = now.run(now.cast((x,)), (None,), INFERENCE)
        found: Array = y
        return found

    return Stage(layer.owner, "rows", compute=rowwise.folded(compute))


# ---------------------------------------------------------------------- recurrent layers


def recurrent(layer: RNN) -> list[Stage]:
    """Return a recurrent layer as a stage a cell, or as one where a cell is not the kernels'."""
    cells = _cells(layer.cell)
    if cells is None:
        return [_own(layer)]
    start, found = list(_start(layer, layer)), []
    for cell in cells:
        kernel, recurrent_kernel, bias, *vectors = (
            None if array is None else array.copy() for array in cell.cell_weights
        )
        constants = cell.streams_in_inference()
        stage = Stage(
            layer.owner, cell.cell_name, cell.functions, kernel, recurrent_kernel, bias,
            tuple(start.pop(0) for _ in cell.state_names), (*vectors, *constants), len(vectors),
        )  # fmt: skip
        found.append(stage)
    return found


def _cells(cell: Layer) -> list[StockCell] | None:
    """Return the cells that a cell is made of, the lowest first; None if one is not the kernels'.

    None too if one runs over sequences in a way of its own.
    """
    run: Any = unroller(cell)
    if isinstance(run, StockCell):
        return None if redefined(run, StockCell, ("unroll",)) else [run]
    parts = [_cells(each) for each in run.cells] if isinstance(run, StackedRNNCells) else []
    known = [part for part in parts if part is not None]
    return [each for part in known for each in part] if known and len(known) == len(parts) else None


def _start(layer: RNN, of: Any) -> State:
    """Return the states that a sequence starts from, as the layer or its cell says them."""
    if layer.learned_state:
        return tuple(_tree.flatten(layer.get_initial_state(1)))
    double: Any = stand_in(of)
    with paused():
        found = double.get_initial_state(1) if of is layer else cell_states.initial(double, 1)
    return tuple(np.array(unboxed(state), layer.dtype) for state in _tree.flatten(found))


def _own(layer: RNN) -> Stage:
    """Return a layer whose cell takes its steps itself."""
    cell, start = rowwise.frozen(layer.cell), _start(layer, layer.cell)
    shapes = [state.shape for state in start]
    cell_states.check_shapes(layer.owner, "get_initial_state", cell, shapes, 1)

    def take(x: Array, state: State) -> tuple[Array, State]:
        x = x.astype(cell.dtype, copy=False)[:, None]
        output, new, _ = unroller(cell).unroll(x, state, None, ONE_STEP, INFERENCE)
        return output, new

    return Stage(layer.owner, "cell", start=start, take=take)


# ---------------------------------------------------------------------- other layers


def _dense(layer: Dense) -> list[Stage]:
    function = activations.entry(layer.activation)
    kernel, bias = _copy(layer.kernel), _copy(layer.bias)
    return [Stage(layer.owner, "dense", (function,), kernel, None, bias)]


def _activation(layer: Activation) -> list[Stage]:
    return [Stage(layer.owner, "activation", (activations.entry(layer.activation),))]


def _embedding(layer: Embedding) -> list[Stage]:
    table = _copy(layer.embeddings)
    if not layer.mask_zero:
        return [Stage(layer.owner, "embedding", (), table, cast=layer.cast)]

    def rows(indices: Array) -> Array:
        if not indices.all():
            raise ArgumentError(
                f"{layer.owner}: `x` must hold no 0 in a stream, because `mask_zero=True` makes it "
                "a timestep that is skipped; got one. Leave it out of the stream."
            )
        found: Array = table[indices] if table is not None else indices
        return found

    return [Stage(layer.owner, "rows", (), table, cast=layer.cast, compute=rows)]


def _copy(weight: Weight | None) -> Array | None:
    return None if weight is None else weight.numpy()


def _nothing(layer: Layer) -> list[Stage]:
    """Return no stage: it is active in training alone, and a stream does not train."""
    return []


STAGES: dict[type[Layer], Callable[..., list[Stage]]] = {
    Activation: _activation,
    ActivityRegularization: _nothing,
    AlphaDropout: _nothing,
    Dense: _dense,
    Dropout: _nothing,
    Embedding: _embedding,
    GaussianDropout: _nothing,
    GaussianNoise: _nothing,
    Identity: _nothing,
    SpatialDropout1D: _nothing,
}
