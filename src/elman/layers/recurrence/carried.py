"""The states that a stateful layer carries from call to call: kept, gone on from, put back."""

from typing import Any

import numpy as np

from elman import _tree
from elman._typing import Mask, State
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers.cell import reads_whole
from elman.layers.parts import arguments
from elman.layers.recurrence import cell_states


def put_back(layer: Any, mask: Any) -> None:
    """Put some samples of the carried states of a layer back to what a sequence starts from."""
    carried = arrays(layer)
    rows = flags(layer.owner, "mask", mask, len(carried[0]))
    start = _tree.flatten(layer.get_initial_state(len(rows)))
    pairs = zip(carried, start, strict=True)
    states = [np.where(rows[:, None], begin, state) for state, begin in pairs]
    layer.states = tuple(layer.pack_states(states))


LEFT = "_left"  # where a layer knows what its last call has left, which needs no check


def keep(layer: Any, states: State) -> None:
    """Let a layer carry a copy of what a call ended with, which its caller may write to."""
    layer.states = vars(layer)[LEFT] = tuple(layer.pack_states([s.copy() for s in states]))


def of_batch(layer: Any, batch: int) -> State:
    """Return the states that a layer carries to a batch, () where there are none.

    Raises:
        ArgumentError, ShapeError: they were set to what is none.
        ShapeError: they are of a batch of another size.
        UnsupportedError: they are not all that the cell goes on from.
    """
    if not layer.stateful:
        return ()
    if reads_whole(layer.cell):
        raise UnsupportedError(
            f"{layer.owner}: `stateful` must be False around {layer.cell.owner}, which goes on "
            "from more than its states; got True. Give whole sequences."
        )
    if layer.states is None:
        return ()
    states = arrays(layer)
    if len(states[0]) != batch:
        raise ShapeError(
            f"{layer.owner}: `x` must have batch={len(states[0])}, that of the carried "
            f"state; got {batch}. Call `reset_state()` before a batch of another size."
        )
    return states


def arrays(layer: Any) -> State:
    """Return what a layer carries as arrays of its dtype in a row, () where that is nothing.

    Raises:
        ArgumentError, ShapeError: the states were set by hand to what is none.
    """
    if layer.states is None or layer.states is vars(layer).get(LEFT):
        return tuple(_tree.flatten(layer.states or ()))
    leaves = _tree.flatten(layer.states)
    found = [arguments.as_array(layer.owner, "states", leaf) for leaf in leaves]
    shapes = [array.shape for array in found]
    batch = shapes[0][0] if shapes and shapes[0] else None
    cell_states.check_shapes(layer.owner, "states", layer.cell, shapes, batch)
    with np.errstate(over="ignore"):
        states = tuple(layer.cast(found))
    for given, state in zip(found, states, strict=True):
        arguments.check_held(layer.owner, "states", given, state)
    return states


def flags(owner: str, name: str, mask: Any, batch: int) -> Mask:
    """Return which samples are to be reset, the argument `name`, as booleans (batch,).

    Raises:
        ArgumentError: it holds other than booleans, or zeros and ones.
        ShapeError: it is not (batch,), that of the carried states.
    """
    array = arguments.as_array(owner, name, mask)
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ArgumentError(
            f"{owner}: `{name}` must hold booleans, True for the samples to reset; got dtype "
            f"{array.dtype}."
        )
    if array.shape != (batch,):
        raise ShapeError(
            f"{owner}: `{name}` must have shape (batch={batch},), one flag for each carried "
            f"sample; got {array.shape}."
        )
    return array.astype(bool)
