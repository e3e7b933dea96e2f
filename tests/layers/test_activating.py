"""Activations of one's own: functions whose derivative a tape finds."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, ops
from elman.errors import ArgumentError
from tests.layers.checks import assert_gradients, scramble

X = np.random.default_rng(0).normal(size=(2, 5, 3))


def cube(x):
    return x**3 - 0.5 * ops.tanh(x)


def made(kind):
    return {
        "Activation": lambda: layers.Activation(cube, dtype="float64"),
        "Dense": lambda: layers.Dense(4, cube, dtype="float64"),
        "Conv1D": lambda: layers.Conv1D(4, 2, activation=cube, dtype="float64"),
        "Conv1DTranspose": lambda: layers.Conv1DTranspose(4, 2, activation=cube, dtype="float64"),
        "DepthwiseConv1D": lambda: layers.DepthwiseConv1D(2, activation=cube, dtype="float64"),
        "SeparableConv1D": lambda: layers.SeparableConv1D(4, 2, activation=cube, dtype="float64"),
    }[kind]()


KINDS = [
    *("Activation", "Dense", "Conv1D", "Conv1DTranspose", "DepthwiseConv1D", "SeparableConv1D")
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_function_of_one_s_own_is_an_activation_with_a_gradient(kind):
    layer = made(kind)
    layer(X)
    assert_gradients(scramble(layer), X.copy())
    assert layer.activation is cube


def test_a_model_with_one_trains_in_float32():
    model = Sequential([Input((5, 3)), layers.LSTM(4), layers.Dense(1, activation=cube)])
    model.compile("adam", "mse")
    y = np.ones((2, 1))
    losses = model.fit(X, y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.predict(X, verbose=0).dtype == np.float32


def test_a_registered_one_is_found_by_its_name():
    function = elman.saving.register_keras_serializable("Tests")(cube)
    layer = layers.Dense(2, function)
    assert layers.deserialize(layers.serialize(layer)).activation is cube
    with elman.saving.custom_object_scope({"mine": cube}):
        assert layers.Dense(2, "mine").activation is cube


def test_one_of_another_shape_or_dtype_is_refused():
    text = (
        "activation: `halved` must return an array of shape (2, 4) and dtype float32, those of "
        "what it is given; got (2, 2) and float32."
    )

    def halved(x):
        return x[:, ::2]

    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.Dense(4, halved)(np.ones((2, 3), "float32"))

    def widened(x):
        return np.asarray(x, "float64")

    with pytest.raises(ArgumentError, match="got \\(2, 4\\) and float64"):
        layers.Activation(widened)(np.ones((2, 4), "float32"))


def test_recurrent_layers_take_elman_s_alone():
    with pytest.raises(ArgumentError, match="LSTM: `activation` must be one of linear, relu,"):
        layers.LSTM(2, activation=cube)
