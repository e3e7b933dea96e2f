"""Write cells.npz: the cells beyond Keras's as `cells_by_autograd.py` computes them, in float64.

Run with a Python that has autograd, from the repository's root:

    PYTHONPATH=. python tests/golden/make_cells.py

"CELL/given/NAME" is what entered, "CELL/found/NAME" outputs and final states, and
"CELL/gradient/NAME" the gradient of sum(outputs * doutputs) + sum(final states * dstate).
"grud/..." is a whole GRU-D, with values that are missing at irregular times.
"""

from pathlib import Path

import autograd
import numpy as np
from autograd import numpy as anp

from tests.golden.cells_by_autograd import CELLS, grud

OUT = Path(__file__).with_name("cells.npz")
B, T, F, U = 2, 5, 3, 4


def given(name, rng):
    """Return what enters a cell."""
    _, gates, states, matrix, vectors, streams = CELLS[name]
    arrays = {"x": rng.normal(size=(B, T, F)), "kernel": rng.normal(0, 0.6, size=(F, gates * U))}
    if matrix:
        arrays["recurrent_kernel"] = rng.normal(0, 0.6, size=(U, gates * U))
    arrays["bias"] = rng.normal(0, 0.6, size=gates * U)
    arrays |= {vector: rng.normal(0, 0.6, size=n * U) for vector, n in vectors.items()}
    arrays |= {f"state_{k}": rng.normal(size=(B, U)) for k in range(states)}
    return arrays | {stream: rng.uniform(size=(B, T, U)) for stream in streams}


def run(name, arrays):
    """Return outputs and final states."""
    step, _, count, _, _, streams = CELLS[name]
    states, outputs = [arrays[f"state_{k}"] for k in range(count)], []
    for t in range(T):
        parts = tuple(arrays[stream][:, t] for stream in streams)
        states = step(arrays["x"][:, t], states, arrays, parts)
        outputs.append(states[0])
    return [anp.stack(outputs, axis=1), *states]


def cell(name, rng):
    """Return all that is written of a cell."""
    arrays = given(name, rng)
    above = [rng.normal(size=y.shape) for y in run(name, arrays)]

    def loss(arrays):
        return sum(anp.sum(y * d) for y, d in zip(run(name, arrays), above, strict=True))

    gradients = autograd.grad(loss)(arrays)
    found = {f"found/{k}": y for k, y in enumerate(run(name, arrays))}
    found |= {f"above/{k}": d for k, d in enumerate(above)}
    found |= {f"given/{key}": array for key, array in arrays.items()}
    return found | {f"gradient/{key}": array for key, array in gradients.items()}


def whole_grud(rng):
    """Return all that is written of a GRU-D."""
    observed = (rng.random((B, T, F)) < 0.5).astype(float)
    observed[0, :, 0], observed[1, :, 1] = 0, 1
    mean = rng.normal(size=F)
    arrays = {
        "x": rng.normal(size=(B, T, F)),
        "times": np.cumsum(rng.uniform(0.2, 2, size=(B, T)), axis=1),
        "kernel": rng.normal(0, 0.6, size=(2 * F, 3 * U)),
        "recurrent_kernel": rng.normal(0, 0.6, size=(U, 3 * U)),
        "bias": rng.normal(0, 0.6, size=3 * U),
        "input_decay": rng.normal(0.3, 0.6, size=F),
        "input_decay_bias": rng.normal(0, 0.6, size=F),
        "state_decay": rng.normal(0.1, 0.4, size=(F, U)),
        "state_decay_bias": rng.normal(0, 0.6, size=U),
    }
    above = rng.normal(size=(B, T, U))

    def loss(arrays):
        outputs = grud(arrays["x"], observed, arrays["times"], mean, arrays)
        return anp.sum(outputs * above)

    gradients = autograd.grad(loss)(arrays)
    found = {"found/0": grud(arrays["x"], observed, arrays["times"], mean, arrays)}
    found |= {"above/0": above, "observed": observed, "mean": mean}
    found |= {f"given/{key}": array for key, array in arrays.items()}
    return found | {f"gradient/{key}": array for key, array in gradients.items()}


def main():
    """Write the file."""
    rng, out = np.random.default_rng(0), {}
    for name in CELLS:
        out |= {f"{name}/{key}": array for key, array in cell(name, rng).items()}
    out |= {f"grud/{key}": array for key, array in whole_grud(rng).items()}
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
