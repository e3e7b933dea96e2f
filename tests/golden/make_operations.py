"""Write operations.npz: Keras's JSON, outputs and gradients of the models of `operations.py`.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_operations.py

Each model holds "NAME/json", "NAME/weights/i", "NAME/output/i" and "NAME/gradient/i", the gradient
of the sum of the squares of all outputs with respect to weight i.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from tests.golden.operations import MODELS, data

OUT = Path(__file__).with_name("operations.npz")


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    for name, build in MODELS.items():
        keras.utils.set_random_seed(1)
        model = build(keras)
        with tf.GradientTape() as tape:
            outputs = model(data(name))
            outputs = outputs if isinstance(outputs, list) else [outputs]
            loss = sum(tf.reduce_sum(tf.cast(y, "float32") ** 2) for y in outputs)
        gradients = tape.gradient(loss, model.trainable_weights)
        out[f"{name}/json"] = np.array(model.to_json())
        for i, y in enumerate(outputs):
            out[f"{name}/output/{i}"] = y.numpy()
        for i, (weight, gradient) in enumerate(zip(model.weights, gradients, strict=True)):
            out[f"{name}/weights/{i}"] = weight.numpy()
            out[f"{name}/gradient/{i}"] = np.asarray(gradient)
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
