"""The LSTM whose gates see the cell state, the recurrence of `elman.layers.PeepholeLSTM`.

    [a_i a_f a_g a_o] = x_t W + b + h_{t-1} R

    i = sigma(a_i + p_i * c_{t-1})   input gate       how much of the candidate enters
    f = sigma(a_f + p_f * c_{t-1})   forget gate      how much of the old cell state stays
    g = phi(a_g)                     candidate
    c_t = f * c_{t-1} + i * g        cell state
    o = sigma(a_o + p_o * c_t)       output gate      it sees the cell state that it lets through
    h_t = o * phi(c_t)               hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 4U)      p_i  peephole_i  (U,)     B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 4U)      p_f  peephole_f  (U,)     F  features
    c_t  (B, U)     b  bias              (4U,)        p_o  peephole_o  (U,)     U  units

`x_t W + b` arrives as `xw`, computed by `elman.bptt` for all timesteps at once.

Source: F. Gers and J. Schmidhuber, "Recurrent nets that time and count", IJCNN 2000; the equations
as K. Greff et al., "LSTM: a search space odyssey" (2017), section II, has them.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("i", "f", "g", "o")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h", "c")  # STATES[0] is the output of a step
BIASES = 1
VECTORS = ("peephole_i", "peephole_f", "peephole_o")
CACHE = ("h_prev", "c_prev", "a", "i", "f", "g", "o", "c", "y")  # a with what the peepholes add


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev, c_prev), (R, p_i, p_f, p_o) = state, recurrent
    (phi, _), (sigma, _) = activations
    a_i, a_f, a_g, a_o = np.split(xw + gate_product(h_prev, R, drop), 4, axis=1)  # (B, U) each
    a_i, a_f = a_i + p_i * c_prev, a_f + p_f * c_prev
    i, f, g = sigma(a_i), sigma(a_f), phi(a_g)
    c = f * c_prev + i * g  # (B, U)
    a_o = a_o + p_o * c
    o, y = sigma(a_o), phi(c)  # (B, U), y is the cell state as the output gate lets it through
    a = np.concatenate([a_i, a_f, a_g, a_o], axis=1)  # (B, 4U)
    return (o * y, c), (h_prev, c_prev, a, i, f, g, o, c, y)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, the previous state, R, p_i, p_f and p_o."""
    (dh, dc), (R, p_i, p_f, p_o) = dstate, recurrent
    (_, dphi), (_, dsigma) = activations
    h_prev, c_prev, a, i, f, g, o, c, y = cache
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    da_o = dsigma(dh * y, a_o, o)  # (B, U)
    dc = dc + dphi(dh * o, c, y) + da_o * p_o  # read by step t+1, by h_t and by the output gate
    da_i, da_f = dsigma(dc * g, a_i, i), dsigma(dc * c_prev, a_f, f)
    da_g = dphi(dc * i, a_g, g)
    dc_prev = dc * f + da_i * p_i + da_f * p_f  # read by c_t and by both gates
    dp = [(da_i * c_prev).sum(axis=0), (da_f * c_prev).sum(axis=0), (da_o * c).sum(axis=0)]
    da = np.concatenate([da_i, da_f, da_g, da_o], axis=1)  # (B, 4U)
    dh_prev, dR = dgate_product(da, h_prev, R, drop)  # (B, U), (U, 4U)
    return da, (dh_prev, dc_prev), (dR, *dp)
