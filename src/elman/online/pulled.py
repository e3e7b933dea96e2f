"""The influence of all weights so far on any part: its derivatives row by row, from its `backward`.

    e_i^T dy/dx,   e_i^T dy/dtheta         what `backward` makes of the unit vector e_i

    recurrent   P_t = J P_{t-1} + X Q + I     as in `influence.py`
                Q'  = K P_{t-1} + Z Q + L     of the output y_t, which need not be a state
    static      Q'  = D Q + I

Exact whatever the part computes, and slow: a call of `backward` for each state and output of each
sequence, since `backward` adds up the gradients of the weights over the sequences of a batch.
"""

from collections.abc import Sequence

import numpy as np

from elman._typing import Array, State
from elman.layers.parts.passes import Mode
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
        self.P = np.zeros((len(start[0]), n, below + sum(sizes)), part.layer.dtype)

    def step(self, x: Array, state: State, Q: Array | None) -> tuple[Array, State, Array]:
        """Return the output, the new state, and the output's influence; see `Gated.step`."""
        rows = [self._row(x[b : b + 1], [s[b : b + 1] for s in state]) for b in range(len(x))]
        y, states, before, dx, own = zip(*rows, strict=True)
        m = y[0].shape[1]  # of the rows, those of the output stand first
        dbefore, dinput, down = np.stack(before), np.stack(dx), np.stack(own)
        output = dbefore[:, :m] @ self.P
        if Q is not None:
            output[:, :, : self.below] += dinput[:, :m] @ Q
        output[:, :, self.below :] += down[:, :m]
        advance(self.P, dbefore[:, m:], None, dinput[:, m:], Q)
        self.P[:, :, self.below :] += down[:, m:]
        new = tuple(np.concatenate(parts) for parts in zip(*states, strict=True))
        return np.concatenate(y), new, output

    def _row(self, x: Array, state: list[Array]) -> tuple[Array, State, Array, Array, Array]:
        """Return output and states of one sequence, and by row d(state before), dx, dtheta."""
        x = x.astype(self.part.layer.dtype, copy=False)[:, None]
        run = self.part.run
        y, new, tape = run.unroll(x, tuple(state), None, EVERY_STEP, REPEATED)
        ends = [y, *new]
        found = []
        for i in range(sum(end.size for end in ends)):
            doutput, *dstates = _unit(i, ends)
            dx, dbefore, dweights = run.backpropagate(tape, doutput, tuple(dstates))
            found.append((_flat(dbefore), dx.ravel(), self._kept(dweights)))
        before, dxs, own = (np.stack(parts) for parts in zip(*found, strict=True))
        return y[:, 0], tuple(new), before, dxs, own

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

    def step(self, x: Array, state: State, Q: Array | None) -> tuple[Array, State, Array]:
        """Return the output, no state, and the output's influence; see `Gated.step`."""
        if not any(self.trained):
            y, D, _ = self._rows(x)
            nothing = np.empty((*y.shape, 0), y.dtype)
            return y, (), nothing if Q is None else D @ Q
        rows = [self._rows(x[b : b + 1]) for b in range(len(x))]
        y, D, own = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        return y, (), own if Q is None else np.concatenate([D @ Q, own], axis=2)

    def _rows(self, x: Array) -> tuple[Array, Array, Array]:
        """Return y (B, G), and by row dy/dx (B, G, F) and dy/dtheta (1, G, p), summed over B."""
        y, _, tape = self.part.forward(x[:, None], (), REPEATED)
        B, _, G = y.shape
        D, own = [], []
        for i in range(G):
            dy = np.zeros_like(y)
            dy[:, 0, i] = 1
            dx, dweights = self.part.backward(tape, dy, None, x.dtype.kind == "f")
            D.append(np.zeros((B, 0), y.dtype) if dx is None else dx.reshape(B, -1))
            kept = [dw for dw, on in zip(dweights, self.trained, strict=True) if on]
            own.append(_flat(kept) if kept else np.empty(0, y.dtype))
        return y[:, 0], np.stack(D, axis=1), np.stack(own)[None]


def _unit(i: int, like: Sequence[Array]) -> list[Array]:
    """Return arrays of these shapes, end to end the unit vector e_i."""
    flat = np.zeros(sum(array.size for array in like), like[0].dtype)
    flat[i] = 1
    ends = np.cumsum([array.size for array in like])[:-1]
    return [part.reshape(a.shape) for part, a in zip(np.split(flat, ends), like, strict=True)]


def _flat(arrays: Sequence[Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays])
