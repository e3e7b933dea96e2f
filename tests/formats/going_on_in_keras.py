"""What elman keeps for training, and how Keras keeps it, tried with real Keras.

    KERAS_BACKEND=tensorflow PYTHONPATH=src:. python tests/formats/going_on_in_keras.py

Keras loads what elman wrote with entries of its own, and predicts the same; elman goes on where
Keras was: optimizers that were never built, that scale the loss, layers frozen since.
"""

import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

import elman
from tests.formats.fuzz import frozen
from tests.formats.models import X, Y

NEAR = 1e-6  # of weights after a few steps in float32
FORMS = (".keras", ".h5", "live")


def train(model):
    model.fit(X, Y, epochs=2, batch_size=4, shuffle=False, verbose=0)


def taken(model, folder, form):
    """Return elman's version of a model of Keras."""
    if form == "live":
        return elman.from_keras(model)
    model.save(str(folder / f"keras{form}"))
    return elman.models.load_model(folder / f"keras{form}")


def keras_loads_what_elman_adds(folder, form):
    model, x = frozen(), X[:, 0]
    if form == "live":
        theirs = elman.to_keras(model)
    else:
        model.save(folder / f"elman{form}")
        with warnings.catch_warnings():  # it skips the optimizer, as with files of its own
            warnings.simplefilter("ignore")
            theirs = keras.models.load_model(str(folder / f"elman{form}"))
    np.testing.assert_allclose(theirs.predict(x, verbose=0), model(x), atol=NEAR)


def elman_goes_on(folder, form, optimizer, trained):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.GRU(3), keras.layers.Dense(1)]
    theirs = keras.Sequential([keras.Input((4, 2)), *layers])
    theirs.compile(optimizer=optimizer, loss="mse")
    if trained:
        train(theirs)
    ours = taken(theirs, folder, form)
    assert ours.optimizer.iterations == 4 * trained
    for model in (theirs, ours):
        train(model)
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=NEAR)


def main():
    adam, sgd = keras.optimizers.Adam, keras.optimizers.SGD
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    makers = {
        "Adam": lambda: adam(0.01),
        "SGD": lambda: sgd(0.1),
        "SGD, schedule": lambda: sgd(schedule),
        "averages": lambda: adam(0.01, use_ema=True),
        "scaled": lambda: keras.optimizers.LossScaleOptimizer(adam(0.01)),
        "scaled, schedule": lambda: keras.optimizers.LossScaleOptimizer(sgd(schedule)),
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for form in FORMS:
            keras_loads_what_elman_adds(folder, form)
            for what, make in makers.items():
                for trained in (False, True):
                    elman_goes_on(folder, form, make(), trained)
                    print(form, what, "trained" if trained else "not trained", "ok")


if __name__ == "__main__":
    main()
