"""Write sequence_layers.npz: what Keras computes for the layers over sequences.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_sequence_layers.py

"numbers" holds all arrays end to end, and "about", as JSON, the shapes of the arrays in order of
each case and model in `tests/golden/sequence_layers.py`, and what else there is to say of it.

    a case   the output, the gradients of the input and of the trainable weights, and all weights
             after the call; its configuration, and whether a mask is passed on
    a model  all weights after training, and predictions; its history and summaries
"""

import json
import os
import warnings
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common.masking import set_keras_mask

from tests.golden.sequence_layers import (
    CASES,
    MODELS,
    Case,
    data_of,
    input_of,
    numbers,
    printed,
    trained,
    weights_of,
)

OUT = Path(__file__).with_name("sequence_layers.npz")


def computed(case: Case) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return what Keras says and computes of a case."""
    layer = getattr(keras.layers, case.layer)(**case.options)
    config = layer.get_config()
    x = tf.Variable(input_of(case))
    layer.build(case.shape)
    layer.set_weights(weights_of(layer.weights))
    options = {"training": case.training} if case.layer == "BatchNormalization" else {}
    with tf.GradientTape() as tape:
        given = tf.convert_to_tensor(x)
        if case.mask is not None:
            set_keras_mask(given, tf.constant(case.mask))
        y = layer(given, **options)
    dy = tf.constant(numbers(tuple(y.shape), 2))
    gradients = tape.gradient(y, [x, *(w.value for w in layer.trainable_weights)], dy)
    arrays = [y.numpy(), *(g.numpy() for g in gradients), *layer.get_weights()]
    about = {
        "config": config,
        "masked": getattr(y, "_keras_mask", None) is not None,
        "shapes": [array.shape for array in arrays],
    }
    return about, arrays


def fitted(name: str) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return what Keras says and computes of a model."""
    before = printed(MODELS[name](keras))
    model, history = trained(keras, name)
    arrays = [*model.get_weights(), model.predict(data_of(name)[0], verbose=0)]
    about = {
        "history": history,
        "summary": before,
        "trained": printed(model),
        "shapes": [array.shape for array in arrays],
    }
    return about, arrays


def main() -> None:
    """Write the file."""
    about: dict[str, Any] = {"keras": keras.__version__}
    stored: list[np.ndarray] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `rms_scaling` is deprecated
        for name, case in CASES.items():
            about[name], arrays = computed(case)
            stored.extend(array.ravel() for array in arrays)
        for name in MODELS:
            about[name], arrays = fitted(name)
            stored.extend(array.ravel() for array in arrays)
    np.savez_compressed(OUT, about=np.array(json.dumps(about)), numbers=np.concatenate(stored))


if __name__ == "__main__":
    main()
