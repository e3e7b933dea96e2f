"""What a compiled pass over a sequence leaves behind, for the way back and for whoever looks."""

import contextlib
from typing import Any

import numpy as np

from elman._typing import Array, State
from elman.bptt import History, Weights

with contextlib.suppress(ImportError):  # `kernels.status` says why they are not there
    from elman import _native


class NativeTape:
    """What the compiled `backpropagate` reads of a forward pass.

    Attributes:
        arguments: of the pass, the arrays for outputs, final states and history last.
        history: the states and gates of all steps, where they were asked for.
        native: the pass with what it recorded; None once it was run in reverse, which spends it.
        cell, x, weights, reset_state: what entered it, as they were given.
    """

    __slots__ = ("arguments", "cell", "history", "native", "reset_state", "weights", "x")

    def __init__(
        self,
        arguments: tuple[Any, ...],
        cell: str,
        x: Array,
        weights: Weights,
        reset_state: State = (),
        history: History | None = None,
    ) -> None:
        seen = () if history is None else (*history.states, *history.gates)
        self.arguments: tuple[Any, ...] = (*arguments, seen)
        self.cell, self.x, self.weights = cell, x, weights
        self.reset_state, self.history = reset_state, history
        self.native: Any = _native.Pass(*self.arguments)

    def taken(self) -> Any:
        """Return the pass, to be run in reverse."""
        native, self.native = self.native, None
        if native is None:
            *entered, outputs, final, _ = self.arguments
            again = (*entered, np.empty_like(outputs), tuple(map(np.empty_like, final)))
            native = _native.Pass(*again)
        return native
