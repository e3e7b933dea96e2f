"""The influence of all weights so far on any part: its derivatives row by row, from its `backward`.

    e_i^T dy/dx,   e_i^T dy/dtheta         what `backward` makes of the unit vector e_i

    recurrent   P_t = J P_{t-1} + X Q + I     as in `influence.py`
                Q'  = K P_{t-1} + Z Q + L     of the output y_t, which need not be a state
    static      Q'  = D Q + I

Exact whatever the part computes, and slow: a call of `backward` for each state and output of each
sequence, since `backward` adds up the gradients of the weights over the sequences of a batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array, State
from elman.layers.parts.passes import Mode
from elman.layers.recurrence.stock_cell import StockCell
from elman.online.influence import advance
from elman.online.parts import EVERY_STEP, Recurrent, Static

REPEATED = Mode(training=True, record=True, again=True)


class OfAnyCell:
    """The influence on a recurrent part with whatever cell.

    Args:
        part: the part.
        below: how many weights the parts below have.
        trained: of each weight, whether it is trained.
        start: the states to begin with, (B, U) each.
    """

    def __init__(self, part: Recurrent, below: int, trained: Sequence[bool], start: State) -> None:
        self.part, self.below, self.trained = part, below, tuple(trained)
        sizes = (w.array.size for w, on in zip(part.weights, trained, strict=True) if on)
        n = sum(state[0].size for state in start)
        self._is_state = isinstance(part.run, StockCell)  # the output is the first state
        self.P = np.zeros((len(start[0]), n, below + sum(sizes)), part.layer.dtype)

    def forward(self, x: Array, state: State) -> tuple[Array, State, Any]:
        """Return the output, the new state, and what `carry` reads."""
        x = x.astype(self.part.layer.dtype, copy=False)[:, None]
        run = self.part.run
        kept = [  # a sequence at a time
            run.unroll(x[b : b + 1], tuple(s[b : b + 1] for s in state), None, EVERY_STEP, REPEATED)
            for b in range(len(x))
        ]
        new = tuple(np.concatenate(rows) for rows in zip(*(own for _, own, _ in kept), strict=True))
        return np.concatenate([y[:, 0] for y, _, _ in kept]), new, kept

    def carry(self, kept: Any, Q: Array | None) -> Array:
        """Carry the influence through the step, and return that of its output."""
        found = [np.stack(each) for each in zip(*map(self._rows, kept), strict=True)]
        dbefore, dx, own = found
        m = 0 if self._is_state else kept[0][0].size  # the rows of the output stand first
        output = dbefore[:, :m] @ self.P
        if Q is not None:
            output[:, :, : self.below] += dx[:, :m] @ Q
        output[:, :, self.below :] += own[:, :m]
        advance(self.P, dbefore[:, m:], None, dx[:, m:], Q)
        self.P[:, :, self.below :] += own[:, m:]
        return self.P[:, : kept[0][0].size] if self._is_state else output

    def _rows(self, kept: Any) -> tuple[Array, Array, Array]:
        """Return of one sequence, by row, d/d(state before), d/dx and d/dtheta."""
        y, new, tape = kept
        ends, found = [y, *new], []
        first = y.size if self._is_state else 0
        for i in range(first, sum(end.size for end in ends)):
            doutput, *dstates = _unit(i, ends)
            dx, dbefore, dweights = self.part.run.backpropagate(tape, doutput, tuple(dstates))
            found.append((_flat(dbefore), dx.ravel(), self._kept(dweights)))
        before, dxs, own = (np.stack(parts) for parts in zip(*found, strict=True))
        return before, dxs, own

    def _kept(self, dweights: Sequence[Array]) -> Array:
        kept = [dw for dw, on in zip(dweights, self.trained, strict=True) if on]
        return _flat(kept) if kept else np.empty(0, self.P.dtype)


class OfAnyLayer:
    """The influence on the outputs of a part without a state.

    Args:
        part: the part.
        below: how many weights the parts below have.
        trained: of each weight, whether it is trained.
    """

    def __init__(self, part: Static, below: int, trained: Sequence[bool]) -> None:
        self.part, self.below, self.trained = part, below, tuple(trained)

    def forward(self, x: Array, state: State) -> tuple[Array, State, Any]:
        """Return the output, no state, and what `carry` reads."""
        alone = any(self.trained)  # a sequence at a time, so that its gradients are its own
        rows = [x[b : b + 1] for b in range(len(x))] if alone else [x]
        kept = [(row, *self.part.forward(row[:, None], (), REPEATED)) for row in rows]
        return np.concatenate([y[:, 0] for _, y, _, _ in kept]), (), kept

    def carry(self, kept: Any, Q: Array | None) -> Array:
        """Return the output's influence; see `Gated.carry`."""
        D, own = (np.concatenate(each) for each in zip(*map(self._rows, kept), strict=True))
        found = [] if Q is None else [D @ Q]
        return np.concatenate([*found, own], axis=2) if any(self.trained) or not found else found[0]

    def _rows(self, kept: Any) -> tuple[Array, Array]:
        """Return by row dy/dx (B, G, F), and dy/dtheta (B, G, p)."""
        x, y, _, tape = kept
        B, _, G = y.shape
        D, own = [], []
        for i in range(G):
            dy = np.zeros_like(y)
            dy[:, 0, i] = 1
            dx, dweights = self.part.backward(tape, dy, None, x.dtype.kind == "f")
            D.append(np.zeros((B, 0), y.dtype) if dx is None else dx.reshape(B, -1))
            trained = [dw for dw, on in zip(dweights, self.trained, strict=True) if on]
            own.append(_flat(trained)[None] if trained else np.empty((B, 0), y.dtype))
        return np.stack(D, axis=1), np.stack(own, axis=1)


def _unit(i: int, like: Sequence[Array]) -> list[Array]:
    """Return arrays of these shapes, end to end the unit vector e_i."""
    flat = np.zeros(sum(array.size for array in like), like[0].dtype)
    flat[i] = 1
    ends = np.cumsum([array.size for array in like])[:-1]
    return [part.reshape(a.shape) for part, a in zip(np.split(flat, ends), like, strict=True)]


def _flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays])
