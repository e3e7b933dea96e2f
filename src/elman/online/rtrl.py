"""Real-time recurrent learning: the exact gradient of each loss, and nothing stored of before.

    dL_t/dtheta = dL_t/dh_t  dh_t/dtheta           the second factor is carried from step to step

The states of all recurrent parts are taken as one vector, and theta as all weights up to the last
recurrent part: a part hands on how the weights below move what it puts out. What stands behind the
last recurrent part sees the timestep alone, and has its gradient by backpropagation.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, State
from elman.layers import Dense
from elman.layers.parts.kinds import redefined
from elman.layers.parts.passes import INFERENCE, TRAINING
from elman.layers.recurrence.stock_cell import COMPUTES, StockCell
from elman.online.dense import OfDense
from elman.online.influence import READS, Gated
from elman.online.parts import Part, back, restarted, through
from elman.online.pulled import OfAnyCell, OfAnyLayer

Judge = Callable[[Array], Array | None]


def is_gated(part: Part) -> bool:
    """Say whether `influence.py` knows the cell of a part: whether units read their own gates.

    A softmax, say, reads all units; of a function of one's own nobody knows.
    """
    cell: Any = part.layer.cell if part.recurrent else None
    return (
        isinstance(cell, StockCell)
        and cell.cell_name in READS
        and all(function in (*kernels.ACTIVATIONS, "celu") for function in cell.functions)
        and cell.has_its_own_weights_alone
        and not redefined(cell, StockCell, COMPUTES)
    )


class Rtrl:
    """A chain of parts that learns in real time.

    Args:
        parts: the chain.
        batch: the number of sequences.
    """

    def __init__(self, parts: Sequence[Part], batch: int) -> None:
        last = max((i for i, part in enumerate(parts) if part.recurrent), default=-1) + 1
        self.body, self.head, self.batch = list(parts[:last]), list(parts[last:]), batch
        self.states: list[State] = [part.start(batch) for part in self.body]
        self._influence = self._made()
        self._judged = 0
        self._sums: list[list[Array]] = []  # of gradients; none before there are some to add up

    def _made(self) -> list[Any]:
        """Return what carries the influence through each part, zero at first."""
        found, below = [], 0
        for part, state in zip(self.body, self.states, strict=True):
            trained = tuple(w.trainable for w in part.weights)
            if is_gated(part):
                made: Any = Gated(part.layer.cell, below, trained, self.batch)
            elif part.recurrent:
                made = OfAnyCell(part, below, trained, state)  # type: ignore[arg-type]
            elif type(part.layer) is Dense:
                made = OfDense(part.layer, below, trained)
            else:
                made = OfAnyLayer(part, below, trained)  # type: ignore[arg-type]
            below += sum(w.array.size for w in part.weights if w.trainable)
            found.append(made)
        return found

    # ------------------------------------------------------------------ running

    def look(self, x: Array, fresh: Mask | None) -> Array:
        """Return what the next step would give, (B, O), and take none."""
        states = [*restarted(self.body, self.states, fresh), *[()] * len(self.head)]
        y, _, _ = through(self._parts, x[:, None], states, INFERENCE)
        return y[:, 0]

    def step(
        self, x: Array, judge: Judge | None, places: Any, update: bool, fresh: Mask | None
    ) -> tuple[Array, bool]:
        """Take a timestep, and see what is to be learned from it.

        Args:
            x: (B, F).
            judge: gives dL/dy of an output (B, O); None where there is no target.
            places: an array for the gradient of each weight of each part.
            update: whether this is the last step before the weights change.
            fresh: (B,), in which sequences another begins with this step; None for none.

        Returns:
            The output (B, O), and whether there are gradients in the places now: of the mean loss
            of the steps since the last update.
        """
        h, states, memory = x, [], []
        begun = restarted(self.body, self.states, fresh)
        for made, before in zip(self._influence, begun, strict=True):
            h, state, kept = made.forward(h, before)
            states.append(state)
            memory.append(kept)
        y, _, tapes = through(self.head, h[:, None], [()] * len(self.head), TRAINING)
        dy = None if judge is None else judge(y[:, 0])  # nothing has changed, if it objects
        self.states, Q = states, None
        if fresh is not None:  # what a sequence starts from is given: no weight has moved it
            for part, made in zip(self.body, self._influence, strict=True):
                if part.recurrent:
                    made.P[fresh] = 0
        for made, kept in zip(self._influence, memory, strict=True):
            Q = made.carry(kept, Q)
            Q = Q if Q.shape[2] else None
        alone = update and self._judged == 0
        if dy is not None:
            self._learn(dy, tapes, Q, places if alone else self._summed(places))
        ready = update and self._judged > 0
        if ready and not alone:
            for own, sums in zip(places, self._sums, strict=True):
                for place, total in zip(own, sums, strict=True):
                    np.divide(total, self._judged, out=place)
        self._judged = 0 if update else self._judged
        return y[:, 0], ready

    def _summed(self, places: Any) -> list[list[Array]]:
        """Return where gradients are added up: apart, for the places are the whole model's."""
        self._sums = self._sums or [[np.zeros_like(place) for place in own] for own in places]
        return self._sums

    def _learn(self, dy: Array, tapes: list[Any], Q: Array | None, places: Any) -> None:
        """Add the gradients of a step to their places."""
        split = len(self.body)
        heads = places[split:]
        fresh = heads if self._judged == 0 else [[np.zeros_like(p) for p in own] for own in heads]
        dh = back(self.head, tapes, dy[:, None], fresh, Q is not None)
        if self._judged:
            for own, new in zip(heads, fresh, strict=True):
                for place, gradient in zip(own, new, strict=True):
                    place += gradient
        if Q is not None and dh is not None:
            flat, at = np.tensordot(dh[:, 0], Q, 2), 0
            for part, own in zip(self.body, places[:split], strict=True):
                for weight, place in zip(part.weights, own, strict=True):
                    if weight.trainable:
                        gradient = flat[at : at + place.size].reshape(place.shape)
                        at += place.size
                        place[...] = gradient + place if self._judged else gradient
        self._judged += 1

    # ------------------------------------------------------------------ state

    @property
    def _parts(self) -> list[Part]:
        return [*self.body, *self.head]

    def begin_from(self, states: list[State]) -> None:
        """Go on from these states, which are taken as given."""
        self.states = states
        self._influence, self._judged = self._made(), 0
