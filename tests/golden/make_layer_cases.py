"""Write layer_cases.npz: what Keras computes with the layers of `tests/golden/layer_cases.py`.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_layer_cases.py

The file has "numbers", all numbers one behind the other as float32, and "index", JSON: of each case
the layer's configuration, and name and shape of each array: outputs y0 …, their masks m0 …, the
gradients of the sum of outputs times `weighed`: gx0 … of inputs, gw0 … of weights.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras.src import backend, tree

from tests.golden.layer_cases import CASES, MODELS, inputs, model_inputs, scrambled, weighed

OUT = Path(__file__).with_name("layer_cases.npz")


def tensors(xs, masks):
    """Return inputs as Keras takes them, each with its mask."""
    made = [tf.convert_to_tensor(x) for x in xs]
    for x, mask in zip(made, masks, strict=True):
        if mask is not None:
            backend.set_keras_mask(x, tf.convert_to_tensor(mask))
    return made


def computed(name):
    """Return the configuration of a case's layer, and what Keras computes with it by name."""
    keras.utils.clear_session()
    case = CASES[name]
    layer = case.make(keras)
    xs, masks = inputs(name)
    layer(xs if len(xs) > 1 else xs[0], **case.options)
    layer.set_weights(scrambled(name, layer.get_weights()))
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
    if hasattr(layer, "layer") and getattr(layer.layer, "stateful", False):
        layer.layer.reset_state()
    made = tensors(xs, masks)
    with tf.GradientTape() as tape:
        tape.watch(made)
        outputs = tree.flatten(layer(made if len(made) > 1 else made[0], **case.options))
        rs = weighed(name, outputs)
        total = sum(tf.reduce_sum(y * r) for y, r in zip(outputs, rs, strict=True))
    weights = [w.value for w in layer.weights]
    dxs, dws = tape.gradient(total, [made, weights], unconnected_gradients="zero")
    found = {f"y{i}": y for i, y in enumerate(outputs)}
    for i, y in enumerate(outputs):
        mask = backend.get_keras_mask(y)
        if mask is not None:
            found[f"m{i}"] = mask
    found |= {f"gx{i}": dx for i, dx in enumerate(dxs)}
    found |= {f"gw{i}": dw for i, dw in enumerate(dws)}
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    return config, {key: np.array(value) for key, value in found.items()}


def model(name):
    """Return the configuration of a model, and what Keras computes with it by name."""
    keras.utils.clear_session()
    made = MODELS[name](keras)
    made.set_weights(scrambled(name, made.get_weights()))
    with tf.GradientTape() as tape:
        outputs = made(model_inputs(name))
        rs = weighed(name, outputs)
        total = sum(tf.reduce_sum(y * r) for y, r in zip(outputs, rs, strict=True))
    dws = tape.gradient(total, [w.value for w in made.weights])
    found = {f"y{i}": y for i, y in enumerate(outputs)}
    found |= {f"gw{i}": tf.convert_to_tensor(dw) for i, dw in enumerate(dws)}
    return json.loads(made.to_json()), {key: np.array(value) for key, value in found.items()}


def main():
    """Write the file."""
    index, numbers = {}, []
    for name in [*CASES, *MODELS]:
        config, found = computed(name) if name in CASES else model(name)
        index[name] = {
            "config": config,
            "arrays": [[key, list(array.shape)] for key, array in found.items()],
        }
        numbers += [array.astype(np.float32).ravel() for array in found.values()]
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    np.savez_compressed(
        OUT,
        numbers=np.concatenate(numbers),
        index=np.frombuffer(json.dumps(index, sort_keys=True).encode(), np.uint8),
        versions=np.array(json.dumps(versions)),
    )


if __name__ == "__main__":
    main()
