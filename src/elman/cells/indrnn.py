"""The independently recurrent network, the recurrence of `elman.layers.IndRNN`.

    a_t = x_t W + b + u * h_{t-1}     pre-activation: a unit sees its own past alone
    h_t = phi(a_t)                    hidden state, and the output of the step

    x_t  (B, F)    W  kernel            (F, U)      B  batch
    h_t  (B, U)    u  recurrent_kernel  (U,)        F  features
    a_t  (B, U)    b  bias              (U,)        U  units

`x_t W + b` arrives as `xw`, computed by `elman.bptt` for all timesteps at once. With dropout the
state enters as `m * h_{t-1}`, m one mask (B, U).

Source: S. Li et al., "Independently recurrent neural network (IndRNN): building a longer and deeper
RNN", CVPR 2018.
"""

from elman._typing import Activation, Array, State

GATES = ("h",)  # order of the column blocks in kernel and bias
STATES = ("h",)  # STATES[0] is the output of a step
BIASES = 1
RECURRENT = False  # the recurrent kernel is a vector
VECTORS = ("recurrent_kernel",)
CACHE = ("h_prev", "a", "h")


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,), (u,), ((phi, _),) = state, recurrent, activations
    for m in drop:
        h_prev = h_prev * m  # (B, U)
    a = xw + u * h_prev  # (B, U)
    h = phi(a)  # (B, U)
    return (h,), (h_prev, a, h)  # h_prev as it was read


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
) -> tuple[Array, State, tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of u."""
    (dh,), (u,), ((_, dphi),) = dstate, recurrent, activations
    h_prev, a, h = cache
    da = dphi(dh, a, h)  # (B, U)
    du = (da * h_prev).sum(axis=0)  # (U,)
    dh_prev = da * u  # (B, U)
    for m in drop:
        dh_prev = dh_prev * m
    return da, (dh_prev,), (du,)
