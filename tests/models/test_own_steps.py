"""Steps of one's own: what they are given, what they may return, and what is reported of them.

That the numbers are Keras's is checked in test_own_keras.py.
"""

import cProfile
import pstats
import re

import numpy as np
import pytest

import elman
from elman import GradientTape, Input, Model, Sequential, layers, ops
from elman.errors import ArgumentError
from tests.own_layers import random

X, Y = random(6, 3, 4).astype("float32"), random(6, 2, seed=1).astype("float32")


class Plain(Model):
    """A model for steps of one's own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.rnn, self.dense = layers.LSTM(3), layers.Dense(2)

    def call(self, x, training=None):
        return self.dense(self.rnn(x)) * 1.0


class Usual(Plain):
    """A step as Keras's guide has it."""

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}


def copied(kind, model):
    """Return a model of another class with the same weights."""
    other = kind()
    other(X)
    other.set_weights(model.get_weights())
    return other


def test_a_step_as_in_the_guide_does_what_elman_s_does():
    model = Plain()
    model(X)
    other = copied(Usual, model)
    for each in (model, other):
        each.compile("adam", "mse")
        each.fit(X, Y, epochs=3, batch_size=4, shuffle=False, verbose=0)
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


def test_own_metrics_begin_anew_with_each_epoch():
    class Counting(Usual):
        def __init__(self):
            super().__init__()
            self.batches = elman.metrics.Sum(name="batches")

        def train_step(self, data):
            found = super().train_step(data)
            self.batches.update_state(1.0)
            return {**found, "batches": self.batches.result()}

    model = Counting()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, epochs=3, batch_size=2, verbose=0).history
    assert history["batches"] == [3.0, 3.0, 3.0]
    assert "batches" in [metric.name for metric in model.metrics]
    model.fit(X, Y, verbose=0)
    assert model.batches.result() == 1.0


def test_metrics_may_be_set_later_and_stand_in_lists():
    model = Plain()
    model(X)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    first, second = elman.metrics.Mean(name="first"), elman.metrics.Mean(name="second")
    model.own = [first]
    model.own.append(second)
    assert [metric.name for metric in model.metrics][-2:] == ["first", "second"]
    first.update_state(3.0)
    model.reset_metrics()
    assert first.result() == 0.0
    assert list(model.fit(X, Y, verbose=0).history) == ["loss", "first", "second"]
    del model.own
    assert "first" not in [metric.name for metric in model.metrics]


def test_a_metric_in_two_places_is_one_metric():
    model = Plain()
    model.one = elman.metrics.Mean(name="one")
    model.all = [model.one, *range(3)]
    model.compile("sgd", "mse")
    assert [metric.name for metric in model.metrics].count("one") == 1
    layer = layers.Dense(1)
    layer.one = model.one
    layer.same = {"a": [model.one]}
    assert layer.metrics == [model.one]


def test_a_long_list_of_numbers_costs_next_to_nothing():
    model = Plain()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)

    def calls(notes):
        model.notes = notes
        model.train_on_batch(X, Y)
        with cProfile.Profile() as profile:
            model.train_on_batch(X, Y)
        return pstats.Stats(profile).total_calls

    assert calls([0.0] * 10_000) < calls([]) + 20


def test_logs_may_be_nested_and_numbers_of_any_kind():
    class Telling(Plain):
        def train_step(self, data):
            box = ops.mean(self(data[0]))
            return {"a": box, "b": {"c": np.float32(2.0), "d": np.array(3.0)}, "e": 4}

    model = Telling()
    model.compile("sgd", "mse")
    history = model.fit(X, Y, verbose=0).history
    assert {name: type(values[0]) for name, values in history.items()} == dict.fromkeys(
        "acde", float
    )


def test_training_is_the_step_s_to_say():
    seen = []

    class Spy(layers.Layer):
        def call(self, x, training=None):
            if len(x) == len(X):  # it is no example
                seen.append(training)
            return x

    class Modes(Model):
        def __init__(self):
            super().__init__()
            self.spy = Spy()

        def call(self, x):
            return self.spy(x)

        def train_step(self, data):
            seen.clear()
            self(data[0], training=True)
            self(data[0], training=False)
            self(data[0])
            return {"a": 1.0}

    model = Modes()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert [bool(each) for each in seen] == [True, False, False]


def test_what_layers_add_is_among_the_losses_of_a_step():
    class Penal(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(ops.square(x)))
            return x

    class Penalised(Usual):
        def __init__(self):
            super().__init__()
            self.penal, self.count = Penal(), []
            self.dense = layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l2")

        def call(self, x, training=None):
            return self.dense(self.penal(self.rnn(x))) * 1.0

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                y_pred = self(x, training=True)
                self.count.append(len(self.losses))
                loss = ops.mean(ops.square(y - y_pred)) + sum(self.losses)
            weights = self.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    class Elman(Penalised):
        train_step = Model.train_step

    one = Penalised()
    one(X)
    two = copied(Elman, one)
    for model in (one, two):
        model.compile("sgd", "mse")
        model.fit(X, Y, epochs=2, batch_size=6, shuffle=False, verbose=0)
    assert one.count == [3, 3]
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_targets_may_be_nested_as_the_step_wants_them():
    seen = []

    class Free(Plain):
        def train_step(self, data):
            x, y = data
            seen.append((x["a"].shape, y["u"].shape, [part.shape for part in y["v"]]))
            return {"a": 1.0}

        def call(self, x, training=None):
            return super().call(x["a"])

    model = Free()
    model.compile("sgd")
    model.fit({"a": X}, {"u": Y, "v": [Y[:, 0], X]}, batch_size=3, verbose=0)
    assert seen == [((3, 3, 4), (3, 2), [(3,), (3, 3, 4)])] * 2


def test_a_model_without_a_call_is_trained_by_its_step_alone():
    class Stepper(Model):
        def __init__(self):
            super().__init__()
            self.inner = Sequential([Input((3, 4)), layers.LSTM(2)])

        def train_step(self, data):
            x, y = data
            with GradientTape() as tape:
                loss = ops.mean(ops.square(self.inner(x["x"]) - y))
            weights = self.inner.trainable_weights
            self.optimizer.apply(tape.gradient(loss, weights), weights)
            return {"loss": loss}

    model = Stepper()
    model.compile("adam")
    before = model.get_weights()
    history = model.fit({"x": X}, Y, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0]
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_predictions_may_be_of_any_structure():
    class Own(Plain):
        def predict_step(self, data):
            y = super().predict_step(data)
            return [y, {"n": ops.sum(y, axis=1)}]

    model = Own()
    y, rest = model.predict(X, batch_size=4, verbose=0)
    np.testing.assert_allclose(y, model(X), rtol=1e-6)
    np.testing.assert_allclose(rest["n"], np.sum(model(X), axis=1), rtol=1e-5)
    both = model.predict_on_batch(X)
    np.testing.assert_allclose(both[0], y, rtol=1e-6)


def test_sample_weights_come_third():
    class Weighted(Plain):
        def train_step(self, data):
            _x, _y, weight = data
            self.given = weight
            return {"a": float(weight.sum())}

    model = Weighted()
    model.compile("sgd", "mse")
    weight = np.arange(6.0)
    assert model.fit(X, Y, sample_weight=weight, verbose=0).history["a"] == [15.0]
    assert model.train_on_batch(X, Y, sample_weight=weight) == 15.0


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: stepping(None).fit(X, Y, verbose=0),
         "Own 'own': `train_step` must return a dictionary of metrics; got NoneType. Return "
         "`{m.name: m.result() for m in self.metrics}`."),
        (lambda: stepping([1.0]).train_on_batch(X, Y), "got list."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def stepping(returned):
    kind = type("Own", (Plain,), {"train_step": lambda self, data: returned})
    model = kind(name="own")
    model.compile("sgd", "mse")
    return model


def test_a_step_that_fails_leaves_nothing_behind():
    class Failing(Plain):
        def train_step(self, data):
            with GradientTape():
                raise RuntimeError("mine")

    model = Failing()
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError, match="mine"):
        model.fit(X, Y, verbose=0)
    assert elman.gradient_tape.active() is None
    assert type(model(X)) is np.ndarray
