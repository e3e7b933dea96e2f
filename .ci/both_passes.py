"""Run every cell forward and backward over sizes with and without tails: for .ci/memcheck."""

import numpy as np

from elman import kernels
from elman.cells import CELLS

SIZES = ((1, 2, 1, 1), (7, 3, 5, 19), (3, 4, 2, 33))  # batch, timesteps, features, units


def both_passes(cell, sizes, dtype):
    """Return everything that a forward and a backward pass return."""
    (B, T, F, U), maths = sizes, CELLS[cell]
    rng, G = np.random.default_rng(0), len(maths.GATES)

    def draw(*shape):
        return rng.normal(size=shape).astype(dtype)

    bias = (maths.BIASES, G * U) if maths.BIASES > 1 else (G * U,)
    state = tuple(draw(B, U) for _ in maths.STATES)
    outputs, final, tape = kernels.unroll(
        cell,
        draw(B, T, F),
        (draw(F, G * U), draw(U, G * U), draw(*bias)),
        state,
        activations=("tanh", "sigmoid")[: 1 + (cell != "simple_rnn")],
        mask=rng.random((B, T)) < 0.7,
        input_dropout=(draw(B, F),),
        recurrent_dropout=tuple(draw(B, U) for _ in range(G)),
    )
    found = kernels.backpropagate(tape, draw(B, T, U), tuple(draw(B, U) for _ in state))
    return [outputs, *final, found.x, *found.initial_state, *found.weights]


kernels.set_num_threads(2)
kernels.SMALL = 0
for dtype in ("float32", "float64"):
    for cell in CELLS:
        for sizes in SIZES:  # a comparison with a number that was never set is reported
            assert all(np.isfinite(array).all() for array in both_passes(cell, sizes, dtype))
print(kernels.status())
