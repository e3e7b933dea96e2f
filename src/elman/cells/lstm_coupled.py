"""The LSTM whose input and forget gates are one, the recurrence of `elman.layers.CoupledLSTM`.

    [a_i a_g a_o] = x_t W + b + h_{t-1} R

    i = sigma(a_i)                       input gate       how much of the candidate enters
    g = phi(a_g)                         candidate
    o = sigma(a_o)                       output gate      how much of the cell state shows
    c_t = (1 - i) * c_{t-1} + i * g      cell state       what enters is what is forgotten
    h_t = o * phi(c_t)                   hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 3U)      B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 3U)      F  features
    c_t  (B, U)     b  bias              (3U,)        U  units

`x_t W + b` arrives as `xw`, computed by `elman.bptt` for all timesteps at once.

Source: K. Greff et al., "LSTM: a search space odyssey", IEEE Transactions on Neural Networks and
Learning Systems 28 (2017), the variant CIFG: f = 1 - i.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("i", "g", "o")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h", "c")  # STATES[0] is the output of a step
BIASES = 1
CACHE = ("h_prev", "c_prev", "a", "i", "g", "o", "c", "y")


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev, c_prev), (R,), ((phi, _), (sigma, _)) = state, recurrent, activations
    a = xw + gate_product(h_prev, R, drop)  # (B, 3U)
    a_i, a_g, a_o = np.split(a, 3, axis=1)  # (B, U) each
    i, g, o = sigma(a_i), phi(a_g), sigma(a_o)
    c = (1 - i) * c_prev + i * g  # (B, U)
    y = phi(c)  # (B, U), the cell state as the output gate sees it
    h = o * y  # (B, U)
    return (h, c), (h_prev, c_prev, a, i, g, o, c, y)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R."""
    (dh, dc), (R,), ((_, dphi), (_, dsigma)) = dstate, recurrent, activations
    h_prev, c_prev, a, i, g, o, c, y = cache
    a_i, a_g, a_o = np.split(a, 3, axis=1)
    do = dh * y
    dc = dc + dphi(dh * o, c, y)  # c_t is read by step t+1 and, through phi, by h_t
    di, dg, dc_prev = dc * (g - c_prev), dc * i, dc * (1 - i)  # dc/di = g - c_prev
    da = np.concatenate(  # (B, 3U)
        [dsigma(di, a_i, i), dphi(dg, a_g, g), dsigma(do, a_o, o)], axis=1
    )
    dh_prev, dR = dgate_product(da, h_prev, R, drop)  # (B, U), (U, 3U)
    return da, (dh_prev, dc_prev), (dR,)
