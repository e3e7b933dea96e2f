"""Write lengths.npz: what Keras computes of padded sequences, and of sequences in chunks.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_lengths.py

    NAME/PATTERN/y       outputs of a case of `length_cases.MODELS`, before training
    NAME/PATTERN/loss    the losses of its steps
    NAME/PATTERN/w0 …    weights after them
    chunks/w0 …          weights after training on chunks, with states reset before each batch
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from tests.golden import length_cases as cases

OUT = Path(__file__).with_name("lengths.npz")


def main():
    """Compute and store all cases."""
    out = {}
    for name in cases.MODELS:
        for pattern, mask in cases.patterns().items():
            x, y, model = cases.data(name, mask), cases.target(name), cases.model(keras, name, True)
            key = f"{name}/{pattern}"
            out[f"{key}/y"] = model.predict(x, verbose=0)
            out[f"{key}/loss"] = np.array([model.train_on_batch(x, y) for _ in range(cases.STEPS)])
            out.update({f"{key}/w{i}": w for i, w in enumerate(model.get_weights())})
    model = cases.cut_up(keras, True)
    for _ in range(cases.EPOCHS):
        for layer in model.layers:
            getattr(layer, "reset_state", lambda: None)()
        for start in range(0, cases.T, cases.CHUNK):
            steps = slice(start, start + cases.CHUNK)
            model.train_on_batch(cases.X[:, steps], cases.Y[:, steps])
    out.update({f"chunks/w{i}": w for i, w in enumerate(model.get_weights())})
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
