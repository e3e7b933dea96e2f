"""Where does what a recurrent layer reads come from, and the state that it begins with?

Both are told by their numbers: a trace has no graph.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from elman._typing import Array, State
from elman.inspection import entered

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerTrace
    from elman.inspection.trace import Trace


def reads(trace: "Trace", known: Sequence["LayerTrace"], i: int) -> tuple[int, ...]:
    """Return where a layer's input comes from; see `content.Layer.reads`."""
    before = known[:i]
    given, turned = [(one.outputs,) for one in before], [(_by_timestep(one),) for one in before]
    found = _made_of((known[i].x,), given, turned)
    source = None if found else entered.source(trace, known[i])
    return found if source is None else (-1 - source,)


def begins(known: Sequence["LayerTrace"], i: int) -> str:
    """Return what state a layer begins with, in words; "" for zeros."""
    initial = known[i].call.entered["initial_state"]
    if not any(array.any() for array in initial):
        return ""
    final = [
        tuple(array[:, 0 if one.go_backwards else -1] for array in one.states.values())
        for one in known[:i]
    ]
    names = [known[k].name for k in _made_of(initial, final, final)]
    many = "state" if len(names) == 1 else "states"
    return f"the final {many} of {' and '.join(names)}" if names else "a state given or carried"


def _by_timestep(one: "LayerTrace") -> Array:
    """Return a layer's outputs, from the first timestep to the last, as a `Bidirectional` does."""
    return one.outputs[:, ::-1] if one.go_backwards and one.outputs.ndim == 3 else one.outputs


def _made_of(wanted: State, alone: Sequence[State], beside: Sequence[State]) -> tuple[int, ...]:
    """Return which arrays others are, or which two side by side; of several, the latest."""
    for k in reversed(range(len(alone))):
        if _same(alone[k], wanted):
            return (k,)
    for k in reversed(range(len(beside))):
        for j in reversed(range(k)):
            pairs = list(zip(beside[j], beside[k], strict=False))
            fit = all(one.shape[:-1] == other.shape[:-1] for one, other in pairs)
            if fit and _same(tuple(np.concatenate(pair, axis=-1) for pair in pairs), wanted):
                return j, k
    return ()


def _same(some: State, others: State) -> bool:
    return len(some) == len(others) and all(
        np.array_equal(one, other, equal_nan=True) for one, other in zip(some, others, strict=True)
    )
