"""Write optimizers.npz: what Keras computes for optimizers with options, and for schedules.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    python tests/golden/make_optimizers.py

"start/NAME" and "gradient/NAME" are the weights and their gradients at each step; "LABEL/NAME" the
weights after some of the steps; "LABEL/variables" all variables of the optimizer after the last
step, end to end in their order; "schedule/LABEL" learning rates.
"""

import os
import sys
import warnings
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
sys.path.insert(0, str(Path(__file__).parents[2]))

import keras
import numpy as np

from tests.golden import optimizer_cases as cases

OUT = Path(__file__).with_name("optimizers.npz")


def optimizers(out):
    """Add the weights and the variables of each case."""
    draw, names = np.random.default_rng(11), list(cases.SHAPES)
    start = {name: draw.normal(size=shape) for name, shape in cases.SHAPES.items()}
    gradients = {
        name: draw.normal(size=(cases.STEPS, *shape)).astype("float32")
        for name, shape in cases.SHAPES.items()
    }
    for name in names:
        out[f"start/{name}"], out[f"gradient/{name}"] = start[name].astype("f4"), gradients[name]
    for label in cases.OPTIMIZERS:
        optimizer, without = cases.make(keras.optimizers, label)
        weights = {name: keras.Variable(out[f"start/{name}"], name=name) for name in names}
        optimizer.build(list(weights.values()))
        kept = {name: [] for name in names}
        for step in range(cases.STEPS):
            optimizer.apply_gradients(cases.given(gradients, weights, step, without))
            for name, weight in weights.items():
                if step + 1 in cases.SHOWN:
                    kept[name].append(weight.numpy())
        for name in names:
            out[f"{label}/{name}"] = np.array(kept[name])
        out[f"{label}/variables"] = np.concatenate(
            [np.ravel(variable.numpy()).astype("float32") for variable in optimizer.variables]
        )


def main():
    """Write the file."""
    warnings.simplefilter("ignore")  # of gradients that are missing on purpose
    out = {"keras": np.array(keras.__version__)}
    optimizers(out)
    for label, (kind, arguments) in cases.SCHEDULES.items():
        schedule = getattr(keras.optimizers.schedules, kind)(**arguments)
        out[f"schedule/{label}"] = np.array([float(schedule(t)) for t in cases.TIMES], "float32")
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
