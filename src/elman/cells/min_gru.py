"""The minimal GRU, whose gates do not see the state: the recurrence of `elman.layers.MinGRU`.

    z = sigma(x_t W_z + b_z)            update gate    how much of the candidate enters
    k = phi(x_t W_h + b_h)              candidate
    h_t = (1 - z) * h_{t-1} + z * k     hidden state, and the output of the step

    x_t  (B, F)     W  kernel  (F, 2U)      B  batch
    h_t  (B, U)     b  bias    (2U,)        F  features
                                            U  units

`x_t W + b` arrives as `xw`. The state enters by a factor and a sum alone, so that a sequence can be
scanned in parallel; here it is taken step by step. There is nothing to drop of the state: `drop` is
empty. Note that z has the meaning of the paper, the opposite of that in `GRU`.

Source: L. Feng et al., "Were RNNs all we needed?" (2024), arXiv:2410.01201, section 3.1; phi is
the identity there, and the g of its appendix B in the form in log space.
"""

import numpy as np

from elman._typing import Activation, Array, State

GATES = ("z", "h")  # order of the column blocks in kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
RECURRENT = False
CACHE = ("h_prev", "a", "z", "k")
ACTIVATED = ("z", "k")


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), ((phi, _), (sigma, _)) = state, activations
    a_z, a_h = np.split(xw, 2, axis=1)  # (B, U) each
    z, k = sigma(a_z), phi(a_h)
    h = (1 - z) * h_prev + z * k  # (B, U)
    return (h,), (h_prev, xw, z, k)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of nothing else."""
    (dh,), ((_, dphi), (_, dsigma)) = dstate, activations
    h_prev, a, z, k = cache
    a_z, a_h = np.split(a, 2, axis=1)
    da_z = dsigma(dh * (k - h_prev), a_z, z)  # dh/dz = k - h_prev
    da_h = dphi(dh * z, a_h, k)
    return np.concatenate([da_z, da_h], axis=1), (dh * (1 - z),), ()
