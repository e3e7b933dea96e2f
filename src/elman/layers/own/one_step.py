"""A cell of your own with its gradient by hand, called by itself: one step, as every cell takes it.

    output, new states = cell(x_t, states)

Its `forward` and `backward` are those of a step, see `RNN`; what calls layers, models and tapes
among them, asks `run` and `reverse` instead, which are here.
"""

from collections.abc import Callable, Sequence
from typing import Any

from elman._typing import Array, Shape
from elman.layers.base import Layer
from elman.layers.cell import ONE_STEP, Cell
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.penalty import Penalized, penalize
from elman.layers.recurrence import cell_states
from elman.layers.recurrence.loop import unroller


def adopt(cls: type[Layer]) -> None:
    """Let a class whose `forward` takes a step be called with inputs and states."""
    methods: dict[str, Any] = {
        "__call__": Cell.__call__,
        "check_shapes": Cell.check_shapes,
        "output_masks": Cell.output_masks,
        "pack_states": Cell.pack_states,
        "states_name": Cell.states_name,
        "ready": ready,
        "output_shapes": output_shapes,
        "run": run,
        "reverse": reverse,
    }
    for name, method in methods.items():
        if name not in vars(cls):
            setattr(cls, name, method)


def ready(cell: Any, shapes: list[Shape]) -> None:
    """Check the shapes of x_t and the states; `build` is for that of x_t, as `RNN` calls it."""
    if not cell.built:
        vars(cell)["shapes_given"] = {"": shapes[0]}
    try:
        Layer.ready(cell, shapes)
    finally:
        vars(cell).pop("shapes_given", None)


def output_shapes(cell: Any, shapes: list[Shape]) -> list[Shape]:
    """Return the shapes of the output and of the new states."""
    B = shapes[0][0]
    sizes = [cell_states.output_size(cell), *cell_states.flat(cell.state_size)]
    return [(B, size) for size in sizes]


def run(cell: Any, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Masks, Any]:
    """Take one step: run over a sequence of one timestep; see `elman.layers.parts.passes.run`."""
    x, *states = cell.cast(inputs)
    output, new, tape = unroller(cell).unroll(x[:, None], tuple(states), None, ONE_STEP, mode)
    outputs = (output, *new)
    tape = penalize(cell.activity_regularizer, outputs, tape, mode)
    return outputs, (None,) * len(outputs), tape


def reverse(
    cell: Any,
    tape: Any,
    doutputs: Arrays,
    *,
    out: Sequence[Array] | None = None,
    need_inputs: bool = True,
) -> tuple[tuple[Any, ...], Sequence[Array]]:
    """Undo the step; see `elman.layers.parts.passes.reverse`."""
    if type(tape) is Penalized:
        tape, doutputs = tape.tape, tape.add_to(doutputs)
    dy, *dnew = doutputs
    undo: Callable[..., Any] = unroller(cell).backpropagate
    dx, dstates, dweights = undo(tape, dy, tuple(dnew), out=out, need_x=need_inputs)
    return (None if dx is None else dx[:, 0], *dstates), dweights
