"""The maths of one timestep: a file a cell, `forward` right above `backward`.

Every cell has the same face, which `elman.bptt` drives through time:

    forward(xw, state, recurrent, activations, drop, *streams)       -> state, cache
    backward(dstate, cache, recurrent, activations, drop, *streams)  -> dxw, dstate_prev, drecurrent

    xw           x_t W + b of this step, (B, G*U); of a normalised cell x_t W alone
    state        the arrays named in STATES, (B, U) each
    recurrent    what a step reads of the weights, without what a cell has not:
                 recurrent_kernel (U, G*U), where BIASES is 2 the recurrent bias (G*U,), of a
                 normalised cell the bias (G*U,), then the arrays named in VECTORS
    activations  (f, df) pairs: phi, and for gated cells sigma
    drop         recurrent dropout masks, one a gate, or ()
    streams      this step's part of the arrays named in STREAMS, (B, U) each

Of a cell with streams `backward` returns a fourth value, their gradients: a tuple of arrays, with
None for a stream that is data, such as noise.

A module says what its cell has. What it does not say is as with the first four:

    GATES, STATES, CACHE, BIASES    column blocks; states, the output first; what is kept; rows of b
    VECTORS = ()                    names of further weights, (U,) each, or (n*U,) for as many gates
    VECTOR_GATES = {}               ... as this says: name -> n
    STREAMS = ()                    names of arrays (batch, timesteps, units), a (B, U) a step
    RECURRENT = True                whether there is a recurrent_kernel
    NORMALISED = False              whether xw comes without b, which `recurrent` then has
    ACTIVATED = GATES               what CACHE calls the gates' values, in order; "" for none
"""

from types import ModuleType

from elman.cells import (
    gru,
    gru_decay,
    gru_normalised,
    gru_reset_before,
    indrnn,
    leaky,
    lstm,
    lstm_coupled,
    lstm_normalised,
    lstm_peephole,
    lstm_zoneout,
    min_gru,
    min_lstm,
    simple_rnn,
)

CELLS: dict[str, ModuleType] = {
    "simple_rnn": simple_rnn,
    "lstm": lstm,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    "lstm_coupled": lstm_coupled,
    "lstm_peephole": lstm_peephole,
    "indrnn": indrnn,
    "min_gru": min_gru,
    "min_lstm": min_lstm,
    "leaky": leaky,
    "lstm_zoneout": lstm_zoneout,
    "gru_decay": gru_decay,
    "lstm_normalised": lstm_normalised,
    "gru_normalised": gru_normalised,
}


def vectors_of(maths: ModuleType) -> dict[str, int]:
    """Return the names of a cell's vectors in order, each with how many gates it is wide.

    >>> vectors_of(lstm_peephole)
    {'peephole_i': 1, 'peephole_f': 1, 'peephole_o': 1}
    """
    gates: dict[str, int] = getattr(maths, "VECTOR_GATES", {})
    return {name: gates.get(name, 1) for name in getattr(maths, "VECTORS", ())}


def activated_of(maths: ModuleType) -> tuple[str, ...]:
    """Return what a cell's cache calls the values of its gates, in order; "" for none."""
    names: tuple[str, ...] = getattr(maths, "ACTIVATED", maths.GATES)
    return names


def streams_of(maths: ModuleType) -> tuple[str, ...]:
    """Return the names of a cell's streams."""
    names: tuple[str, ...] = getattr(maths, "STREAMS", ())
    return names


def has_recurrent_kernel(maths: ModuleType) -> bool:
    """Say whether a cell multiplies its state by a matrix."""
    return bool(getattr(maths, "RECURRENT", True))


def is_normalised(maths: ModuleType) -> bool:
    """Say whether a cell normalises x W, and so adds the bias itself."""
    return bool(getattr(maths, "NORMALISED", False))
