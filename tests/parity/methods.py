"""Methods and attributes of objects: which there are, their arguments, and what they return."""

import json
import warnings

import keras
import numpy as np

import elman
from elman import _tree
from tests.golden.models import ARCHITECTURES, TRAININGS, example_inputs, initial_weights
from tests.parity.objects import OBJECTS, built, made_of


def objects():
    """Return title: (Keras's object, elman's, the names that the objects it adds to have)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = made_of(keras), made_of(elman)
    inherited = {
        title: {name for parent in parents for name in dir(theirs[parent])}
        for title, (parents, _) in OBJECTS.items()
    }
    return {title: (theirs[title], ours[title], inherited[title]) for title in OBJECTS}


def architecture(record, name, build):
    """Check a model: what it says of itself, its outputs, and its JSON, both ways."""
    theirs, ours = (made(build, k) for k in (keras, elman))
    weights = initial_weights(ours, np.random.default_rng(1))
    theirs.set_weights(weights)
    ours.set_weights(weights)
    x = example_inputs(ours, np.random.default_rng(2))
    fed = x[0] if len(x) == 1 else dict(zip(ours.input_names, x, strict=True))
    outputs = [np.asarray(y) for y in keras.tree.flatten(theirs(fed))]

    def same(method, of):
        record.check(
            f"Model.{method}", name, lambda: {method: of(theirs)}, lambda: {method: of(ours)}
        )

    same("count_params", lambda m: m.count_params())
    same("weights", lambda m: [w.path for w in m.weights])
    same("trainable_weights", lambda m: [w.path for w in m.trainable_weights])
    same("get_weights", lambda m: m.get_weights())
    same(
        "layers",
        lambda m: [
            each.name
            for each in m.layers
            if "not_equal" not in each.name and "any" not in each.name
        ],
    )
    same("output_shape", lambda m: m.output_shape)
    same("input_shape", lambda m: m.input_shape)

    def ran(of):
        return {"outputs": [np.asarray(y) for y in _tree.flatten(of(fed))]}

    expected = {"outputs": outputs}
    record.check("Model.call", name, lambda: expected, lambda: ran(ours))
    text = theirs.to_json()
    for title, source in READERS.items():
        record.check(
            title,
            f"Keras's {name}",
            lambda: expected,
            lambda source=source: ran(weighted(source(text, type(ours)), weights)),
        )

    def there_and_back():
        again = keras.models.model_from_json(ours.to_json())
        again.set_weights(weights)
        return {"outputs": [np.asarray(y) for y in keras.tree.flatten(again(fed))]}

    record.check("Model.to_json", f"{name} read by Keras", lambda: expected, there_and_back)


READERS = {  # of what Keras wrote: the text, and the class of the model
    "models.model_from_json": lambda text, kind: elman.models.model_from_json(text),
    "saving.deserialize_keras_object": lambda text, kind: elman.saving.deserialize_keras_object(
        json.loads(text)
    ),
    "Model.from_config": lambda text, kind: kind.from_config(json.loads(text)["config"]),
}


def weighted(made, weights):
    """Return a model that has been given its weights."""
    made.set_weights(weights)
    return made


def made(build, k):
    """Return a model of `tests.golden.models`, named as if it were the first."""
    k.utils.clear_session()
    return build(k)


def by_batches(record):
    """Check the methods that take a batch."""
    training = TRAININGS["simple_rnn"]
    x, y = training.data(np.random.default_rng(0))

    def side(k):
        def run():
            k.utils.clear_session()
            built_model = training.build(k)
            built_model.set_weights(initial_weights(built_model, np.random.default_rng(1)))
            found = {
                "train_on_batch": [built_model.train_on_batch(x, y) for _ in range(3)],
                "test_on_batch": built_model.test_on_batch(x, y, return_dict=True),
                "predict_on_batch": np.asarray(built_model.predict_on_batch(x)),
            }
            found["get_metrics_result"] = built_model.get_metrics_result()
            built_model.reset_metrics()
            return {what: _floats(value) for what, value in found.items()}

        return run

    names = ("test_on_batch", "predict_on_batch", "get_metrics_result")
    record.check(
        "Model.train_on_batch",
        "three batches",
        side(keras),
        side(elman),
        [f"Model.{name}" for name in names],
    )


def _floats(value):
    """Return numbers as Python's."""
    if isinstance(value, dict):
        return {key: _floats(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_floats(each) for each in value]
    return value if isinstance(value, (str, np.ndarray)) else float(value)


def run(record):
    """Add all cases to the record."""
    for name, build in ARCHITECTURES.items():
        if name != "long_names":
            architecture(record, name, build)
    by_batches(record)
    for kind, arguments in {"LSTM": (3,), "Dense": (2,), "Conv1D": (4, 3)}.items():
        make = built(kind, *arguments, shape=(2, 6, 4))
        for method in ("count_params", "compute_output_shape"):
            given = ((None, 6, 4),) if method == "compute_output_shape" else ()

            def side(k, make=make, method=method, given=given):
                return lambda: {method: getattr(make(k), method)(*given)}

            record.check(f"Layer.{method}", kind, side(keras), side(elman))

        keys = sorted(key for key, value in make(keras).get_config().items() if _simple(value))

        def config(k, make=make, keys=keys):
            found = make(k).get_config
            return lambda: {"get_config": [json.dumps(found().get(key)) for key in keys]}

        record.check("Layer.get_config", kind, config(keras), config(elman))


def _simple(value):
    """Say whether a setting is plain; a name is numbered by what was made before it."""
    plain = value is None or isinstance(value, (str, int, float, list, tuple))
    return plain and not str(value).startswith(("lstm_", "dense_", "conv1d_"))
