"""Write what Keras computes into the .npz and .json files here, and try the other way round.

Run with a Python that has Keras 3 and TensorFlow, from anywhere:

    python tests/golden/make.py

    activations.npz  "x", "dy", and of each activation its value "NAME/y" and gradient "NAME/dx"
    fit.npz          of each training in models.py: data, first and last weights, history,
                     evaluation, predictions
    architectures.npz
                     of each architecture in models.py: Keras's JSON, weights, inputs, outputs
    summaries.json   what `summary()` prints, by model and line length
    OK or FAILED     for each model: Keras reads the JSON that elman writes, and predicts the same

The exit status is not 0 if one FAILED. `make_training.py` makes the values of losses, metrics and
optimizer steps.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for folder in (ROOT / "src", ROOT):
    sys.path.insert(0, str(folder))

from tests.golden.carried_states import beginning_anew  # noqa: E402
from tests.golden.models import (  # noqa: E402 - found by the path above
    ARCHITECTURES,
    TRAININGS,
    example_inputs,
    initial_weights,
)

EPOCHS, BATCH_SIZE = 3, 4
LINE_LENGTHS = (80, 100)
SAME = 1e-6  # predictions of Keras and elman, float32: a few roundings of 1.2e-7


def versions() -> dict[str, str]:
    """Return what the numbers were made with."""
    import keras
    import tensorflow

    return {
        "keras": keras.__version__,
        "tensorflow": tensorflow.__version__,
        "numpy": np.__version__,
        "python": sys.version.split()[0],
    }


def activations() -> dict[str, np.ndarray]:
    """Return every activation and its gradient, at kinks and far out too."""
    import keras
    import tensorflow as tf

    from elman.activations import ACTIVATIONS

    far = [-1000, -100, -30, -10, -1e-3, 1e-3, 10, 30, 88, 100, 1000]
    x = np.array([*far, *np.arange(-8, 8.25, 0.25)], "float32").reshape(-1, 4)
    dy = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    out = {"x": x, "dy": dy}
    for name in ACTIVATIONS:
        variable = tf.Variable(x)
        with tf.GradientTape() as tape:
            y = getattr(keras.activations, name)(variable)
        out[f"{name}/y"] = y.numpy()
        out[f"{name}/dx"] = tape.gradient(y, variable, output_gradients=tf.constant(dy)).numpy()
    return out


def flat(prefix: str, value: Any) -> dict[str, np.ndarray]:
    """Return an array, or a list or dictionary of arrays, under names that tell the place."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, (list, tuple)):
        parts = enumerate(value)
    else:
        return {prefix: np.asarray(value)}
    return {k: v for key, part in parts for k, v in flat(f"{prefix}/{key}", part).items()}


def fits() -> dict[str, np.ndarray]:
    """Return what `fit`, `evaluate` and `predict` give for every training."""
    import keras

    out = {}
    for count, (name, training) in enumerate(TRAININGS.items()):
        generator = np.random.default_rng(count)
        x, y = training.data(generator)
        options = training.options(generator, y)
        model = training.build(keras)
        weights = initial_weights(model, generator)
        model.set_weights(weights)
        options_of_keras = {"callbacks": [beginning_anew(keras)]} if name == "stateful" else {}
        history = model.fit(
            x, y, epochs=EPOCHS, batch_size=BATCH_SIZE, shuffle=False, verbose=0,
            **options, **options_of_keras,
        )  # fmt: skip
        sample_weight = options.get("sample_weight")
        found = {
            "x": x,
            "y": y,
            "options": {k: v for k, v in options.items() if k not in SETTINGS},
            "weights": weights,
            "trained": model.get_weights(),
            "history": history.history,
            "evaluation": model.evaluate(
                x,
                y,
                batch_size=BATCH_SIZE,
                sample_weight=sample_weight,
                verbose=0,
                return_dict=True,
            ),
            "prediction": model.predict(x, batch_size=BATCH_SIZE, verbose=0),
        }
        out |= flat(name, found)
    return out


SETTINGS = ("class_weight", "validation_split")  # numbers that models.py itself gives


def summaries() -> dict[str, str]:
    """Return the text of `summary()` of every architecture, and after a step of training."""
    import keras

    out: dict[str, str] = {}

    def take(key: str, model: Any) -> None:
        for length in LINE_LENGTHS:
            printed: list[str] = []
            model.summary(line_length=length, print_fn=printed.append)
            out[f"{key}/{length}"] = "".join(printed)

    for name, build in ARCHITECTURES.items():
        keras.utils.clear_session()
        model = build(keras)
        take(name, model)
    for name in ("simple_rnn", "two outputs"):
        keras.utils.clear_session()
        training = TRAININGS[name]
        model = training.build(keras)
        model.fit(*training.data(np.random.default_rng(0)), verbose=0)
        take(f"{name}, trained", model)
    keras.utils.clear_session()
    model = keras.Sequential([keras.layers.LSTM(4), keras.layers.Dense(1)], name="unbuilt")
    take("unbuilt", model)
    return out


def back() -> bool:
    """Say whether Keras reads what elman writes, and predicts the same."""
    import keras

    import elman

    good = True
    for name, build in {**ARCHITECTURES, **{n: t.build for n, t in TRAININGS.items()}}.items():
        ours = build(elman)
        try:
            theirs = keras.models.model_from_json(ours.to_json())
            theirs.set_weights(ours.get_weights())
            x = example_inputs(ours, np.random.default_rng(0))
            expected = list(flat("", ours(as_fed(ours, x))).values())
            found = list(flat("", theirs(as_fed(ours, x))).values())
            worst = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
            passed, shown = worst < SAME, f"largest difference {worst:.1e}"
        except Exception as error:  # whatever Keras says, it belongs in the report
            passed, shown = False, f"{type(error).__name__}: {error}"
        good = good and passed
        print("OK    " if passed else "FAILED", name, shown)
    return good


def as_fed(model: Any, arrays: list[np.ndarray]) -> Any:
    """Return inputs in the form that both libraries take."""
    return arrays[0] if len(arrays) == 1 else dict(zip(model.input_names, arrays, strict=True))


def architectures() -> dict[str, np.ndarray]:
    """Return of every architecture: Keras's JSON, weights, inputs and outputs."""
    import keras

    out = {}
    for count, (name, build) in enumerate(ARCHITECTURES.items()):
        if name == "long_names":  # its many weights say nothing that others do not
            continue
        generator = np.random.default_rng(count)
        model = build(keras)
        weights = initial_weights(model, generator)
        model.set_weights(weights)
        x = example_inputs(model, generator)
        y = keras.tree.flatten(model(x if len(x) > 1 else x[0]))
        found = {
            "json": model.to_json(),
            "weights": weights,
            "x": x,
            "y": [np.asarray(each) for each in y],
        }
        found["parameters"] = model.count_params()
        out |= flat(name, found)
    return out


def main() -> int:
    """Write the files, try the way back and return the exit status."""
    # Keras cuts a summary off at the terminal's edge.
    os.environ["COLUMNS"] = str(max(LINE_LENGTHS))
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    made_with = versions()
    stamp = np.array(json.dumps(made_with))
    np.savez_compressed(HERE / "activations.npz", versions=stamp, **activations())
    np.savez_compressed(HERE / "fit.npz", versions=stamp, **fits())
    np.savez_compressed(HERE / "architectures.npz", versions=stamp, **architectures())
    text = json.dumps(
        {"versions": made_with, "summaries": summaries()}, indent=1, ensure_ascii=False
    )
    (HERE / "summaries.json").write_text(text + "\n", encoding="utf-8")
    print("made with", ", ".join(f"{name} {version}" for name, version in made_with.items()))
    return 0 if back() else 1


if __name__ == "__main__":
    sys.exit(main())
