"""The states that a stateful layer carries from call to call: which samples are reset."""

from typing import Any

import numpy as np

from elman import _tree
from elman._typing import Mask, State
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments


def put_back(layer: Any, mask: Any) -> None:
    """Put some samples of the carried states of a layer back to what a sequence starts from."""
    rows = _rows(layer.owner, mask, layer.states)
    start = _tree.flatten(layer.get_initial_state(len(rows)))
    pairs = zip(_tree.flatten(layer.states), start, strict=True)
    states = [np.where(rows[:, None], begin, state) for state, begin in pairs]
    layer.states = tuple(layer.pack_states(states))


def of_batch(layer: Any, batch: int) -> State:
    """Return the states that a layer carries to a batch, () where there are none.

    Raises:
        ShapeError: they are of a batch of another size.
    """
    if not layer.stateful or layer.states is None:
        return ()
    states = tuple(_tree.flatten(layer.states))
    if len(states[0]) != batch:
        raise ShapeError(
            f"{layer.owner}: `x` must have batch={len(states[0])}, that of the carried "
            f"state; got {batch}. Call `reset_state()` before a batch of another size."
        )
    return states


def _rows(owner: str, mask: Any, states: Any) -> Mask:
    """Return the argument of `reset_state(mask)` as booleans, one a carried sample.

    Raises:
        ArgumentError: it holds other than booleans, or zeros and ones.
        ShapeError: it is not (batch,), that of the carried states.
    """
    array = arguments.as_array(owner, "mask", mask)
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ArgumentError(
            f"{owner}: `mask` must hold booleans, True for the samples to reset; got dtype "
            f"{array.dtype}."
        )
    batch = len(_tree.flatten(states)[0])
    if array.shape != (batch,):
        raise ShapeError(
            f"{owner}: `mask` must have shape (batch={batch},), one flag for each carried sample; "
            f"got {array.shape}."
        )
    return array.astype(bool)
