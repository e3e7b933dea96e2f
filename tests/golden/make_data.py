"""Write data.npz: what Keras's helpers for data return, and in which order it takes batches.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_data.py

"pad/I", "categories/I" and "norms/I" hold what the case of that number in `data_cases.py` gives;
"windows/I/…" and "splits/I/…" what the parts of it hold, one batch or sample after the other;
"order" the batches that `fit` asked of a PyDataset of 5 in two epochs after `random.seed(3)`.
"""

import json
import os
import random
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from tests.golden import data_cases

OUT = Path(__file__).with_name("data.npz")


class Recorded(keras.utils.PyDataset):
    """Five batches that note when they are asked for."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def __len__(self):
        return 5

    def __getitem__(self, i):
        self.seen.append(i)
        return np.zeros((2, 1), "float32"), np.zeros((2, 1), "float32")

    def on_epoch_begin(self):
        self.seen.append(-1)


def arrays(out):
    """Add what functions of one array return."""
    for i, (kind, options) in enumerate(data_cases.pad_cases()):
        out[f"pad/{i}"] = keras.utils.pad_sequences(data_cases.RAGGED[kind], **options)
    for i, (x, classes) in enumerate(data_cases.CATEGORIES):
        out[f"categories/{i}"] = keras.utils.to_categorical(x, classes)
    for i, (shape, axis, order) in enumerate(data_cases.NORMS):
        x = np.random.default_rng(i).normal(size=shape).astype("float32")
        x[0] = 0.0
        out[f"norms/{i}/x"] = x
        x = x if axis % len(shape) else x.tolist()
        out[f"norms/{i}"] = np.asarray(keras.utils.normalize(x, axis, order))


def datasets(out):
    """Add what datasets hold."""
    for i, case in enumerate(data_cases.window_cases()):
        data, targets, options = data_cases.window_data(case)
        try:
            found = list(keras.utils.timeseries_dataset_from_array(data, targets, **options))
        except Exception as error:
            raise SystemExit(f"Keras refuses case {i}, {case}: {error}") from error
        found = [each if targets is not None else (each,) for each in found]
        for j, part in enumerate(zip(*found, strict=True)):
            parts = [np.asarray(each) for each in part]
            join = np.stack if options["batch_size"] is None else np.concatenate
            out[f"windows/{i}/{j}"] = join(parts).astype("uint8")
        if options["batch_size"] is not None:
            out[f"windows/{i}/sizes"] = np.array([len(each[0]) for each in found], "uint8")
    for i, (count, kind, options) in enumerate(data_cases.SPLITS):
        halves = keras.utils.split_dataset(data_cases.split_data(count, kind), **options)
        for side, half in zip(("left", "right"), halves, strict=True):
            samples = [each if isinstance(each, tuple) else (each,) for each in half]
            for j, part in enumerate(zip(*samples, strict=True)):
                out[f"splits/{i}/{side}/{j}"] = np.stack([np.asarray(each) for each in part])


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    arrays(out)
    datasets(out)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = Recorded()
    random.seed(3)
    model.fit(batches, epochs=2, verbose=0)
    seen = batches.seen[batches.seen.index(-1) :]  # before that Keras looks at the shapes
    out["order"] = np.array([i for i in seen if i >= 0])
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
