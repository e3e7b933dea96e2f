"""The gated recurrent unit with the reset gate before the product: `GRU(reset_after=False)`.

    z = sigma(x_t W_z + b_z + h_{t-1} R_z)          update gate    how much of the old state stays
    r = sigma(x_t W_r + b_r + h_{t-1} R_r)          reset gate     how much of it the candidate sees
    k = phi(x_t W_h + b_h + (r * h_{t-1}) R_h)      candidate
    h_t = z * h_{t-1} + (1 - z) * k                 hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 3U)      B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 3U)      F  features
                    b  bias              (3U,)        U  units

`x_t W + b` arrives as `xw`, computed by `elman.bptt` for all timesteps at once.

Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
machine translation", EMNLP 2014, equations 5 to 8 (with z and 1 - z as Keras has them).
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("z", "r", "h")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
CACHE = ("h_prev", "a", "z", "r", "k")
ACTIVATED = ("z", "r", "k")


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (R,), ((phi, _), (sigma, _)) = state, recurrent, activations
    U = h_prev.shape[1]
    R_zr, R_h = R[:, : 2 * U], R[:, 2 * U :]
    a_zr = xw[:, : 2 * U] + gate_product(h_prev, R_zr, drop[:2])  # (B, 2U)
    z, r = sigma(a_zr[:, :U]), sigma(a_zr[:, U:])  # (B, U) each
    a_h = xw[:, 2 * U :] + gate_product(r * h_prev, R_h, drop[2:])  # (B, U)
    k = phi(a_h)  # (B, U)
    h = z * h_prev + (1 - z) * k  # (B, U)
    return (h,), (h_prev, np.concatenate([a_zr, a_h], axis=1), z, r, k)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R."""
    (dh,), (R,), ((_, dphi), (_, dsigma)) = dstate, recurrent, activations
    h_prev, a, z, r, k = cache
    U = h_prev.shape[1]
    R_zr, R_h = R[:, : 2 * U], R[:, 2 * U :]
    a_z, a_r, a_h = np.split(a, 3, axis=1)
    da_h = dphi(dh * (1 - z), a_h, k)  # (B, U)
    drh, dR_h = dgate_product(da_h, r * h_prev, R_h, drop[2:])  # d(r * h_prev), (U, U)
    da_z = dsigma(dh * (h_prev - k), a_z, z)  # dh/dz = h_prev - k
    da_r = dsigma(drh * h_prev, a_r, r)
    da_zr = np.concatenate([da_z, da_r], axis=1)  # (B, 2U)
    dh_product, dR_zr = dgate_product(da_zr, h_prev, R_zr, drop[:2])  # (B, U), (U, 2U)
    dh_prev = dh * z + drh * r + dh_product  # h_prev is read by h_t, by r * h_prev, by z and r
    dxw = np.concatenate([da_zr, da_h], axis=1)  # (B, 3U)
    return dxw, (dh_prev,), (np.concatenate([dR_zr, dR_h], axis=1),)
