"""elman's layers on a tape: one entry each, with all that they put out and add to the loss."""

import numpy as np
import pytest

from elman import GradientTape, Input, Model, Sequential, layers, ops
from elman.gradient_tape import boxed, unboxed
from tests.gradcheck import assert_gradient
from tests.own_layers import Affine, assert_gradients, random

F64 = {"dtype": "float64"}
X = random(3, 4, 5)


def two_branches():
    a, b = Input((4, 5), **F64), Input((4, 5), **F64)
    h = layers.LSTM(2, **F64)(a)
    return Model([a, b], [layers.Dense(2, **F64)(h), layers.Add(**F64)([a, b])])


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (lambda: layers.Dense(2, "tanh", **F64), 1),
        (lambda: layers.LSTM(2, **F64), 1),
        (lambda: layers.GRU(2, return_sequences=True, return_state=True, **F64), 1),
        (lambda: layers.Bidirectional(layers.LSTM(2, **F64), **F64), 1),
        (lambda: layers.TimeDistributed(layers.Dense(2, **F64), **F64), 1),
        (lambda: layers.LayerNormalization(**F64), 1),
        (lambda: layers.Concatenate(**F64), 2),
        (lambda: layers.Attention(**F64), 2),
        (lambda: Sequential([Input((4, 5), **F64), layers.LSTM(2, **F64)]), 1),
        (lambda: Sequential([Input((4, 5), **F64), Affine(2, **F64), layers.GRU(2, **F64)]), 1),
        (two_branches, 2),
    ],
)
def test_layers_and_models_have_their_gradients_on_a_tape(make, count):
    assert_gradients(make(), [X.copy(), X[::-1].copy()][:count])


def test_outputs_are_boxes_on_a_tape_and_arrays_elsewhere():
    layer = layers.Dense(2, **F64)
    with GradientTape():
        y = layer(X)
    assert boxed(y)
    assert type(layer(X)) is np.ndarray
    np.testing.assert_array_equal(unboxed(y), layer(X))


def test_frozen_weights_have_no_gradient_and_let_it_through():
    layer = layers.Dense(5, **F64)
    layer(X)
    layer.trainable = False
    x = X.copy()
    with GradientTape() as tape:
        box = tape.watch(x)
        loss = ops.sum(layer(box) ** 2)
    dx, *none = tape.gradient(loss, [box, *layer.weights])
    assert none == [None, None]
    assert_gradient(lambda x: float((layer(x) ** 2).sum()), x, dx)


@pytest.mark.parametrize("kind", ["alone", "sequence"])
def test_what_activity_regularizers_add_is_on_the_tape(kind):
    layer = layers.LSTM(2, activity_regularizer="l2", **F64)
    model = layer if kind == "alone" else Sequential([Input((4, 5), **F64), layer])
    model(X)

    def loss():
        y = model(X)
        return ops.sum(y) + sum(model.losses)

    with GradientTape() as tape:
        total = loss()
    assert len(model.losses) == 1
    for weight, found in zip(layer.weights, tape.gradient(total, layer.weights), strict=True):
        assert_gradient(lambda _: float(loss()), weight.array, found)


def test_regularizers_of_weights_are_on_the_tape():
    layer = layers.Dense(2, kernel_regularizer="l2", **F64)
    layer(X)
    with GradientTape() as tape:
        total = sum(layer.losses)
    np.testing.assert_allclose(tape.gradient(total, layer.kernel), 0.02 * layer.kernel.numpy())
    layer.trainable = False
    assert layer.losses == []


def test_a_model_that_is_penalised_inside_is_recorded_layer_by_layer():
    class Penal(layers.Layer):
        def call(self, x):
            self.add_loss(0.1 * ops.sum(ops.square(x)))
            return ops.tanh(x)

    model = Sequential(
        [Input((4, 5), **F64), layers.GRU(3, **F64), Penal(**F64), layers.Dense(1, **F64)]
    )
    model(X)

    def loss():
        return ops.sum(model(X)) + sum(model.losses)

    with GradientTape() as tape:
        total = loss()
    for weight, found in zip(model.weights, tape.gradient(total, model.weights), strict=True):
        assert_gradient(lambda _: float(loss()), weight.array, found)


@pytest.mark.parametrize("watched", [True, False])
def test_gradients_of_inputs_are_computed_where_a_tape_watches_them(watched, monkeypatch):
    model = Sequential([Input((4, 5), **F64), layers.LSTM(3, **F64), layers.Dense(2, **F64)])
    model.layers[0].trainable = watched  # the reverse may end where nothing is trained
    lstm, asked = model.layers[0], []
    backward = type(lstm).backward

    def telling(self, *args, need_inputs=True, **options):
        asked.append(need_inputs)
        return backward(self, *args, need_inputs=need_inputs, **options)

    monkeypatch.setattr(type(lstm), "backward", telling)
    with GradientTape() as tape:
        x = tape.watch(X) if watched else X
        loss = ops.sum(model(x) ** 2)
    weights = model.trainable_weights
    found = tape.gradient(loss, weights)
    assert asked == ([True] if watched else [])
    for weight, g in zip(weights, found, strict=True):
        assert_gradient(lambda w: float((model(X) ** 2).sum()), weight.array, g)
