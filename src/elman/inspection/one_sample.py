"""What one sample of a batch has gone through, as (timesteps, columns): to be drawn and listed.

Masked steps are NaN everywhere: nothing happened there, though states stand as before.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerGradients, LayerTrace

MEANINGS = {
    "h": "hidden state h",
    "c": "cell state c",
    "input": "input gate: how much of the candidate enters",
    "forget": "forget gate: how much of the cell state is kept",
    "candidate": "candidate: what may enter the state",
    "output": "output gate: how much of the cell state is put out",
    "update": "update gate: how old state and candidate are mixed",
    "reset": "reset gate: how much of the old state the candidate sees",
    "activation": "activation of the step",
}


def index(owner: str, sample: Any, batch: int) -> int:
    """Return the place of a sample in a batch, checked."""
    found = _check.integer(owner, "sample", sample, minimum=0)
    if not batch:
        raise ArgumentError(f"{owner}: the batch must have a sample to show; got none.")
    if found >= batch:
        raise ArgumentError(
            f"{owner}: `sample` must be less than {batch}, the size of the batch; got {found}."
        )
    return found


def row(sample: int, batch: int, rows: int) -> int:
    """Return the row of a layer that belongs to a sample of the model.

    A layer in a `TimeDistributed` has several rows a sample: it is the first of them.

    >>> row(2, batch=4, rows=4), row(2, batch=4, rows=12)
    (2, 6)
    """
    return sample * rows // batch


def which_row(trace: "LayerTrace", sample: int, batch: int) -> str:
    """Return words for the row of a layer that is shown, where it has not one a sample."""
    rows = len(trace.x)
    return "" if rows == batch else f" (row {row(sample, batch, rows)} of its {rows})"


def is_sequence(array: Array) -> bool:
    """Return whether an input or output has timesteps: of features, or of tokens.

    >>> is_sequence(np.array([[3, 1]])), is_sequence(np.array([[3.0, 1.0]]))
    (True, False)
    """
    words = array.ndim == 2 and array.dtype.kind in "iu"  # a token a step
    return words or (array.ndim == 3 and array.dtype.kind in "biuf")


def meaning(name: str) -> str:
    """Return what a state or gate is called in full; of a cell of one's own its name.

    >>> meaning("c"), meaning("memory")
    ('cell state c', 'memory')
    """
    return MEANINGS.get(name, name)


def gradient(name: str) -> str:
    """Return what dL/d of a state or gate is, in full.

    >>> gradient("forget"), gradient("c")
    ('dL/d(forget): how L changes with it', 'dL/d(c): how L changes with it, h of its step held')
    """
    return f"dL/d({name}): how L changes with it" + (", h of its step held" if name == "c" else "")


def sequence(array: Array, sample: int, mask: Array | None = None) -> Array | None:
    """Return an input or output of one sample as (timesteps, features), None if it has no steps.

    >>> import numpy as np
    >>> sequence(np.array([[3, 1]]), 0).shape, sequence(np.ones((1, 4, 2)), 0).shape
    ((2, 1), (4, 2))
    """
    if not is_sequence(array):
        return None
    values = array[sample].reshape(array.shape[1], -1).astype(np.float64)
    if mask is not None:
        values[~mask[sample]] = np.nan
    return values


def values(trace: "LayerTrace", sample: int) -> dict[str, Array]:
    """Return the states and gates by name, (timesteps, units) each; the state put out comes first.

    A gate that is the state itself, the activation of a SimpleRNN, is left out.
    """
    found = {name: _steps(trace, array, sample) for name, array in trace.states.items()}
    states = list(found.values())
    for name, array in trace.gates.items():
        one = _steps(trace, array, sample)
        if not any(np.array_equal(one, state, equal_nan=True) for state in states):
            found.setdefault(name, one)
    return found


def gradients(
    found: "LayerGradients",
    trace: "LayerTrace",
    sample: int,
    names: Sequence[str] | None = None,
) -> dict[str, Array]:
    """Return dL/d of states and gates by name, (timesteps, units) each.

    Args:
        found: of the layer.
        trace: its trace.
        sample: its place in the batch.
        names: of which; of all that `values` returns, but shares of several gates, if None.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is shown as such
        return {
            name: _steps(trace, getattr(found, name), sample)
            for name in names or values(trace, sample)
            if name in found.states or name in found.gates
        }


def _steps(trace: "LayerTrace", array: Array, sample: int) -> Array:
    one: Array = array[sample].reshape(array.shape[1], -1).astype(np.float64)
    one[~trace.mask[sample]] = np.nan
    return one


def about_zero(values: Array) -> tuple[float, float]:
    """Return the ends of a scale with zero in its middle.

    >>> about_zero(np.array([0.5, -2.0, np.inf]))
    (-2.0, 2.0)
    """
    finite = np.abs(values[np.isfinite(values)])
    most = float(finite.max(initial=0.0)) or 1.0
    return -most, most


def limits(name: str, values: Array) -> tuple[float, float]:
    """Return the ends of a scale for some values: 0 and 1 for a gate that opens and closes.

    >>> limits("forget", np.array([0.25, 0.5])), limits("h", np.array([-0.25, 0.125]))
    ((0.0, 1.0), (-0.25, 0.25))
    """
    finite = values[np.isfinite(values)]
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if least < 0:
        return about_zero(values)
    if name not in ("h", "c") and most <= 1:
        return 0.0, 1.0
    return (least, most) if most > least else (least, least + 1.0)
