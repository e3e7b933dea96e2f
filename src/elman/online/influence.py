"""The influence of all weights so far on the state of a cell whose units read their own gates.

    s_t = F(a_t, q_t, s_{t-1})          a_t = x_t W + b,   q_t = h_{t-1} R + b_R

    P_t = ds_t/dtheta = J_t P_{t-1} + X_t Q_t + I_t         and        dL_t/dtheta = dL_t/dh_t P_t^h

    J_t = ds_t/ds_{t-1}      of the step           P_0 = 0: what a sequence starts from is given
    X_t = ds_t/dx_t          of the step
    Q_t = dx_t/dtheta        what the weights of the parts below have done to the input
    I_t                      what the weights of the cell itself do in this step

Unit u of a state s reads column u of each gate g, and no other (LSTM, GRU, SimpleRNN):

    A_sgu = ds_u/da_gu       C_sgu = ds_u/dq_gu       E_sru = ds_u/dr_u, not through q

    J[su, rv] = [r = h] sum_g C_sgu R_vgu + [u = v] E_sru          X[su, f] = sum_g A_sgu W_fgu
    I[su, W_fgu] = A_sgu x_f     I[su, R_vgu] = C_sgu h_v
    I[su, b_gu] = A_sgu          I[su, b_Rgu] = C_sgu

and all else in I is zero. A, C and E come from the cell's own `backward`: what reaches a_gu from
a one at every unit of s is what reaches it from unit u alone.

    s, r  states (h; of LSTM h and c)      B  batch      U  units       G  gates
    P  (B, n, p)   Q  (B, F, below)        n  S * U, the size of the state
    theta          (p,), the weights of the parts below, `below` of them, and then the cell's

Source: R. Williams and D. Zipser, "A learning algorithm for continually running fully recurrent
neural networks", Neural Computation 1 (1989), equation 10; here for many layers and gates.
"""

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from elman._typing import Activation, Array, State
from elman.activations import pair
from elman.cells import CELLS

BLOCK = 1 << 18  # multiply-adds of a product: they stay in the cache, and on one thread
LEAST = 64  # columns of a product

# What each cell's C is, given A and what `forward` kept.
READS: dict[str, Callable[[Array, State], Array]] = {
    "simple_rnn": lambda A, cache: A,  # q is added to a
    "lstm": lambda A, cache: A,
    "gru": lambda A, cache: _gru_reads(A, cache),
}


def _gru_reads(A: Array, cache: State) -> Array:
    """Return C of a GRU: its candidate reads x_h + r * q_h."""
    C = A.copy()
    C[:, 2] *= cache[CELLS["gru"].CACHE.index("r")]
    return C


def sensitivities(
    maths: ModuleType,
    name: str,
    cache: State,
    recurrent: tuple[Array, ...],
    functions: tuple[Activation, ...],
) -> tuple[Array, Array, Array]:
    """Return A and C, (B, S, G, U), and E (B, S, S, U) of a step."""
    B, U = cache[0].shape
    S, G = len(maths.STATES), len(maths.GATES)
    nothing = (np.zeros_like(recurrent[0]), *recurrent[1:])  # so that nothing comes through q
    A, C = np.empty((2, B, S, G, U), cache[0].dtype)
    E = np.empty((B, S, S, U), cache[0].dtype)
    for s in range(S):
        ones = tuple(np.full((B, U), s == r, E.dtype) for r in range(S))
        da, dbefore, _ = maths.backward(ones, cache, nothing, functions, ())
        A[:, s] = da.reshape(B, G, U)
        C[:, s] = READS[name](A[:, s], cache)
        E[:, s] = np.stack(dbefore, axis=1)
    return A, C, E


class Gated:
    """The influence on a SimpleRNN, a GRU with `reset_after`, or an LSTM.

    Args:
        cell: a `StockCell`, whose activations and weights are read at every step.
        below: how many weights the parts below have.
        trained: of kernel, recurrent kernel and bias, whether they are trained.
        batch: the number of sequences.
    """

    def __init__(self, cell: Any, below: int, trained: tuple[bool, ...], batch: int) -> None:
        self.cell, self.below = cell, below
        kept = [w for w, on in zip(cell.cell_weights, trained, strict=False) if on]
        ends = np.cumsum([below, *(w.size for w in kept)]).tolist()
        slices = iter([slice(a, b) for a, b in itertools.pairwise(ends)])
        self._own = [next(slices) if on else None for on in trained]
        n = cell.units * len(cell.state_names)
        self.P = np.zeros((batch, n, ends[-1]), cell.dtype)

    def forward(self, x: Array, state: State) -> tuple[Array, State, Any]:
        """Take a timestep: return the output, the new state, and what `carry` reads.

        Args:
            x: (B, F).
            state: the arrays (B, U) before the step.
        """
        cell, maths = self.cell, CELLS[self.cell.cell_name]
        x = x.astype(cell.dtype, copy=False)
        (W, R, bias), functions = cell.cell_weights, tuple(map(pair, cell.functions))
        b = np.zeros((maths.BIASES, W.shape[1]), W.dtype) if bias is None else bias
        b = b.reshape(maths.BIASES, -1)
        recurrent = (R, *b[1:])
        new, cache = maths.forward(x @ W + b[0], state, recurrent, functions, ())
        return new[0], new, (x, state, cache, recurrent, functions)

    def carry(self, kept: Any, Q: Array | None) -> Array:
        """Carry the influence through the step, and return that of its output.

        Args:
            kept: what `forward` returned.
            Q: dx/dtheta (B, F, below); None where no part below is trained.
        """
        cell, maths = self.cell, CELLS[self.cell.cell_name]
        x, state, cache, recurrent, functions = kept
        W, R, _ = cell.cell_weights
        A, C, E = sensitivities(maths, cell.cell_name, cache, recurrent, functions)
        B, S, G, U = A.shape
        J = np.einsum("bsgu,vgu->bsuv", C, R.reshape(U, G, U))
        diagonal = np.einsum("bsuu->bsu", J)
        diagonal += E[:, :, 0]
        X = None
        if Q is not None:
            X = np.einsum("bsgu,fgu->bsuf", A, W.reshape(-1, G, U)).reshape(B, S * U, -1)
        advance(self.P, J.reshape(B, S * U, U), E, X, Q)
        self._add_own(x, state[0], A, C)
        return self.P[:, :U]

    def _add_own(self, x: Array, h: Array, A: Array, C: Array) -> None:
        """Add I_t: the weights that unit u reads are u of each gate's columns."""
        kernel, recurrent, bias = (*self._own, None)[:3]
        B, S, G, U = A.shape
        rows = self.P.reshape(B, S, U, -1)
        for own, left, right in ((kernel, x, A), (recurrent, h, C)):
            if own is not None:
                at = rows[..., own].reshape(B, S, U, -1, G, U)
                view = np.einsum("bsukgu->bskgu", at)
                view += left[:, None, :, None, None] * right[:, :, None]
        if bias is not None:
            at = rows[..., bias].reshape(B, S, U, -1, G, U)
            view = np.einsum("bsukgu->bskgu", at)
            view[:, :, 0] += A
            view[:, :, 1:] += C[:, :, None]


def advance(P: Array, J: Array, E: Array | None, X: Array | None, Q: Array | None) -> None:
    """Let P become J P + X Q, where it lies.

    Args:
        P: (B, n, p).
        J: (B, n, m), of the first m states.
        E: (B, S, S, U), of unit u of the other states on unit u of each; None where m is n.
        X, Q: (B, n, F) and (B, F, below), of the first columns; None where there is nothing below.
    """
    B, n, p = P.shape
    m, below = J.shape[2], 0 if Q is None else Q.shape[2]
    width = max(LEAST, BLOCK // (n * m))
    out = np.empty((B, n, min(width, p)), P.dtype)
    for start, stop in _blocks(below, p, width):
        old, new = P[:, :, start:stop], out[:, :, : stop - start]
        np.matmul(J, old[:, :m], out=new)
        if X is not None and Q is not None and stop <= below:
            new += X @ Q[:, :, start:stop]
        if E is not None:
            _add_alone(new, old, E)
        old[...] = new


def _add_alone(new: Array, old: Array, E: Array) -> None:
    """Add what the states but the first do to each state, unit by unit."""
    S, U = E.shape[1], E.shape[3]
    for s in range(S):
        for r in range(1, S):
            new[:, s * U : (s + 1) * U] += E[:, s, r, :, None] * old[:, r * U : (r + 1) * U]


def _blocks(below: int, p: int, width: int) -> list[tuple[int, int]]:
    """Return columns from and to, none of which lies on both sides of `below`."""
    spans = ((0, below), (below, p))
    return [(i, min(i + width, b)) for a, b in spans for i in range(a, b, width)]
