"""The gated recurrent unit with the reset gate after the product: `GRU(reset_after=True)`.

    [q_z q_r q_h] = h_{t-1} R + b_R

    z = sigma(x_t W_z + b_z + q_z)          update gate    how much of the old state stays
    r = sigma(x_t W_r + b_r + q_r)          reset gate     how much of it the candidate sees
    k = phi(x_t W_h + b_h + r * q_h)        candidate
    h_t = z * h_{t-1} + (1 - z) * k         hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 3U)      B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 3U)      F  features
                    [b; b_R]  bias       (2, 3U)      U  units

The reset gate acts on a product that all gates share, so one product a step is enough; this
is Keras's default, cuDNN's and PyTorch's form. `x_t W + b` arrives as `xw`.

Source: the variant of K. Cho et al. (2014) that cuDNN computes,
https://docs.nvidia.com/deeplearning/cudnn, `CUDNN_GRU`.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("z", "r", "h")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 2  # the first row is added to x W, the second to h R
CACHE = ("h_prev", "a", "z", "r", "k", "q_h")
ACTIVATED = ("z", "r", "k")


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (R, b_R), ((phi, _), (sigma, _)) = state, recurrent, activations
    x_z, x_r, x_h = np.split(xw, 3, axis=1)  # (B, U) each
    q_z, q_r, q_h = np.split(gate_product(h_prev, R, drop) + b_R, 3, axis=1)  # (B, U) each
    a_z, a_r = x_z + q_z, x_r + q_r
    z, r = sigma(a_z), sigma(a_r)
    a_h = x_h + r * q_h  # (B, U)
    k = phi(a_h)  # (B, U)
    h = z * h_prev + (1 - z) * k  # (B, U)
    return (h,), (h_prev, np.concatenate([a_z, a_r, a_h], axis=1), z, r, k, q_h)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R and b_R."""
    (dh,), (R, _), ((_, dphi), (_, dsigma)) = dstate, recurrent, activations
    h_prev, a, z, r, k, q_h = cache
    a_z, a_r, a_h = np.split(a, 3, axis=1)
    da_h = dphi(dh * (1 - z), a_h, k)  # (B, U)
    da_z = dsigma(dh * (h_prev - k), a_z, z)  # dh/dz = h_prev - k
    da_r = dsigma(da_h * q_h, a_r, r)
    dq = np.concatenate([da_z, da_r, da_h * r], axis=1)  # (B, 3U)
    dh_product, dR = dgate_product(dq, h_prev, R, drop)  # (B, U), (U, 3U)
    dh_prev = dh * z + dh_product  # h_prev is read by h_t itself and by the product
    dxw = np.concatenate([da_z, da_r, da_h], axis=1)  # (B, 3U)
    return dxw, (dh_prev,), (dR, dq.sum(axis=0))
