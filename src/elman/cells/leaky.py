"""The leaky cell, a network in continuous time: the recurrence of `elman.layers.LeakyRNN`.

    a_t = x_t W + b + h_{t-1} R + n_t                       input current, n the noise in it
    y_t = phi(a_t)                                          what it drives the unit to
    h_t = h_{t-1} + alpha * (y_t - h_{t-1}) + m_t           firing rate, and the output of the step

    x_t  (B, F)    W      kernel            (F, U)      B  batch
    h_t  (B, U)    R      recurrent_kernel  (U, U)      F  features
    n_t  (B, U)    b      bias              (U,)        U  units
    m_t  (B, U)    alpha  alpha             (U,)

It is Euler's rule for  tau dh/dt = -h + phi(x W + b + h R)  with steps of dt, alpha = dt / tau.
`x_t W + b` arrives as `xw`; n and m are the streams `noise_before` and `noise_after`.

Source: H. F. Song, G. R. Yang and X.-J. Wang, "Training excitatory-inhibitory recurrent neural
networks for cognitive tasks", PLOS Computational Biology 12 (2016); with the leak outside of phi as
G. R. Yang and X.-J. Wang, "Artificial neural networks for neuroscientists: a primer", Neuron 107
(2020), have it.
"""

from elman._typing import Activation, Array, State
from elman.cells._product import dgate_product, gate_product

GATES = ("h",)  # order of the column blocks in kernel, recurrent_kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
VECTORS = ("alpha",)
STREAMS = ("noise_before", "noise_after")
CACHE = ("h_prev", "a", "y")
ACTIVATED = ("y",)


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    noise_before: Array,
    noise_after: Array,
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (R, alpha), ((phi, _),) = state, recurrent, activations
    a = xw + gate_product(h_prev, R, drop) + noise_before  # (B, U)
    y = phi(a)  # (B, U)
    h = h_prev + alpha * (y - h_prev) + noise_after  # (B, U)
    return (h,), (h_prev, a, y)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    noise_before: Array,
    noise_after: Array,
) -> tuple[Array, State, tuple[Array, ...], tuple[None, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R and alpha."""
    (dh,), (R, alpha), ((_, dphi),) = dstate, recurrent, activations
    h_prev, a, y = cache
    da = dphi(dh * alpha, a, y)  # (B, U)
    dalpha = (dh * (y - h_prev)).sum(axis=0)  # (U,)
    dh_product, dR = dgate_product(da, h_prev, R, drop)  # (B, U), (U, U)
    dh_prev = dh * (1 - alpha) + dh_product  # h_prev is read by h_t itself and by the product
    return da, (dh_prev,), (dR, dalpha), (None, None)  # noise is data
