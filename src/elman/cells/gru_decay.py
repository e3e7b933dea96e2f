"""The GRU whose state decays between observations, the recurrence of `elman.layers.GRUD`.

    h' = gamma_t * h_{t-1}               the state, as far as it still holds after the time between
    h_t = GRU(x_t, h')                   see `elman.cells.gru_reset_before`

    gamma_t  gamma  (B, U)   in (0, 1], 1 for no decay

gamma is a stream, made by the layer of the times between observations and weights of its own, and
so has a gradient. The layer prepares x_t as well. Kernels, gates and bias are those of the GRU;
with z and 1 - z as there, the other way round than in the paper.

Source: Z. Che et al., "Recurrent neural networks for multivariate time series with missing values",
Scientific Reports 8 (2018).
"""

from elman._typing import Activation, Array, State
from elman.cells import gru_reset_before

GATES = gru_reset_before.GATES
STATES = gru_reset_before.STATES  # STATES[0] is the output of a step
BIASES = gru_reset_before.BIASES
STREAMS = ("gamma",)
CACHE = ("h_prev", "decayed", *gru_reset_before.CACHE[1:])  # decayed is h', what the GRU reads
ACTIVATED = gru_reset_before.ACTIVATED


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    gamma: Array,
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    (h_prev,) = state
    new, cache = gru_reset_before.forward(xw, (gamma * h_prev,), recurrent, activations, drop)
    return new, (h_prev, *cache)


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    gamma: Array,
) -> tuple[Array, State, tuple[Array, ...], tuple[Array, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R and gamma."""
    h_prev, *cached = cache
    dxw, (ddecayed,), drecurrent = gru_reset_before.backward(
        dstate, tuple(cached), recurrent, activations, drop
    )  # ddecayed (B, U), of h'
    return dxw, (ddecayed * gamma,), drecurrent, (ddecayed * h_prev,)
