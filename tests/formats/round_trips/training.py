"""Training that begins in elman and goes on in Keras: every optimizer, with its state."""

import tempfile
from pathlib import Path

import keras
import numpy as np

import elman
from tests.formats.round_trips.cases import check_same_weights, distance

FORMS = ("live", ".keras")
OPTIMIZERS = {
    "SGD": {"momentum": 0.9},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adam": {"amsgrad": True},
    **{name: {} for name in ("AdamW", "Nadam", "Adamax", "Adagrad", "Adadelta", "Ftrl", "Lion")},
    **{name: {} for name in ("Lamb", "Adafactor", "Muon")},
}


def resumed(name, form, folder):
    """Return how far elman and Keras are apart when both train on what elman has trained."""
    layers = elman.layers
    elman.utils.set_random_seed(0)
    model = elman.Sequential([elman.Input((4, 2)), layers.GRU(3), layers.Dense(1)])
    rng = np.random.default_rng(2)
    model.set_weights([w + rng.uniform(0.01, 0.2, w.shape) for w in model.get_weights()])
    model.compile(getattr(elman.optimizers, name)(0.01, **OPTIMIZERS[name]), "mse", metrics=["mae"])
    x, y = rng.normal(size=(8, 4, 2)).astype("f4"), rng.normal(size=(8, 1)).astype("f4")
    options = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}
    model.fit(x, y, **options)
    if form == "live":
        theirs = elman.to_keras(model)
    else:
        model.save(folder / f"m{form}")
        theirs = keras.models.load_model(str(folder / f"m{form}"))
    assert int(theirs.optimizer.iterations) == 4
    again = elman.from_keras(theirs)
    for each in (model, theirs, again):
        each.fit(x, y, **options)
    check_same_weights(model, again)
    return distance(model.get_weights(), theirs.get_weights())


def beside():
    """Yield the optimizer, the form, and a function that returns a difference."""
    for name in OPTIMIZERS:
        for form in FORMS:

            def go(name=name, form=form):
                with tempfile.TemporaryDirectory() as folder:
                    return resumed(name, form, Path(folder))

            yield name, form, go
