"""What one has written oneself is saved by its name, and asked for by it."""

import re

import numpy as np
import pytest

import elman
from elman import constraints, initializers, layers, losses, metrics, optimizers, regularizers
from elman.errors import NotBuiltError, UnsupportedError

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 1)).astype("float32")


def fourth(y_true, y_pred):
    return elman.ops.mean((y_pred - y_true) ** 4, axis=-1)


def worst(y_true, y_pred):
    return np.max(abs(y_true - y_pred), axis=-1)


def bent(x):
    return x * elman.ops.tanh(x)


def rising(shape, dtype=None):
    return np.linspace(-0.5, 0.5, int(np.prod(shape)), dtype=dtype).reshape(shape)


def slowly():
    return 0.01


class Fourth(losses.Loss):
    def __init__(self, factor=1.0, name=None, reduction="sum_over_batch_size"):
        super().__init__(name, reduction)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * fourth(y_true, y_pred)


class Worst(metrics.Metric):
    def __init__(self, name="worst", **options):
        super().__init__(name=name, **options)
        self.error = self.add_weight(shape=(), initializer="zeros", name="error")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.error.assign(np.maximum(self.error, np.max(abs(y_true - y_pred))))

    def result(self):
        return self.error


class Plain(optimizers.SGD):
    """Another name of SGD."""


class Halving(optimizers.schedules.LearningRateSchedule):
    def __init__(self, initial_learning_rate=0.1):
        self.initial_learning_rate = initial_learning_rate

    def __call__(self, step):
        return self.initial_learning_rate * 0.5**step


class L4(regularizers.Regularizer):
    def __init__(self, factor=0.01):
        self.factor = factor

    def __call__(self, w):
        return self.factor * elman.ops.sum(w**4)


class Ceiling(constraints.Constraint):
    def __call__(self, w):
        return np.minimum(w, 1)


class Rising(initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return rising(shape, dtype)


def huber(y_true, y_pred):
    """A function of one's own with the name of one of elman's."""
    return elman.ops.mean((y_pred - y_true) ** 2, axis=-1)


# what is one's own, what it is called in messages, what the model takes
CASES = {
    "loss function": (fourth, "loss", {"loss": fourth}),
    "loss": (Fourth, "loss", {"loss": Fourth(2.0)}),
    "metric function": (worst, "metric", {"metrics": [worst]}),
    "metric": (Worst, "metric", {"metrics": [Worst()]}),
    "weighted metric": (worst, "metric", {"weighted_metrics": [worst]}),
    "optimizer": (Plain, "optimizer", {"optimizer": lambda: Plain(0.1)}),
    "schedule": (Halving, "schedule", {"optimizer": lambda: optimizers.SGD(Halving(0.2))}),
    "rate": (slowly, "schedule", {"optimizer": lambda: optimizers.SGD(slowly)}),
    "activation": (bent, "layer", {"layer": {"activation": bent}}),
    "initializer function": (rising, "layer", {"layer": {"kernel_initializer": rising}}),
    "initializer": (Rising, "layer", {"layer": {"kernel_initializer": Rising()}}),
    "regularizer": (L4, "layer", {"layer": {"kernel_regularizer": L4(0.1)}}),
    "constraint": (Ceiling, "layer", {"layer": {"kernel_constraint": Ceiling()}}),
    "lambda layer": (bent, "layer", {"lambda": bent}),
    "loss with elman's name": (huber, "loss", {"loss": huber}),
}


def trained(options):
    made = options.get("optimizer")
    options = options | ({"optimizer": made()} if made else {})
    function, of_layer = options.pop("lambda", None), options.pop("layer", {})
    model = elman.Sequential([elman.Input((3,)), layers.Dense(1, **of_layer)])
    if function is not None:
        model.add(layers.Lambda(function))
    model.compile(**{"optimizer": "adam", "loss": "mse", **options})
    model.fit(X, Y, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_registered_is_saved_and_asked_for_by_its_name(tmp_path, case):
    thing, owner, options = CASES[case]
    path, name = tmp_path / "m.keras", thing.__name__
    model = trained(options)
    model.save(path)
    kind = "class" if isinstance(thing, type) else "function"
    text = (
        f"{owner}: `{name}` must be registered or given to be loaded, because it is a {kind} of "
        "your own; it is neither. Put `@elman.saving.register_keras_serializable()` above it, or "
        f"give `custom_objects={{'{name}': {name}}}`."
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.models.load_model(path)
    again = elman.models.load_model(path, custom_objects={name: thing})
    for each in (model, again):
        each.fit(X, Y, epochs=2, verbose=0, shuffle=False)
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("case", CASES)
def test_what_is_registered_is_found_without_being_given(tmp_path, case, monkeypatch):
    monkeypatch.setattr("elman._custom._registered", {})
    monkeypatch.setattr("elman._custom._names", {})
    thing, _, options = CASES[case]
    elman.saving.register_keras_serializable("tests")(thing)
    model = trained(options)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    elman.saving.get_custom_objects().clear()
    text = "Put `@elman.saving.register_keras_serializable('tests')` above it, or give `custom_o"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.models.load_model(tmp_path / "m.keras")


def test_a_layer_with_what_is_one_s_own_inside_can_be_made_again():
    layer = layers.Bidirectional(layers.LSTM(2, activation=bent, kernel_regularizer=L4()))
    model = elman.Sequential(
        [elman.Input((4, 3)), layer, layers.Dense(1, bias_constraint=Ceiling())]
    )
    again = elman.models.clone_model(model)
    assert again.layers[0].forward_layer.activation is bent
    assert type(again.layers[0].backward_layer.kernel_regularizer) is L4
    assert type(again.layers[1].bias_constraint) is Ceiling


def test_two_of_one_name_are_not_taken_for_each_other():
    other = type("L4", (L4,), {"__module__": __name__})
    layer = layers.Dense(1, kernel_regularizer=L4(), bias_regularizer=other())
    text = "L4: `L4` must be one class or function to be made again; got two of this name. Call one"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.models.clone_model(elman.Sequential([elman.Input((3,)), layer]))


class Forgetful(losses.Loss):
    def __init__(self, power=2):
        super().__init__()
        self.exponent = power


def test_a_loss_that_forgets_its_arguments_is_not_saved():
    text = (
        "Forgetful: each argument must be kept in an attribute of the same name to be saved; got "
        "none for `power`. Or define `get_config`."
    )
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        losses.serialize(Forgetful())


def test_a_mean_of_a_function_keeps_its_arguments():
    def power(y_true, y_pred, exponent=1):
        return np.mean(abs(y_true - y_pred) ** exponent, axis=-1)

    metric = metrics.MeanMetricWrapper(power, "cubes", exponent=3)
    form = metrics.serialize(metric)
    assert (form["class_name"], form["config"]["fn"]["config"]) == ("MeanMetricWrapper", "power")
    again = metrics.deserialize(form, {"power": power})
    assert (again.name, again.options, again.fn) == ("cubes", {"exponent": 3}, power)
    with pytest.raises(UnsupportedError, match="metric: `power` must be registered or given"):
        metrics.deserialize(form)


def test_a_subclass_of_an_initializer_is_not_taken_for_it():
    class Zeros(initializers.Ones):
        """One's own with the name of one of elman's."""

    form = initializers.serialize(Zeros())
    with pytest.raises(UnsupportedError, match="initializer: `Zeros` must be registered or given"):
        initializers.get(form)
    assert initializers.deserialize(form, {"Zeros": Zeros})((1,)).tolist() == [1.0]


def test_keras_s_forms_of_what_is_one_s_own_are_read():
    """As Keras 3.15.1 writes them in a script, whose classes have no module."""
    form = {"module": "builtins", "class_name": "function", "registered_name": "function"}
    for name, found in (("fourth", "fourth"), ("tests>fourth", "fourth")):
        loss = losses.deserialize(form | {"config": name}, {"fourth": fourth})
        assert (loss.fn, loss.name) == (fourth, found)
    with pytest.raises(UnsupportedError, match="loss: `fourth` must be registered or given"):
        losses.deserialize(form | {"config": "fourth"})
    assert metrics.deserialize(form | {"config": "worst"}, {"worst": worst}).fn is worst
    own = {"module": None, "class_name": "L2", "config": {}, "registered_name": "L2"}
    assert type(regularizers.deserialize(own, {"L2": L4})) is L4
    with pytest.raises(UnsupportedError, match="regularizer: `L2` must be registered or given"):
        regularizers.deserialize(own)


def test_functions_of_elman_are_read_by_their_names():
    form = {"module": "builtins", "class_name": "function", "registered_name": "function"}
    assert type(losses.deserialize(form | {"config": "huber"})) is losses.Huber
    found = metrics.deserialize(form | {"config": "mean_squared_error"})
    assert type(found) is metrics.MeanSquaredError
