"""The minimal LSTM, whose gates do not see the state: the recurrence of `elman.layers.MinLSTM`.

    f = sigma(x_t W_f + b_f)            forget gate
    i = sigma(x_t W_i + b_i)            input gate
    k = phi(x_t W_h + b_h)              candidate
    f' = f / (f + i)                    share of the old state; 1 - f' = i / (f + i)
    h_t = f' * h_{t-1} + (1 - f') * k   hidden state, and the output of the step

    x_t  (B, F)     W  kernel  (F, 3U)      B  batch
    h_t  (B, U)     b  bias    (3U,)        F  features
                                            U  units

sigma is the logistic function. Computed as

    f' = sigma(s(-a_i) - s(-a_f)),      s(a) = log(1 + exp(a))

which is the same, because sigma(a) = exp(-s(-a)), and is right where both gates are too small for
their sum to be a number. `x_t W + b` arrives as `xw`; there is nothing to drop of the state.

Source: L. Feng et al., "Were RNNs all we needed?" (2024), arXiv:2410.01201, section 3.2; phi is the
identity there. The differences of softplus are those of its appendix B.
"""

import numpy as np

from elman._typing import Activation, Array, State
from elman.activations import sigmoid, softplus

GATES = ("f", "i", "h")  # order of the column blocks in kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
RECURRENT = False
CACHE = ("h_prev", "a", "f", "k")  # f is the share f'
ACTIVATED = ("f", "", "k")  # the share of the input gate is 1 - f'


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), ((phi, _),) = state, activations
    a_f, a_i, a_h = np.split(xw, 3, axis=1)  # (B, U) each
    f = sigmoid(softplus(-a_i) - softplus(-a_f))  # (B, U), f'
    k = phi(a_h)  # (B, U)
    h = f * h_prev + (1 - f) * k  # (B, U)
    return (h,), (h_prev, xw, f, k)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of nothing else."""
    (dh,), ((_, dphi),) = dstate, activations
    h_prev, a, f, k = cache
    a_f, a_i, a_h = np.split(a, 3, axis=1)
    du = dh * (h_prev - k) * f * (1 - f)  # u = s(-a_i) - s(-a_f), dsigma/du = f' (1 - f')
    da_f, da_i = du * sigmoid(-a_f), -du * sigmoid(-a_i)  # ds(-a)/da = -sigma(-a)
    da_h = dphi(dh * (1 - f), a_h, k)
    return np.concatenate([da_f, da_i, da_h], axis=1), (dh * f,), ()
