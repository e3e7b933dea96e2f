"""The layer-normalised LSTM, the recurrence of `elman.layers.LayerNormLSTM`.

    [a_i a_f a_g a_o] = v_x * N(x_t W) + v_h * N(h_{t-1} R) + b

    i = sigma(a_i)                   input gate       how much of the candidate enters
    f = sigma(a_f)                   forget gate      how much of the old cell state stays
    g = phi(a_g)                     candidate
    o = sigma(a_o)                   output gate      how much of the cell state shows
    c_t = f * c_{t-1} + i * g        cell state
    h_t = o * phi(v_c * N(c_t) + b_c)    hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 4U)      v_x, v_h  gain_x, gain_h  (4U,)   B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 4U)      v_c       gain_c          (U,)    F  features
    c_t  (B, U)     b  bias              (4U,)        b_c       bias_c          (U,)    U  units

N gives a row mean 0 and variance 1, of all four gates together; see `elman.cells._norm`. `x_t W`
arrives as `xw`, without b. What the paper's two normalisations add each is one b here.

Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016), arXiv:1607.06450,
supplementary material, equations 20 to 22.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._norm import dnormalise, normalise
from elman.cells._product import dgate_product, gate_product

GATES = ("i", "f", "g", "o")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h", "c")  # STATES[0] is the output of a step
BIASES = 1
NORMALISED = True
VECTORS = ("gain_x", "gain_h", "gain_c", "bias_c")
VECTOR_GATES = {"gain_x": 4, "gain_h": 4}
CACHE = (
    *("h_prev", "c_prev", "a", "i", "f", "g", "o", "n", "y"),  # n is what phi is taken of
    *("xhat", "s_x", "qhat", "s_q", "chat", "s_c"),  # normalised, and by what factor
)


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev, c_prev), (R, b, v_x, v_h, v_c, b_c) = state, recurrent
    (phi, _), (sigma, _) = activations
    xhat, s_x = normalise(xw)  # (B, 4U), (B, 1)
    qhat, s_q = normalise(gate_product(h_prev, R, drop))  # (B, 4U), (B, 1)
    a = v_x * xhat + v_h * qhat + b  # (B, 4U)
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)  # (B, U) each
    i, f, g, o = sigma(a_i), sigma(a_f), phi(a_g), sigma(a_o)
    c = f * c_prev + i * g  # (B, U)
    chat, s_c = normalise(c)  # (B, U), (B, 1)
    n = v_c * chat + b_c  # (B, U)
    y = phi(n)  # (B, U), the cell state as the output gate sees it
    cache = (h_prev, c_prev, a, i, f, g, o, n, y, xhat, s_x, qhat, s_q, chat, s_c)
    return (o * y, c), cache


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, the previous state, R, b and the vectors."""
    (dh, dc), (R, _, v_x, v_h, v_c, _) = dstate, recurrent
    (_, dphi), (_, dsigma) = activations
    h_prev, c_prev, a, i, f, g, o, n, y, xhat, s_x, qhat, s_q, chat, s_c = cache
    a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
    dn = dphi(dh * o, n, y)  # (B, U)
    dc = dc + dnormalise(dn * v_c, chat, s_c)  # c_t is read by step t+1 and by h_t
    di, df, dg, do, dc_prev = dc * g, dc * c_prev, dc * i, dh * y, dc * f
    da = np.concatenate(  # (B, 4U)
        [dsigma(di, a_i, i), dsigma(df, a_f, f), dphi(dg, a_g, g), dsigma(do, a_o, o)], axis=1
    )
    dxw = dnormalise(da * v_x, xhat, s_x)  # (B, 4U)
    dh_prev, dR = dgate_product(dnormalise(da * v_h, qhat, s_q), h_prev, R, drop)
    dvectors = (da * xhat, da * qhat, dn * chat, dn)  # a row a sample, as b's is da
    return dxw, (dh_prev, dc_prev), (dR, *(d.sum(axis=0) for d in (da, *dvectors)))
