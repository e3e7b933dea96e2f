"""Which rows of a batch take which step, and what becomes of the outputs of steps not taken.

outputs   y_t of the rows that take step t    ->  outputs at all steps, repeated or zero between
doutputs  dL/d(outputs at all steps)          ->  dL/dy_t, which sums over the repetitions
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.gradient_tape import boxed, record
from elman.layers.cell import Ways

Rows = slice | Array
ALL = slice(None)


class Turn(NamedTuple):
    """One turn of a time loop: its place in the outputs, the timestep, the rows that take it."""

    place: int
    t: int
    rows: Rows


def turns_of(timesteps: int, mask: Mask | None, go_backwards: bool) -> list[Turn]:
    """Return the turns that at least one row takes, in order."""
    found = []
    steps = range(timesteps)
    for place, t in enumerate(reversed(steps) if go_backwards else steps):
        if mask is None or mask[:, t].all():
            found.append(Turn(place, t, ALL))
        elif mask[:, t].any():
            found.append(Turn(place, t, np.flatnonzero(mask[:, t])))
    return found


def resets_between(turns: Sequence[Turn], fresh: Mask | None, timesteps: int) -> list[Array | None]:
    """Return the rows that are reset before each turn, and after the last; None for no row.

    Args:
        turns: the turns.
        fresh: (batch, timesteps) in the order of the loop, True where a row is reset.
        timesteps: how many.
    """
    if fresh is None:
        return [None] * (len(turns) + 1)
    ends = [*(turn.place + 1 for turn in turns), timesteps]
    found = []
    for start, end in zip([0, *ends], ends, strict=False):
        rows = np.flatnonzero(fresh[:, start:end].any(axis=1))
        found.append(rows if rows.size else None)
    return found


def arranged(
    outputs: Sequence[Array],
    turns: Sequence[Turn],
    shape: tuple[int, int, int],
    ways: Ways,
    fresh: Mask | None = None,
) -> Array:
    """Return the outputs at all steps, or at the last, from those of the steps that were taken.

    Args:
        outputs: y_t of each turn, (rows, size).
        turns: the turns.
        shape: (batch, timesteps, size).
        ways: whether all steps are wanted, and whether others put out zeros.
        fresh: where a row is reset, and so has put out zeros; in the order of the loop.
    """
    B, T, size = shape
    dtype = outputs[0].dtype if outputs else None
    output, found = np.zeros((B, size), dtype), np.zeros(shape, dtype)
    by_place = {turn.place: (turn.rows, y) for turn, y in zip(turns, outputs, strict=True)}
    for place in range(T):
        if ways.zero_output_for_mask:
            output = np.zeros_like(output)
        if fresh is not None:
            output[fresh[:, place]] = 0
        if place in by_place:
            rows, y = by_place[place]
            output[rows] = y
        found[:, place] = output
    return found if ways.return_sequences else output


def darranged(
    doutputs: Array,
    turns: Sequence[Turn],
    timesteps: int,
    ways: Ways,
    fresh: Mask | None = None,
) -> list[Array]:
    """Return dL/dy_t of each turn from the gradient of what `arranged` returned."""
    rows = {turn.place: turn.rows for turn in turns}
    waits = doutputs[:, 0] * 0 if ways.return_sequences else doutputs.copy()  # for its step
    found = []
    for place in reversed(range(timesteps)):
        if ways.return_sequences:
            waits = waits + doutputs[:, place]
        if place in rows:
            found.append(waits[rows[place]].copy())
            waits[rows[place]] = 0
        if fresh is not None:
            waits[fresh[:, place]] = 0
        if ways.zero_output_for_mask:
            waits = np.zeros_like(waits)
    return found[::-1]


class Take:
    """The rows of an array that take a step; an entry of a tape."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def forward(self, x: Array) -> Array:
        """Return them."""
        self.shape = x.shape
        return x[self.rows]

    def backward(self, dtaken: Array) -> list[Array]:
        """Return the gradient of all rows."""
        dx = np.zeros(self.shape, dtaken.dtype)
        dx[self.rows] = dtaken
        return [dx]


class Put:
    """An array with new values in the rows that took a step; an entry of a tape."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def forward(self, x: Array, new: Array) -> Array:
        """Return it."""
        y = x.copy()
        y[self.rows] = new
        return y

    def backward(self, dy: Array) -> list[Array]:
        """Return the gradients of the old and of the new values."""
        dx = dy.copy()
        dx[self.rows] = 0
        return [dx, dy[self.rows]]


def take(x: Any, rows: Rows) -> Any:
    """Return the rows of an array, or of what is in a box."""
    if isinstance(rows, slice):
        return x
    return record(Take(rows), x) if boxed(x) else x[rows]


def put(x: Any, rows: Rows, new: Any) -> Any:
    """Return an array with new values in some rows; either may be in a box."""
    if isinstance(rows, slice):
        return new
    return record(Put(rows), x, new) if boxed(x) or boxed(new) else Put(rows).forward(x, new)
