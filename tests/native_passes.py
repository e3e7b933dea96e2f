"""Passes of any cell with any options, and what comes out of them."""

import numpy as np
from hypothesis import strategies as st

from elman import kernels
from elman.cells import CELLS, has_recurrent_kernel, streams_of, vectors_of

KINKED = ["hard_sigmoid", "hard_sigmoid_keras2", "tanh"]
MASKS = (
    lambda rng, B, T: rng.random((B, T)) < 0.6,
    lambda rng, B, T: rng.random((B, T)) < 0.98,  # most turns are whole
    lambda rng, B, T: np.arange(T) < rng.integers(0, T + 1, size=(B, 1)),  # padding at the end
    lambda rng, B, T: np.arange(T) >= rng.integers(0, T + 1, size=(B, 1)),  # and at the beginning
    lambda rng, B, T: np.ones((B, T), bool),
)


def gated(cell):
    """Say whether a cell has a sigma."""
    return cell not in ("simple_rnn", "indrnn", "leaky", "min_lstm")


def drops(cell):
    """Say whether a cell has recurrent dropout."""
    return cell not in ("min_gru", "min_lstm")


def problem(draw, dtype, cells=tuple(kernels.CELLS), sizes=(20, 40, 6, 70)):
    """Draw a sequence, weights, options and the gradients that come from above."""
    cell = draw(st.sampled_from(cells))
    B, T, F, U = (draw(st.integers(1, most)) for most in sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    maths, G = CELLS[cell], len(CELLS[cell].GATES)

    def normal(*shape, scale=1.0):
        return (scale * rng.normal(size=shape)).astype(dtype)

    def masks(count, width):
        return tuple(((rng.random((B, width)) < 0.7) / 0.7).astype(dtype) for _ in range(count))

    shape = (maths.BIASES, G * U) if maths.BIASES > 1 else (G * U,)
    bias = normal(*shape) if draw(st.booleans()) else None
    recurrent = normal(U, G * U, scale=0.4 * U**-0.5) if has_recurrent_kernel(maths) else None
    vectors = [normal(n * U, scale=0.4) for n in vectors_of(maths).values()]
    weights = (normal(F, G * U, scale=F**-0.5), recurrent, bias, *vectors)
    kind = draw(st.sampled_from([None, *MASKS]))
    mask = None if kind is None else kind(rng, B, T)
    x = normal(B, T, F)
    streams = tuple(rng.random((B, T, U)).astype(dtype) for _ in streams_of(maths))
    if mask is not None:
        for array in (x, *streams):
            array[~mask] = np.nan  # what is masked may be anything
    # In float32 a kink or a growing state makes any two roundings part; float64 tells them apart.
    # A state that is an exponential of the last one overflows within a few steps.
    smooth, rough = (
        ["tanh", "softsign", "sigmoid"],
        sorted({*kernels.ACTIVATIONS, "celu"} - {"exponential"}),
    )
    phi = draw(st.sampled_from(smooth + rough * (dtype == "float64")))
    sigma = draw(st.sampled_from(["sigmoid", *KINKED * (dtype == "float64")]))
    options = {
        "activations": (phi, sigma) if gated(cell) else (phi,),
        "mask": mask,
        "input_dropout": masks(draw(st.sampled_from([0, 1, G])), F),
        "recurrent_dropout": masks(draw(st.sampled_from([0, G])) if drops(cell) else 0, U),
        "streams": streams,
        "go_backwards": draw(st.booleans()),
        "zero_output_for_mask": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
    }
    state = tuple(normal(B, U) for _ in maths.STATES)
    if draw(st.booleans()):
        options["reset_mask"] = rng.random((B, T)) < draw(st.sampled_from([0.0, 0.1, 0.6]))
        options["reset_state"] = tuple(normal(U) for _ in state) if draw(st.booleans()) else ()
    above = normal(B, T, U) if options["return_sequences"] else normal(B, U)
    return cell, x, weights, state, options, above, tuple(normal(B, U) for _ in state)


def both_passes(drawn, rows=slice(None)):
    """Return everything that a forward and a backward pass return, as a flat list."""
    cell, x, weights, state, options, above, dstate = drawn
    options = dict(options)
    for name in ("input_dropout", "recurrent_dropout"):
        options[name] = tuple(m[rows] for m in options.get(name, ()))
    for name in ("mask", "reset_mask"):
        if options.get(name) is not None:
            options[name] = options[name][rows]
    options["streams"] = tuple(s[rows] for s in options.get("streams", ()))
    start = tuple(s[rows] for s in state)
    outputs, final, tape = kernels.unroll(cell, x[rows], weights, start, **options)
    found = kernels.backpropagate(tape, above[rows], tuple(d[rows] for d in dstate))
    by_sample = [outputs, *final, found.x, *found.initial_state]
    by_sample += [d for d in found.streams if d is not None]
    summed = [*found.weights, *found.reset_state]
    return by_sample, [array for array in summed if array is not None]


def everything(drawn):
    """Return the same as one list."""
    by_sample, weights = both_passes(drawn)
    return by_sample + weights
