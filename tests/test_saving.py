"""Layers, models and functions of one's own as configurations and in files."""

import json
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, ops, saving
from elman.errors import ArgumentError, UnsupportedError
from tests.own_layers import Affine, random
from tests.test_custom import as_it_was  # noqa: F401 - forgets what a test has registered

X, Y = random(4, 3, 5).astype("float32"), np.zeros((4, 2), "float32")


class Making(layers.Layer):
    """Arguments that are kept as something else, or not at all."""

    def __init__(self, units, rate=0.25, inner=None, **options):
        super().__init__(**options)
        self.dense, self.rate = layers.Dense(units), layers.Dropout(rate)
        self.inner = inner

    def call(self, x):
        h = self.rate(self.dense(x))
        return h if self.inner is None else self.inner(h)


class Bare(layers.Layer):
    """A constructor that takes no name."""

    def __init__(self, units):
        super().__init__()
        self.units = units
        self.dense = layers.Dense(units)

    def call(self, x):
        return self.dense(x)


class Scaling(layers.LSTM):
    """A subclass of elman's layer with one more argument."""

    def __init__(self, units, scale=2.0, **options):
        super().__init__(units, **options)
        self.scale = scale

    def call(self, sequences, initial_state=None, mask=None, training=False):
        return super().call(sequences, initial_state, mask, training) * self.scale


class Saying(layers.Layer):
    """A configuration of its own."""

    def __init__(self, table, **options):
        super().__init__(**options)
        self.kept = table

    def call(self, x):
        return x * len(self.kept)

    def get_config(self):
        return {**super().get_config(), "table": sorted(self.kept)}


class ByHand(layers.Dense):
    """A subclass without a `call`."""


class Setting:
    """An object of one's own that says what it is made of."""

    def __init__(self, factor):
        self.factor = factor

    def get_config(self):
        return {"factor": self.factor}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class Set(layers.Layer):
    """A layer that is given such an object."""

    def __init__(self, setting, **options):
        super().__init__(**options)
        self.setting = setting

    def call(self, x):
        return x * self.setting.factor


OURS = {
    kind.__name__: kind
    for kind in (Affine, Making, Bare, Scaling, Saying, ByHand, Setting, Set)
}  # fmt: skip
MAKE = {
    "another name": lambda: Making(3, 0.5, name="m"),
    "a layer": lambda: Making(3, inner=layers.Dense(2, "tanh")),
    "a layer of one's own": lambda: Making(3, inner=Affine(2)),
    "no name": lambda: Bare(3),
    "a subclass": lambda: Scaling(3, return_sequences=True, activation="relu"),
    "its own configuration": lambda: Saying({"a", "b"}),
    "without a call": lambda: ByHand(3, "tanh"),
    "in a wrapper": lambda: layers.TimeDistributed(Making(3)),
    "an object": lambda: Set(Setting(3.0)),
}


@pytest.mark.parametrize("name", MAKE)
def test_a_saved_model_has_its_layers_again(name, tmp_path):
    layer = MAKE[name]()
    model = Sequential([Input((3, 5)), layer, layers.Flatten(), layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras", custom_objects=OURS)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert type(again.layers[0]) is type(layer)
    assert again.layers[0].name == layer.name
    assert again.layers[0].get_config() == layer.get_config()
    for one, other in zip(again.optimizer.state().values(), model.optimizer.state().values(),
                          strict=True):  # fmt: skip
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", MAKE)
def test_a_configuration_is_json_and_makes_the_layer_again(name):
    layer = MAKE[name]()
    form = json.loads(json.dumps(layers.serialize(layer)))
    again = layers.deserialize(form, OURS)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    with saving.custom_object_scope(OURS):
        assert layers.deserialize(form).name == layer.name


def test_arguments_are_what_the_constructor_was_given():
    config = Making(3, rate=0.5).get_config()
    assert (config["units"], config["rate"], config["inner"]) == (3, 0.5, None)
    config = Scaling(3, return_sequences=True).get_config()
    assert (config["units"], config["scale"], config["return_sequences"]) == (3, 2.0, True)
    layer = Scaling(3, return_sequences=True)
    layer.return_sequences = False  # what is handed on is read off the layer
    assert layer.get_config()["return_sequences"] is False


def test_dtype_and_trainable_are_kept():
    layer = Affine(2, dtype="float64", trainable=False)
    again = Affine.from_config(layer.get_config())
    assert (again.dtype, again.trainable) == ("float64", False)
    frozen = Bare(2)
    frozen.trainable = False
    assert Bare.from_config(frozen.get_config()).trainable is False


def test_a_class_of_one_s_own_is_not_taken_for_elman_s_of_that_name():
    class Dense(layers.Layer):
        def call(self, x):
            return x

    form = layers.serialize(Dense(name="d"))
    assert form["registered_name"] == "Dense"
    assert not form["module"].startswith("keras")
    text = "layer 'd': `Dense` must be registered or given to be loaded, because it is a class"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        layers.deserialize(form)
    assert type(layers.deserialize(form, {"Dense": Dense})) is Dense


def test_registered_classes_and_functions_need_no_table(tmp_path):
    @saving.register_keras_serializable("tests")
    class Times(layers.Layer):
        def __init__(self, function, **options):
            super().__init__(**options)
            self.function = function

        def call(self, x):
            return self.function(x) * 2.0

    @saving.register_keras_serializable("tests")
    def bent(x):
        return ops.tanh(x) + x

    model = Sequential([Input((3, 5)), Times(bent), layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    form = saving.serialize_keras_object([Times(bent, name="t"), {"f": bent}, np.float32(2.0)])
    found = saving.deserialize_keras_object(json.loads(json.dumps(form)))
    assert isinstance(found[0], Times)
    assert found[1]["f"] is bent
    assert found[2] == 2.0


@pytest.mark.parametrize(
    "thing",
    [
        layers.LSTM(3, name="l"),
        elman.losses.Huber(2.0),
        elman.metrics.MeanAbsoluteError(name="m"),
        elman.optimizers.Adam(0.1),
        elman.initializers.get("ones"),
        elman.regularizers.L2(0.3),
        elman.constraints.MaxNorm(2.0),
        elman.activations.tanh,
        {"a": [1, 2.5, None, "text", True]},
    ],
)
def test_every_kind_of_object_has_a_form(thing):
    form = json.loads(json.dumps(saving.serialize_keras_object(thing)))
    again = saving.deserialize_keras_object(form)
    if hasattr(thing, "get_config"):
        assert type(again) is type(thing)
        assert again.get_config() == thing.get_config()
    else:
        assert again == thing


class Many(layers.Layer):
    """A constructor with any number of arguments."""

    def __init__(self, *sizes):
        super().__init__(name="many")

    def call(self, x):
        return x


class Object(layers.Layer):
    """A constructor that takes what cannot be written."""

    def __init__(self, thing, **options):
        super().__init__(**options)
        self.other = thing

    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: Object(object(), name="o").get_config(), UnsupportedError,
         "Object 'o': `get_config` must be defined, because the argument `thing` is of object, "
         "which cannot be saved."),
        (lambda: Object([np.ones(2)], name="o").get_config(), UnsupportedError, "is of ndarray"),
        (lambda: Object(lambda x: x).get_config(), UnsupportedError,
         "layer: `<lambda>` must be registered to be saved"),
        (lambda: Many(1, 2).get_config(), UnsupportedError,
         "Many 'many': `get_config` must be defined, because the constructor takes `*sizes`."),
        (lambda: Bare.from_config({"units": 2, "more": 3}), ArgumentError,
         "Bare: `config` must hold only arguments of the constructor; got 'more'. Let `__init__` "
         "take it, or define `from_config`."),
        (lambda: layers.deserialize(layers.serialize(Affine(2, name="a"))), UnsupportedError,
         "layer 'a': `Affine` must be registered or given to be loaded, because it is a class of "
         "your own; it is neither. Put `@elman"),
        (lambda: saving.serialize_keras_object(lambda x: x), UnsupportedError,
         "serialize_keras_object: `<lambda>` must be registered to be saved, because it has no "
         "name by which it could be found again. Write it as a function with `def`, or put "
         "`@elman.saving.register_keras_serializable()` above it."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_file_with_a_class_that_nobody_has_says_which(tmp_path):
    model = Sequential([Input((3, 5)), Affine(2, name="a")])
    model.save(tmp_path / "m.keras")
    with pytest.raises(UnsupportedError, match="layer 'a': `Affine` must be registered or given"):
        elman.models.load_model(tmp_path / "m.keras")
