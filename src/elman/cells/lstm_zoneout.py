"""The LSTM with zoneout, the recurrence of `elman.layers.ZoneoutLSTM`.

    c', h' = LSTM(x_t, h_{t-1}, c_{t-1})        see `elman.cells.lstm`
    c_t = z_c * c_{t-1} + (1 - z_c) * c'        cell state
    h_t = z_h * h_{t-1} + (1 - z_h) * h'        hidden state, and the output of the step

    z_c  zone_c  (B, U)     in training 1 for a unit whose state stays as it was, 0 for others,
    z_h  zone_h  (B, U)     drawn at each step; at inference how probable a 1 is

h' is made of c', not of c_t. z_c and z_h are streams. The cache and the order of the gates are
those of the LSTM.

Source: D. Krueger et al., "Zoneout: regularizing RNNs by randomly preserving hidden activations",
ICLR 2017, arXiv:1606.01305.
"""

from elman._typing import Activation, Array, State
from elman.cells import lstm

GATES = lstm.GATES
STATES = lstm.STATES  # STATES[0] is the output of a step
BIASES = lstm.BIASES
STREAMS = ("zone_c", "zone_h")
CACHE = lstm.CACHE  # c and y are of c', before any unit is kept as it was


def forward(
    xw: Array,
    state: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    zone_c: Array,
    zone_h: Array,
) -> tuple[State, State]:
    """Take one step: return the new state and the cache that `backward` reads."""
    h_prev, c_prev = state
    (h, c), cache = lstm.forward(xw, state, recurrent, activations, drop)  # (B, U) each
    c = zone_c * c_prev + (1 - zone_c) * c  # (B, U)
    h = zone_h * h_prev + (1 - zone_h) * h  # (B, U)
    return (h, c), cache


def backward(
    dstate: State,
    cache: State,
    recurrent: tuple[Array, ...],
    activations: tuple[Activation, ...],
    drop: tuple[Array, ...],
    zone_c: Array,
    zone_h: Array,
) -> tuple[Array, State, tuple[Array, ...], tuple[None, ...]]:
    """Undo the step: return the gradients of xw, of the previous state and of R."""
    dh, dc = dstate
    dnew = ((1 - zone_h) * dh, (1 - zone_c) * dc)  # of h' and c'
    da, (dh_prev, dc_prev), drecurrent = lstm.backward(dnew, cache, recurrent, activations, drop)
    dprev = (dh_prev + zone_h * dh, dc_prev + zone_c * dc)
    return da, dprev, drecurrent, (None, None)  # who stays is data
