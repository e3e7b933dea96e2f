"""The layer-normalised GRU, the recurrence of `elman.layers.LayerNormGRU`.

    [p_z p_r] = v_x * N(x_t [W_z W_r]) + b        q likewise of h_{t-1} R, with v_h and without b
    p_h = v_x * N(x_t W_h) + b                    the three blocks of v_x, v_h and b side by side

    z = sigma(p_z + q_z)                          update gate   how much of the old state stays
    r = sigma(p_r + q_r)                          reset gate    how much of it the candidate sees
    k = phi(p_h + r * (q_h + b_h))                candidate
    h_t = z * h_{t-1} + (1 - z) * k               hidden state, and the output of the step

    x_t  (B, F)     W  kernel            (F, 3U)      v_x, v_h  gain_x, gain_h  (3U,)   B  batch
    h_t  (B, U)     R  recurrent_kernel  (U, 3U)      b_h       bias_h          (U,)    F  features
                    b  bias              (3U,)                                          U  units

N gives a row mean 0 and variance 1: z and r together, the candidate alone; see `elman.cells._norm`.
`x_t W` arrives as `xw`, without b. What the paper's two normalisations add to z and r each is one b
here; z and 1 - z are as Keras has them, the other way round than in the paper.

Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016), arXiv:1607.06450,
supplementary material, equations 25 to 28.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.cells._norm import dnormalise, normalise
from elman.cells._product import dgate_product, gate_product

GATES = ("z", "r", "h")  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
NORMALISED = True
VECTORS = ("gain_x", "gain_h", "bias_h")
VECTOR_GATES = {"gain_x": 3, "gain_h": 3}
CACHE = (
    *("h_prev", "a", "z", "r", "k", "q"),  # q is what r is taken times
    *("xhat", "s_x", "qhat", "s_q"),  # normalised, and by which two factors (B, 2)
)
ACTIVATED = ("z", "r", "k")


def _normalise(a: Array) -> tuple[Array, Array]:
    """Return z and r normalised together beside the candidate, (B, 3U), and both factors (B, 2)."""
    U = a.shape[1] // 3
    (gates, s_gates), (candidate, s_candidate) = normalise(a[:, : 2 * U]), normalise(a[:, 2 * U :])
    ahat = np.concatenate([gates, candidate], axis=1)  # (B, 3U)
    return ahat, np.concatenate([s_gates, s_candidate], axis=1)


def _dnormalise(dahat: Array, ahat: Array, s: Array) -> Array:
    """Return da."""
    U = ahat.shape[1] // 3
    gates, candidate = np.s_[:, : 2 * U], np.s_[:, 2 * U :]
    parts = [dnormalise(dahat[p], ahat[p], s[:, [k]]) for k, p in enumerate((gates, candidate))]
    return np.concatenate(parts, axis=1)


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (R, b, v_x, v_h, b_h) = state, recurrent
    (phi, _), (sigma, _) = activations
    xhat, s_x = _normalise(xw)  # (B, 3U), (B, 2)
    qhat, s_q = _normalise(gate_product(h_prev, R, drop))
    p_z, p_r, p_h = np.split(v_x * xhat + b, 3, axis=1)  # (B, U) each
    q_z, q_r, q_h = np.split(v_h * qhat, 3, axis=1)
    a_z, a_r, q = p_z + q_z, p_r + q_r, q_h + b_h
    z, r = sigma(a_z), sigma(a_r)
    a_h = p_h + r * q  # (B, U)
    k = phi(a_h)  # (B, U)
    h = z * h_prev + (1 - z) * k  # (B, U)
    a = np.concatenate([a_z, a_r, a_h], axis=1)  # (B, 3U)
    return (h,), (h_prev, a, z, r, k, q, xhat, s_x, qhat, s_q)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, the previous state, R, b and the vectors."""
    (dh,), (R, _, v_x, v_h, _) = dstate, recurrent
    (_, dphi), (_, dsigma) = activations
    h_prev, a, z, r, k, q, xhat, s_x, qhat, s_q = cache
    a_z, a_r, a_h = np.split(a, 3, axis=1)
    da_h = dphi(dh * (1 - z), a_h, k)  # (B, U)
    da_z = dsigma(dh * (h_prev - k), a_z, z)  # dh/dz = h_prev - k
    da_r = dsigma(da_h * q, a_r, r)
    dp = np.concatenate([da_z, da_r, da_h], axis=1)  # (B, 3U)
    dq = np.concatenate([da_z, da_r, da_h * r], axis=1)  # (B, 3U)
    dxw = _dnormalise(dp * v_x, xhat, s_x)  # (B, 3U)
    dh_product, dR = dgate_product(_dnormalise(dq * v_h, qhat, s_q), h_prev, R, drop)
    dh_prev = dh * z + dh_product  # h_prev is read by h_t itself and by the product
    dvectors = (dp * xhat, dq * qhat, da_h * r)  # a row a sample, as b's is dp
    return dxw, (dh_prev,), (dR, *(d.sum(axis=0) for d in (dp, *dvectors)))
