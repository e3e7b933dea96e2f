"""A pass in which the states of one cell are changed on the way, at chosen timesteps.

    F F F F  *  F F F  *  F ...        F a timestep, * a change of the state

The kernels know nothing of it: they run the pieces of the sequence between the changes, each from
the state that the piece before has ended with. What step t leaves behind is changed: what it puts
out, and what step t+1 begins with. At a masked step, which is not taken, nothing is changed.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, State
from elman.errors import ArgumentError
from elman.kernels import History
from elman.layers.parts.watch import Watch


class Change(NamedTuple):
    """What is done to a state.

    Attributes:
        at: the timesteps of the layer's input, as they were given; None for all.
        state: which of the cell's, 0 for h.
        units: which, a list; None for all.
        function: returns the new values of these units (batch, k) from the old.
    """

    at: Sequence[int] | None
    state: int
    units: Sequence[int] | None
    function: Callable[[Array], Any]

    def turns(self, owner: str, T: int, go_backwards: bool) -> list[int]:
        """Return after which turns of the loop it is done, in order.

        Raises:
            ArgumentError: there is no such timestep.
        """
        if self.at is None:
            return list(range(T))
        for t in self.at:
            if not -T <= t < T:
                raise ArgumentError(
                    f"{owner}: `at` must be timesteps of {T}, from {-T} to {T - 1}; got {t}."
                )
        turns = {t % T for t in self.at}
        return sorted({T - 1 - t for t in turns} if go_backwards else turns)

    def apply(self, states: State, taken: Mask) -> State:
        """Return the states with the change in the rows that took the step."""
        found = [state.copy() for state in states]
        units = slice(None) if self.units is None else list(self.units)
        before = found[self.state][:, units]
        found[self.state][:, units] = np.where(taken[:, None], self.function(before), before)
        return tuple(found)


class Changing(Watch):
    """A watch that changes the states of one cell while it looks on.

    Args:
        cell: whose.
        change: how.
    """

    looks_on = False

    def __init__(self, cell: Any, change: Change) -> None:
        super().__init__()
        self.cell, self.change = cell, change

    def unroll(
        self, cell: Any, name: str, x: Array, weights: Any, initial_state: State, **entered: Any
    ) -> tuple[Array, State, Any]:
        """Run a cell over a sequence, in pieces if its states are to be changed."""
        if cell is not self.cell:
            return super().unroll(cell, name, x, weights, initial_state, **entered)
        turned = slice(None, None, -1 if entered.get("go_backwards") else 1)
        (B, T, _), mask, reset = x.shape, entered["mask"], entered.get("reset_mask")
        taken = np.ones((B, T), bool) if mask is None else mask[:, turned]
        restarts = None if reset is None else reset[:, turned]
        pieces = _Pieces(name, weights, entered, x[:, turned], taken, restarts, turned)
        states, history = initial_state, list[History]()
        after = self.change.turns(cell.owner, T, bool(entered.get("go_backwards")))
        ends = sorted({0, *(turn + 1 for turn in after), T})
        for start, stop in pairwise(ends):
            states, seen = pieces.run(start, stop, states)
            if stop - 1 in after:
                states = self.change.apply(states, taken[:, stop - 1])
                for array, state in zip(seen.states, states, strict=True):
                    array[:, -1] = state
            history.append(seen)
        whole = _joined(history)
        zeros = entered["zero_output_for_mask"]
        outputs = _outputs(whole.states[0], taken, restarts, zeros)
        outputs = outputs if entered["return_sequences"] else outputs[:, -1]
        entered |= {"name": name, "x": x, "weights": weights, "initial_state": initial_state}
        by_time = History(*(tuple(array[:, turned] for array in arrays) for arrays in whole))
        self.add(cell, entered, outputs, by_time)
        return outputs, states if entered["return_state"] else (), None


class _Pieces(NamedTuple):
    """A sequence whose pieces can be run; all arrays in the order of the turns."""

    name: str
    weights: Any
    entered: dict[str, Any]
    x: Array
    taken: Mask
    restarts: Mask | None
    turned: slice

    def run(self, start: int, stop: int, states: State) -> tuple[State, History]:
        """Return the states after a piece, and what it went through."""
        entered, piece = self.entered, slice(start, stop)
        streams = tuple(
            None if stream is None else stream[:, self.turned][:, piece]
            for stream in entered.get("streams", ())
        )
        _, new, tape = kernels.unroll(
            self.name, self.x[:, piece], self.weights, states,
            activations=entered["activations"], mask=self.taken[:, piece],
            input_dropout=entered["input_dropout"],
            recurrent_dropout=entered["recurrent_dropout"], record=False,
            reset_mask=None if self.restarts is None else self.restarts[:, piece],
            reset_state=entered.get("reset_state", ()), streams=streams, keep_history=True,
        )  # fmt: skip
        return new, kernels.history(tape)


def _joined(pieces: list[History]) -> History:
    """Return what all pieces went through as one."""
    states = zip(*(piece.states for piece in pieces), strict=True)
    gates = zip(*(piece.gates for piece in pieces), strict=True)
    return History(
        tuple(np.concatenate(parts, axis=1) for parts in states),
        tuple(np.concatenate(parts, axis=1) for parts in gates),
    )


def _outputs(h: Array, taken: Mask, restarts: Mask | None, zeros: bool) -> Array:
    """Return what is put out, given h after each turn: where no step is taken the last again."""
    found, last = np.empty_like(h), np.zeros_like(h[:, 0])
    for turn in range(h.shape[1]):
        if restarts is not None:
            last = np.where(restarts[:, turn, None], 0, last)
        step = taken[:, turn, None]
        last = np.where(step, h[:, turn], 0 if zeros else last)
        found[:, turn] = last
    return found
