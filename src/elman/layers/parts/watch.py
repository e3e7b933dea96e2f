"""Watching a pass: what enters the time loop of each cell, and all that it goes through.

    mode = Mode(…, watch=Watch())      and then  mode.watch.calls

A cell hands what it would ask of the kernels to the watch, where a mode has one. The kernels do
what they always do, and hand out their history besides; without a watch they keep none.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import kernels
from elman._typing import Array, State
from elman.kernels import Gradients, History


class Call:
    """One run of a cell over a sequence, as it was asked of the kernels.

    Attributes:
        cell: the layer that asked.
        entered: what it computed with, by the names of `kernels.unroll`: arguments that were left
            at their defaults may be missing, and of a cell of your own there are few.
        outputs: what came out, (batch, timesteps, units) or (batch, units).
        history: the states and gates of all steps.
        need_weights: whether the gradients of weights are wanted.
        gradients, doutputs: dL/d of what entered and of the states, and of the outputs, once the
            run was undone.
    """

    def __init__(self, cell: Any, entered: dict[str, Any], outputs: Array, history: History):
        self.cell, self.entered, self.outputs, self.history = cell, entered, outputs, history
        self.need_weights = False
        self.gradients: Gradients | None = None
        self.doutputs: Array | None = None


class WatchedTape:
    """The tape of a call, by which the watch hears that it is undone."""

    __slots__ = ("call", "tape")

    def __init__(self, tape: kernels.Tape | kernels.NativeTape, call: Call) -> None:
        self.tape, self.call = tape, call

    def backpropagate(self, doutputs: Array, dstate: State, **options: Any) -> Gradients:
        """Run the call in reverse; see `kernels.backpropagate`."""
        options |= {"record_states": True, "need_x": True, "need_initial_state": True}
        options |= {"need_weights": self.call.need_weights}
        found = kernels.backpropagate(self.tape, doutputs, dstate, **options)
        self.call.gradients, self.call.doutputs = found, doutputs
        return found


class Watch:
    """What is seen of a pass through a model, and of the way back.

    Args:
        need_weights: whether the gradients of recurrent weights are wanted. By default nobody
            learns from a watched pass, and they are left out, as zeros.

    Attributes:
        calls: the runs of cells over sequences, in their order.
        looks_on: whether it changes nothing, so that layers may run bound to their shape.
    """

    looks_on = True

    def __init__(self, *, need_weights: bool = False) -> None:
        self.need_weights = need_weights
        self.calls: list[Call] = []
        self._states: list[list[Array]] = []

    def step(self, states: Sequence[Array]) -> None:
        """Keep the states after a turn of the loop of a cell of your own."""
        self._states.append(list(states))

    def loop(self, cell: Any, timesteps: Sequence[int], outputs: Array, **entered: Any) -> None:
        """Keep the call of a cell of your own, which has taken its turns at these timesteps."""
        kept, self._states = dict(zip(timesteps, self._states, strict=True)), []
        T = entered["x"].shape[1]
        state = entered["initial_state"]
        found: list[Any] = [None] * T
        for t in reversed(range(T)) if entered["go_backwards"] else range(T):
            state = found[t] = kept.get(t, state)  # where no row takes a step, it stays
        states = tuple(np.stack(each, axis=1) for each in zip(*found, strict=True))
        self.add(cell, entered, outputs, History(states, ()))

    def unroll(
        self, cell: Any, name: str, x: Array, weights: Any, initial_state: State, **entered: Any
    ) -> tuple[Array, State, WatchedTape]:
        """Run a cell over a sequence, and keep what it goes through; see `kernels.unroll`."""
        outputs, final, tape = kernels.unroll(
            name, x, weights, initial_state, **entered, keep_history=True
        )
        entered |= {"name": name, "x": x, "weights": weights, "initial_state": initial_state}
        return outputs, final, self.keep(cell, entered, outputs, tape)

    def keep(self, cell: Any, entered: dict[str, Any], outputs: Array, tape: Any) -> WatchedTape:
        """Keep a run of a cell that has kept its history; return the tape for the way back."""
        call = self.add(cell, entered, outputs, kernels.history(tape))
        call.need_weights = self.need_weights
        return WatchedTape(tape, call)

    def add(self, cell: Any, entered: dict[str, Any], outputs: Array, history: History) -> Call:
        """Keep a call, and return it.

        Arrays are copied, because others go on to write to them: weights learn, and users reuse x.
        """
        kept = {
            name: _copied(value) if name in ARRAYS else value for name, value in entered.items()
        }
        call = Call(cell, kept, outputs, history)
        self.calls.append(call)
        return call


ARRAYS = frozenset((
    "x", "weights", "initial_state", "mask", "reset_mask", "reset_state", "streams",
    "input_dropout", "recurrent_dropout",
))  # fmt: skip


def _copied(value: Any) -> Any:
    """Return copies of an array or of several, some of which may be None."""
    if type(value) is not tuple:
        return None if value is None else value.copy()
    return tuple([None if array is None else array.copy() for array in value])


def unroll(watch: Watch | None, cell: Any, *arguments: Any, **options: Any) -> Any:
    """Run a cell over a sequence, watched or not; see `kernels.unroll`."""
    if watch is None:
        return kernels.unroll(*arguments, **options)
    return watch.unroll(cell, *arguments, **options)


def backpropagate(tape: Any, doutputs: Array, dstate: State, **options: Any) -> Gradients:
    """Run it in reverse; see `kernels.backpropagate`."""
    if type(tape) is WatchedTape:
        return tape.backpropagate(doutputs, dstate, **options)
    return kernels.backpropagate(tape, doutputs, dstate, **options)
