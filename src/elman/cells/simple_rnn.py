"""The Elman cell, the recurrence of `elman.layers.SimpleRNN`.

    a_t = x_t W + b + h_{t-1} R      pre-activation
    h_t = phi(a_t)                   hidden state, and the output of the step

    x_t  (B, F)    W  kernel            (F, U)      B  batch
    h_t  (B, U)    R  recurrent_kernel  (U, U)      F  features
    a_t  (B, U)    b  bias              (U,)        U  units

`x_t W + b` does not depend on the state, so `elman.bptt` computes it for the whole
sequence at once. It arrives here as `xw`, and its gradient leaves as `dxw`.

Source: J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
"""

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("h",)  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1  # rows of bias: the second, where there is one, is added to h R
CACHE = ("h_prev", "a", "h")  # what `forward` keeps for `backward`


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (R,), ((phi, _),) = state, recurrent, activations
    a = xw + gate_product(h_prev, R, drop)  # (B, U)
    h = phi(a)  # (B, U)
    return (h,), (h_prev, a, h)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R."""
    (dh,), (R,), ((_, dphi),) = dstate, recurrent, activations
    h_prev, a, h = cache  # dh sums both readers of h_t: output t, step t+1
    da = dphi(dh, a, h)  # (B, U)
    dh_prev, dR = dgate_product(da, h_prev, R, drop)  # (B, U), (U, U)
    return da, (dh_prev,), (dR,)  # dxw = da, because xw enters a by addition
