"""The maths of one timestep: a file a cell, `forward` right above `backward`.

Every cell has the same face, which `elman.bptt` drives through time:

    forward(xw, state, recurrent, activations, drop)        -> state, cache
    backward(dstate, cache, recurrent, activations, drop)   -> dxw, dstate_prev, drecurrent

    xw           x_t W + b of this step, (B, G*U)
    state        the arrays named in STATES, (B, U) each
    recurrent    recurrent_kernel (U, G*U), and where BIASES is 2 the recurrent bias (G*U,)
    activations  (f, df) pairs: phi, and for gated cells sigma
    drop         recurrent dropout masks, one a gate, or ()
"""

from types import ModuleType

from elman.cells import gru, gru_reset_before, lstm, simple_rnn

CELLS: dict[str, ModuleType] = {
    "simple_rnn": simple_rnn,
    "lstm": lstm,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
}
