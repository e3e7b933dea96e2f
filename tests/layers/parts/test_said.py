"""What layers add to the loss counts once, wherever they stand and however a step is taken."""

import threading

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, regularizers
from elman.parameters import version
from tests.tolerances import SHOWN

X = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
Y = X[:, :, :1].sum(axis=1)


class Around(layers.Layer):
    def __init__(self, inner, **options):
        super().__init__(**options)
        self.inner = inner

    def call(self, x):
        return self.inner(x)


class Stepping(Sequential):
    def train_step(self, data):
        return super().train_step(data)


def penalized():
    cell = layers.SimpleRNN(2, activity_regularizer=regularizers.L2(2.0))
    return layers.Bidirectional(cell)


@pytest.mark.parametrize(
    ("kind", "around"), [(Sequential, False), (Sequential, True), (Stepping, False)]
)
def test_training_and_evaluating_agree_on_penalties_of_layers_inside_others(kind, around):
    found = []
    for plain in (True, False):
        elman.utils.set_random_seed(0)
        layer = penalized()
        layer = Around(layer) if around and not plain else layer
        model = (Sequential if plain else kind)([Input((5, 3)), layer, layers.Dense(1)])
        model.compile("sgd", "mse")
        before = model.evaluate(X, Y, verbose=0)
        assert model.train_on_batch(X, Y) == pytest.approx(before, rel=SHOWN)
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=SHOWN)


def test_what_call_sets_anew_stays_with_a_layer_that_has_weights():
    class Last(layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1],), "ones")

        def call(self, x):
            self.last = 1
            return x * self.w

    layer = Last()
    layer(X)
    assert layer.last == 1


def test_a_layer_that_threads_call_first_at_the_same_time_is_built_once():
    for _ in range(20):
        layer = layers.LSTM(4)
        threads = [threading.Thread(target=layer, args=(X,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(layer.weights) == 3


def test_what_call_sets_does_not_make_plans_anew():
    class Counting(layers.Dense):
        def call(self, x):
            self.calls = getattr(self, "calls", 0) + 1
            return super().call(x)

    model = Sequential([Input((5, 3)), layers.LSTM(2), Counting(1)])
    model.compile("sgd", "mse")
    for _ in range(2):
        model.train_on_batch(X, Y)
    before = version()
    model.train_on_batch(X, Y)
    assert version() is before


def test_a_number_that_a_tape_has_watched_can_be_printed():
    with elman.GradientTape() as tape:
        x = tape.watch(np.array(1.5))
        loss = x * 2
    assert f"{loss:.2f}" == "3.00"
