"""clone_model: the same structure, with layers and weights of its own."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, ops
from elman.errors import ArgumentError
from elman.models import clone_model
from tests.own_layers import Affine, Scaled, random

X = random(4, 3, 5).astype("float32")


class Holding(layers.Layer):
    """A layer that is given a layer."""

    def __init__(self, inner, rate=0.5, **options):
        super().__init__(**options)
        self.inner, self.rate = inner, layers.Dropout(rate)

    def call(self, x):
        return self.inner(self.rate(x))


class Own(Model):
    """A model that is given a list of layers."""

    def __init__(self, stack, **options):
        super().__init__(**options)
        self.stack_of = stack

    def call(self, x):
        for layer in self.stack_of:
            x = layer(x)
        return ops.tanh(x)


def sequence():
    return Sequential([Input((3, 5)), Affine(4), layers.LSTM(2)], name="s")


def built_from_data():
    model = Sequential([Holding(Affine(3)), layers.GRU(2)])
    model(X)
    return model


def branches():
    x, mask = Input((3, 5)), Input((3,), dtype="bool")
    h = layers.LSTM(5, return_sequences=True)(x, mask=mask)
    both = Scaled()(x, other=h, scale=2.0)
    shared = layers.Dense(2)
    y = layers.Add()([shared(both), shared(x)])
    return Model([x, mask], {"y": y, "h": layers.Dropout(0.5)(h, training=False)})


def states():
    x = Input((3, 5))
    h, *state = layers.LSTM(2, return_sequences=True, return_state=True)(x)
    return Model(x, layers.LSTM(2)(h, initial_state=state))


def operations():
    x = Input((3, 5))
    return Model(x, ops.mean(layers.Dense(2)(x) * 2.0, axis=1))


def nested():
    x = Input((3, 5))
    return Model(x, layers.Dense(1)(sequence()(x)))


def own():
    model = Own([Affine(3), Holding(layers.Dense(2))])
    model(X)
    return model


@pytest.mark.parametrize(
    "make", [sequence, built_from_data, branches, states, operations, nested, own]
)
def test_a_clone_computes_the_same_with_the_same_weights(make):
    model = make()
    before = model.get_weights()
    clone = clone_model(model)
    assert type(clone) is type(model)
    assert clone.name == model.name
    x = [X, np.ones((4, 3), bool)] if make is branches else X
    clone(x)
    assert clone.count_params() == model.count_params()
    assert {id(w) for w in clone.weights}.isdisjoint(id(w) for w in model.weights)
    assert {id(layer) for layer in clone.layers}.isdisjoint(id(layer) for layer in model.layers)
    clone.set_weights(before)
    expected, found = model.predict(x, verbose=0), clone.predict(x, verbose=0)
    if isinstance(expected, dict):
        assert sorted(expected) == sorted(found)
        expected, found = expected["y"], found["y"]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    clone.set_weights([w * 0.0 for w in before])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_clone_knows_what_is_frozen():
    model = sequence()
    model.layers[0].trainable = False
    assert [w.trainable for w in clone_model(model).weights] == [w.trainable for w in model.weights]


def test_a_function_makes_the_layers():
    model = sequence()

    def halved(layer):
        config = layer.get_config()
        if isinstance(layer, layers.LSTM):
            config["units"] = 1
        return type(layer).from_config(config)

    assert clone_model(model, clone_function=halved).output_shape == (None, 1)
    shared = clone_model(model, clone_function=lambda layer: layer)
    assert shared.layers[0] is model.layers[0]


@pytest.mark.parametrize("make", [sequence, states])
def test_a_clone_may_begin_with_tensors(make):
    x = Input((None, 5), name="mine")
    clone = clone_model(make(), input_tensors=x)
    assert clone.input_names == ["mine"]
    assert clone(X[:, :2]).shape == (4, 2)


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: clone_model(layers.Dense(2)), "clone_model: `model` must be a model; got <Dense"),
        (lambda: clone_model(sequence(), clone_function=lambda layer: 3),
         "clone_model: `clone_function` must return a layer; got 3 for Affine"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def test_a_clone_is_not_compiled():
    model = sequence()
    model.compile("sgd", "mse")
    assert clone_model(model).compiled is None
    assert elman.models.clone_model is clone_model
