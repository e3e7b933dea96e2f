"""States to start from that are learned: a weight (size,) a state, the same for all samples.

forward     state_0[b] = s                        a reset before step t puts in s as well
backward    ds = sum over b of dstate_0[b] + what reaches s through resets
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array, State
from elman.layers.recurrence import cell_states
from elman.parameters import Weight


def weights(layer: Any) -> tuple[Weight, ...]:
    """Make the weights of a layer, zeros at first."""
    names, sizes = cell_states.weight_names(layer.cell), cell_states.flat(layer.cell.state_size)
    pairs = zip(names, sizes, strict=True)
    return tuple(layer.add_weight((size,), "zeros", name=name) for name, size in pairs)


def arrays(learned: Sequence[Weight]) -> State:
    """Return their numbers, (size,) an array."""
    return tuple(weight.array for weight in learned)


def start(states: Sequence[Array], batch: int) -> State:
    """Return states (size,) as those of all samples, (batch, size)."""
    return tuple(np.repeat(state[None], batch, axis=0) for state in states)


def dstart(begun: State, put_in: State, out: Sequence[Array]) -> None:
    """Leave the gradients of the weights in `out`.

    Args:
        begun: those of the first states, (batch, size) an array; () where these were others.
        put_in: those of what resets put in, (size,) an array; () where nothing was reset.
        out: one array a weight.
    """
    for i, place in enumerate(out):
        place[...] = begun[i].sum(axis=0) if begun else 0
        if put_in:
            place += put_in[i]
