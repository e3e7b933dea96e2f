"""Write weight_rules.npz: what Keras computes for regularizers and constraints.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_weight_rules.py

Each case of `tests/golden/weight_rules.py` holds "NAME/w", and of a regularizer "NAME/value" and
"NAME/gradient", of a constraint "NAME/projected".
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from tests.golden.weight_rules import CONSTRAINTS, REGULARIZERS, weight

OUT = Path(__file__).with_name("weight_rules.npz")


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    for name, (cls, options, shape) in REGULARIZERS.items():
        w = tf.Variable(weight(shape))
        with tf.GradientTape() as tape:
            value = getattr(keras.regularizers, cls)(**options)(tf.convert_to_tensor(w))
        out[f"{name}/w"] = w.numpy()
        out[f"{name}/value"] = value.numpy()
        out[f"{name}/gradient"] = tape.gradient(value, w, unconnected_gradients="zero").numpy()
    for name, (cls, options, shape) in CONSTRAINTS.items():
        w = weight(shape)
        out[f"{name}/w"] = w
        out[f"{name}/projected"] = np.array(getattr(keras.constraints, cls)(**options)(w))
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
