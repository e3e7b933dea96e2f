"""elman -> Keras -> elman: Keras loads and predicts what elman saves, and elman what Keras does."""

import logging
import os
import warnings

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import tensorflow as tf

import elman
from tests.formats.round_trips.cases import check_same_weights, distance, outputs
from tests.formats.round_trips.training import beside as beside

logging.getLogger("absl").setLevel(logging.ERROR)  # that `.h5` is legacy
warnings.filterwarnings("ignore", "The structure of `inputs` doesn't match")

FORMS = ("live", ".keras", ".h5", ".weights.h5")
AGAIN = (".weights.h5",)  # the forms of further seeds: in all the weights are the same bits


def versions():
    """Return what was used."""
    return {"Keras": keras.__version__, "TensorFlow": tf.__version__}


def there(model, form, folder):
    """Return the model as Keras has it."""
    path = str(folder / f"there{form}")
    if form == "live":
        return elman.to_keras(model)
    if form == ".weights.h5":
        theirs = keras.models.model_from_json(model.to_json())
        model.save_weights(path)
        theirs.load_weights(path)
        return theirs
    model.save(path)
    return keras.models.load_model(path, compile=False)


def back(theirs, form, folder):
    """Return a model of Keras as elman has it."""
    path = str(folder / f"back{form}")
    if form == "live":
        return elman.from_keras(theirs)
    if form == ".weights.h5":
        model = elman.models.model_from_json(theirs.to_json())
        theirs.save_weights(path)
        model.load_weights(path)
        return model
    theirs.save(path)
    return elman.saving.load_model(path, compile=False)


def predicted(theirs, xs):
    """Return all that a model of Keras puts out, of no state before."""
    for layer in theirs._flatten_layers():
        if getattr(layer, "stateful", False):
            (getattr(layer, "reset_state", None) or layer.reset_states)()
    return [y.numpy() for y in keras.tree.flatten(theirs(xs if len(xs) > 1 else xs[0]))]


def trip(model, xs, y, form, folder):
    """Return the largest difference, in Keras and in elman again."""
    keras.utils.clear_session(free_memory=False)
    theirs = there(model, form, folder)
    again = back(theirs, form, folder)
    check_same_weights(model, again)
    return max(distance(y, predicted(theirs, xs)), distance(y, outputs(again, xs)))
