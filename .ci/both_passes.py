"""Run every cell forward and backward over sizes with and without tails: for .ci/memcheck."""

import numpy as np

from elman import kernels
from elman.cells import CELLS, has_recurrent_kernel, streams_of, vectors_of

SIZES = ((1, 2, 1, 1), (7, 3, 5, 19), (3, 4, 2, 33))  # batch, timesteps, features, units
UNGATED = ("simple_rnn", "indrnn", "leaky", "min_lstm")  # no sigma is chosen for them
SCANNED = ("min_gru", "min_lstm")  # no recurrent weights, whose dropout could be asked for


def both_passes(cell, sizes, dtype):
    """Return everything that a forward and a backward pass return."""
    (B, T, F, U), maths = sizes, CELLS[cell]
    rng, G = np.random.default_rng(0), len(maths.GATES)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    bias = draw(maths.BIASES, G * U) if maths.BIASES > 1 else draw(G * U)
    recurrent = draw(U, G * U) if has_recurrent_kernel(maths) else None
    vectors = [draw(n * U) for n in vectors_of(maths).values()]
    state = tuple(draw(B, U) for _ in maths.STATES)
    outputs, final, tape = kernels.unroll(
        cell,
        draw(B, T, F),
        (draw(F, G * U), recurrent, bias, *vectors),
        state,
        activations=("tanh",) if cell in UNGATED else ("tanh", "sigmoid"),
        mask=rng.random((B, T)) < 0.7,
        reset_mask=rng.random((B, T)) < 0.2,
        reset_state=tuple(draw(U) for _ in state),
        input_dropout=(draw(B, F),),
        recurrent_dropout=tuple(draw(B, U) for _ in range(0 if cell in SCANNED else G)),
        streams=tuple(rng.random((B, T, U)).astype(dtype) for _ in streams_of(maths)),
    )
    found = kernels.backpropagate(tape, draw(B, T, U), tuple(draw(B, U) for _ in state))
    found_of_weights = [array for array in found.weights if array is not None]
    return [outputs, *final, found.x, *found.initial_state, *found.reset_state, *found_of_weights]


kernels.set_num_threads(2)
kernels.SMALL = 0
for dtype in ("float32", "float64"):
    for cell in CELLS:
        for sizes in SIZES:  # a comparison with a number that was never set is reported
            assert all(np.isfinite(array).all() for array in both_passes(cell, sizes, dtype))
print(kernels.status())
