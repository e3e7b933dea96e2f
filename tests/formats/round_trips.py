"""elman -> Keras -> elman, with real Keras: every layer in scope, and the models of `tests/golden`.

    KERAS_BACKEND=tensorflow PYTHONPATH=src:. python tests/formats/round_trips.py [FILE]

A model of elman's is written in each form, Keras loads it and predicts, Keras writes it, and elman
loads that. The numbers of weights must come back as they were. FILE, docs/formats/keras.md, gets
the tables.
"""

import sys
import tempfile
import traceback
from collections import defaultdict
from pathlib import Path

import keras
import numpy as np

import elman
from tests.golden.models import ARCHITECTURES, example_inputs
from tests.parity.layers import calls
from tests.tolerances import KERAS_OUTPUT

FORMS = ("live", ".keras", ".h5", ".weights.h5")
HEAD = """# Round trips through Keras

Models of elman's that were written, loaded by Keras {keras} (TensorFlow), written by Keras, and
loaded by elman. A number is how many cases of a layer came back with the same weights and, in Keras
and in elman again, the same outputs; "live" is `elman.to_keras` and `elman.from_keras`. Made by
`tests/formats/round_trips.py`. Do not edit it by hand.

Where cases are missing, Keras fails by itself: TensorFlow has no transposed convolution with
dilation on the CPU, and Keras cannot write the `.h5` of an AlphaDropout or of a Bidirectional
around an RNN. The `.h5` that Keras writes of a model with merged masks is the one that
elman refuses: it names operations by which the mask is made, which are no layers of elman's.
"""
BETWEEN = """
Two epochs of training in elman, and two more in Keras: how far the weights are from those after
four epochs in elman, relative to the largest. Taken back to elman before that, they are the same
bits. (After loading a `.h5`, its own too, Keras 3.15 cannot train: its optimizer knows no weights.)
"""


def around(call):
    """Return a model of one layer, and its inputs."""
    xs = [np.asarray(x) for x in (*call.xs, *call.states)]
    inputs = [elman.Input(batch_shape=x.shape, dtype=str(x.dtype)) for x in xs]
    count = len(call.xs)
    given = inputs[:count] if count > 1 else inputs[0]
    more = {"initial_state": inputs[count:]} if call.states else {}
    return elman.Model(inputs, call.make(elman)(given, **more)), xs


def models():
    """Yield the class, some words, a function that makes a model, and its inputs."""
    for name, label, call in calls():
        yield name, label, lambda call=call: around(call)
    for name, make in ARCHITECTURES.items():

        def whole(make=make):
            model = make(elman)
            return model, example_inputs(model, np.random.default_rng(1))

        yield "whole models", name, whole


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


def outputs(model, xs):
    """Return all that a model puts out."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            (getattr(layer, "reset_state", None) or layer.reset_states)()
    y = model(xs if len(xs) > 1 else xs[0])
    return [np.asarray(each) for each in keras.tree.flatten(y)]


def distance(one, other):
    """Return the largest difference, relative to the largest number."""
    return max(
        float(np.abs(a - b).max(initial=0) / max(1, np.abs(a).max(initial=0)))
        for a, b in zip(one, other, strict=True)
    )


def trip(make, form, folder):
    """Return the largest difference of a round trip."""
    model, xs = make()
    rng = np.random.default_rng(2)
    model.set_weights([w + rng.uniform(0.01, 0.2, w.shape) for w in model.get_weights()])
    y = outputs(model, xs)
    theirs = there(model, form, folder)
    again = back(theirs, form, folder)
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    found = max(distance(y, outputs(theirs, xs)), distance(y, outputs(again, xs)))
    if not found <= KERAS_OUTPUT:
        raise AssertionError(f"differs by {found:.1e}")
    return found


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
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    found = distance(model.get_weights(), theirs.get_weights())
    if not found <= KERAS_OUTPUT:
        raise AssertionError(f"differs by {found:.1e}")
    return found


def optimizers():
    """Return the table of training that goes on in Keras, and what went wrong."""
    lines = ["| optimizer | live | .keras |", "|---|---|---|"]
    wrong = []
    for name in OPTIMIZERS:
        said = []
        for form in FORMS[:2]:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    said.append(f"{resumed(name, form, Path(folder)):.0e}")
                except Exception as error:
                    said.append("no")
                    wrong.append((name, form, f"{type(error).__name__}: {error!s:.300}"))
        lines.append(f"| {name} | {' | '.join(said)} |")
    return lines, wrong


def main():
    """Run all trips, and print the tables."""
    elman.utils.set_random_seed(0)
    passed, largest, wrong = defaultdict(lambda: defaultdict(int)), defaultdict(float), []
    total = defaultdict(int)
    for name, label, make in models():
        total[name] += 1
        for form in FORMS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    largest[name] = max(largest[name], trip(make, form, Path(folder)))
                    passed[name][form] += 1
                except Exception as error:
                    wrong.append((name, label, form, f"{type(error).__name__}: {error!s:.300}"))
                    if "-v" in sys.argv:
                        traceback.print_exc()
    lines = [
        "| layer | cases | " + " | ".join(FORMS) + " | largest difference |",
        "|---|---|" + "---|" * (len(FORMS) + 1),
    ]
    for name in sorted(total, key=lambda name: (name.islower(), name)):
        counts = " | ".join(str(passed[name][form]) for form in FORMS)
        lines.append(f"| {name} | {total[name]} | {counts} | {largest[name]:.0e} |")
    more, also = optimizers()
    split = len(lines)
    lines += ["", *more]
    wrong += also
    print("\n".join(lines))
    for each in wrong:
        print(*each)
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        page = "\n".join([HEAD.format(keras=keras.__version__), *lines[:split], BETWEEN, *more])
        Path(sys.argv[1]).write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
