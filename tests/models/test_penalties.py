"""What is added to the loss beside the losses of the outputs, and constraints after a step."""

import numpy as np
import pytest

import elman
from elman import Input, Sequential, constraints, layers, ops, regularizers
from elman.models.penalties import Penalties
from tests.own_layers import assert_trains_by_gradient, random

F64 = {"dtype": "float64"}
X, Y = random(4, 3, 5), random(4, 2, seed=1)


def chain(*stack):
    return Sequential([Input((3, 5), **F64), *stack])


class Penal(layers.Layer):
    """A layer that adds a number, an array and a list to the loss."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x):
        self.add_loss(0.1 * ops.sum(ops.square(x * self.w)))
        self.add_loss([ops.square(self.w), 2.0])
        return x * self.w


def cubic(w):
    return 0.1 * ops.sum(ops.abs(w) ** 3)


STACKS = {
    "add_loss": lambda: [Penal(**F64), layers.LSTM(2, **F64)],
    "activity": lambda: [layers.LSTM(2, activity_regularizer="l2", **F64)],
    "activity of one's own": lambda: [layers.LSTM(2, activity_regularizer=cubic, **F64)],
    "regularizer": lambda: [layers.LSTM(2, kernel_regularizer="l1", **F64)],
    "regularizer of one's own": lambda: [layers.LSTM(2, kernel_regularizer=cubic, **F64)],
    "inside a wrapper": lambda: [
        layers.Bidirectional(layers.LSTM(1, kernel_regularizer="l2", **F64), **F64)
    ],
    "inside a model": lambda: [
        Sequential([Penal(**F64), layers.GRU(2, activity_regularizer="l2", **F64)])
    ],
    "all": lambda: [
        Penal(**F64, activity_regularizer="l2"),
        layers.LSTM(2, kernel_regularizer=regularizers.L1L2(0.1, 0.2), **F64),
    ],
}


@pytest.mark.parametrize("name", STACKS)
def test_a_penalty_is_trained_by_its_gradient(name):
    assert_trains_by_gradient(chain(*STACKS[name]()), X, Y)


@pytest.mark.parametrize("name", STACKS)
def test_fit_evaluate_and_single_batches_count_the_same(name):
    model = chain(*STACKS[name]())
    model.compile(elman.optimizers.SGD(1e-300), "mse")
    value = model.evaluate(X, Y, verbose=0)
    assert value > np.mean((model.predict(X, verbose=0) - Y) ** 2)
    assert model.fit(X, Y, verbose=0).history["loss"][0] == pytest.approx(value)
    assert model.test_on_batch(X, Y) == pytest.approx(value)
    assert model.train_on_batch(X, Y) == pytest.approx(value)


def test_a_model_may_be_trained_by_penalties_alone():
    model = chain(layers.LSTM(2, **F64), Penal(**F64))
    model.compile("sgd")
    before = model.get_weights()
    history = model.fit(X, epochs=3, verbose=0).history["loss"]
    assert history[2] < history[0]
    assert all(not np.array_equal(*p) for p in zip(before, model.get_weights(), strict=True))


def test_frozen_weights_are_not_penalised():
    dense = layers.Dense(2, kernel_regularizer="l2", **F64)
    model = chain(layers.LSTM(3, **F64), dense)
    assert len(model.losses) == 1
    dense.trainable = False
    assert model.losses == []
    assert not Penalties.of(model).any


def test_a_weight_that_two_layers_share_is_penalised_once():
    rnn = layers.GRU(5, return_sequences=True, kernel_regularizer="l2", **F64)
    x = Input((3, 5), **F64)
    model = elman.Model(x, layers.Dense(2, **F64)(rnn(rnn(x))))
    assert len(model.losses) == len(Penalties.of(model).weights) == 1


def test_constraints_hold_after_each_step():
    class Kept(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((5, 2), name="w", constraint=constraints.UnitNorm())
            self.v = self.add_weight((2,), "ones", name="v", constraint=lambda v: np.clip(v, 0, 1))

        def call(self, x):
            return ops.matmul(x[:, 0], self.w) + 5.0 * self.v

    layer = Kept(**F64)
    model = chain(layer)
    model.compile(elman.optimizers.SGD(1.0), "mse")
    model.fit(X, Y, epochs=3, batch_size=2, verbose=0)
    np.testing.assert_allclose(np.linalg.norm(layer.w.numpy(), axis=0), [1.0, 1.0], rtol=1e-6)
    assert (layer.v.numpy() >= 0).all()
    assert (layer.v.numpy() <= 1).all()


@pytest.mark.parametrize("option", [{"loss_scale_factor": 64.0}, {"clipnorm": 1e9}])
def test_scaling_changes_no_step(option):
    found = []
    for options in ({}, option):
        model = chain(Penal(**F64), layers.Flatten())
        model.compile(elman.optimizers.SGD(0.01, **options), "mse")
        model.fit(X, X.reshape(4, 15), epochs=2, shuffle=False, verbose=0)
        found.append(model.get_weights()[0])
    np.testing.assert_allclose(*found)


def test_penalties_are_found_anew_when_layers_change():
    dense = layers.Dense(2, **F64)
    model = chain(layers.Flatten(), dense)
    model.compile("sgd", "mse")
    before = model.evaluate(X, Y, verbose=0)
    dense.kernel.regularizer = regularizers.get("l2")
    assert model.evaluate(X, Y, verbose=0) > before
    assert Penalties.of(model).none is False
    dense.kernel.regularizer = None
    assert model.evaluate(X, Y, verbose=0) == before
    assert Penalties.of(model).none
