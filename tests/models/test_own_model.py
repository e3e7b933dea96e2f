"""Models with a call of their own: run, trained, and inside other models."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, ops
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.layers.parts.symbolic import SymbolicTensor
from tests.models.own_models import F64, KINDS, Computed, Pair, Plain, X, Y, ready
from tests.own_layers import assert_gradients, assert_trains_by_gradient

# ---------------------------------------------------------------------- run and trained


@pytest.mark.parametrize("kind", KINDS)
def test_gradients(kind):
    assert_gradients(ready(kind), [X.copy()])
    assert_trains_by_gradient(kind(), X, Y)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_run_it_gives_the_same(kind):
    model = ready(kind)
    expected = model(X)
    np.testing.assert_allclose(model.predict(X, verbose=0, batch_size=4), expected)
    np.testing.assert_allclose(model.predict_on_batch(X), expected)
    with elman.GradientTape():
        np.testing.assert_allclose(elman.gradient_tape.unboxed(model(X)), expected)
    model.compile("sgd", "mse", metrics=["mae"])
    loss, mae = model.evaluate(X, Y, verbose=0)
    assert loss == pytest.approx(np.mean((expected - Y) ** 2))
    assert mae == pytest.approx(np.mean(np.abs(expected - Y)))


@pytest.mark.parametrize("kind", KINDS)
def test_lengths_and_batches_may_vary(kind):
    model = kind()
    model.compile("sgd", "mse")
    for x in (X, X[:, :1], X[:2], X[:1, :2], np.concatenate([X, X], axis=1)):
        np.testing.assert_allclose(model.predict(x, verbose=0), model(x))
        before = model.get_weights()
        model.train_on_batch(x, Y[: len(x)])
        assert not np.array_equal(before[0], model.get_weights()[0])


def test_inputs_and_outputs_by_name():
    model, x = Pair(), {"x": X, "z": X[:, 0, :1]}
    y = {"one": Y, "two": Y[:, :1]}
    assert_trains_by_gradient(model, x, y)
    assert model.input_names == ["x", "z"]
    assert model.output_names == ["one", "two"]
    found = model.predict(x, verbose=0)
    assert {name: part.shape for name, part in found.items()} == {"one": (6, 2), "two": (6, 1)}
    with pytest.raises(ArgumentError, match="`x` must have the keys x, z; got x"):
        model.predict({"x": X}, verbose=0)


def test_build_makes_the_weights_without_data():
    model = Computed()
    assert not model.built
    assert model.weights == []
    model.build((None, 3, 4))
    assert model.built
    assert len(model.weights) == 5
    assert model(X).shape == (6, 2)
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X))


def test_float32_stays_float32():
    model = Computed(dtype="float32")
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    assert {w.dtype.name for w in model.weights} == {"float32"}
    assert model.predict(X, verbose=0).dtype == model(X).dtype == np.float32


def test_training_reaches_the_call_in_fit_alone():
    seen = []

    class Telling(Plain):
        def call(self, x, training=None):
            seen.append(bool(training))
            return super().call(x) * 1.0

    model = Telling()
    model.compile("sgd", "mse")
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    assert not any(seen)
    model.fit(X, Y, verbose=0, epochs=2, batch_size=3)
    assert sum(seen) == 4


def test_a_call_that_asks_an_attribute_is_asked_again_when_it_changes():
    class Switched(Plain):
        straight = False
        _halved = False

        def call(self, x):
            y = self.dense(self.rnn(x))
            y = y if self.straight else self.dense(self.rnn(x[:, :2]))
            return y if not self._halved else self.dense(self.rnn(x[:2]))

    model = ready(Switched)
    model.compile("sgd", "mse")
    first = model.predict(X, verbose=0)
    model.straight = True
    second = model.predict(X, verbose=0)
    assert not np.array_equal(first, second)
    assert np.array_equal(second, model(X))
    model.train_on_batch(X, Y)
    model._halved = True
    assert np.array_equal(model.predict(X, verbose=0), model(X))
    assert len(model.predict(X, verbose=0)) == 2


@pytest.mark.parametrize("run", ["fit", "train_on_batch", "evaluate", "test_on_batch"])
def test_every_way_to_run_it_hears_of_the_change(run):
    class Branches(Plain):
        phase = 1

        def __init__(self):
            super().__init__()
            self.other = layers.Dense(2, **F64)

        def call(self, x):
            return (self.dense if self.phase == 1 else self.other)(self.rnn(x))

    model = Branches()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    model.train_on_batch(X, Y)
    model.evaluate(X, Y, verbose=0)
    model.phase = 2
    model(X)
    before = [model.other.get_weights()[0], np.mean((model(X) - Y) ** 2)]
    options = {} if "batch" in run else {"verbose": 0}
    loss = getattr(model, run)(X, Y, **options)
    trained = not np.array_equal(model.other.get_weights()[0], before[0])
    assert trained == (run in ("fit", "train_on_batch"))
    if not trained:
        np.testing.assert_allclose(loss, before[1])


def test_a_call_that_has_effects_has_them_at_every_batch():
    class Counts(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)
            self.seen, self.listed = elman.metrics.Mean(name="seen"), [elman.metrics.Sum(name="s")]
            self.calls = self.add_weight((), "zeros", trainable=False)
            self.kept, self.named = [], {}

        def call(self, x):
            self.seen.update_state(7.0)
            self.listed[0].update_state(1.0)
            self.calls.assign_add(1.0)
            self.kept.append(x)
            self.named[len(self.named)] = x
            return self.dense(x)

    model = Counts()
    model.compile("sgd", "mse")
    history = model.fit(X[:, 0], Y, batch_size=2, epochs=2, verbose=0).history
    assert history["seen"] == [7.0, 7.0]
    assert history["s"] == [3.0, 3.0]
    assert float(model.calls.numpy()) == 6.0
    assert not any(isinstance(x, SymbolicTensor) for x in (*model.kept, *model.named.values()))


def test_a_property_in_which_something_is_missing_says_what():
    class Lacks(Plain):
        @property
        def shown(self):
            return self.hidden.shape

        def call(self, x):
            return super().call(x) * self.shown[0]

    with pytest.raises(AttributeError, match="has no attribute 'hidden'"):
        _ = Lacks().shown
    with pytest.raises(AttributeError, match=r"`self\.hidden` must be set"):
        Lacks()(X)


def test_a_drawn_call_stays_drawn_while_nothing_changes():
    model = ready(Plain)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    drawn = model.graph
    model.trainable = False
    model.units = model.units
    model.predict(X, verbose=0)
    assert model.graph is drawn


def test_layers_and_weights_in_the_order_in_which_they_were_set():
    model = ready(Plain)
    assert [layer.name for layer in model.layers] == [model.rnn.name, model.dense.name]
    assert model.get_layer(index=1) is model.dense
    assert [weight.path for weight in model.weights][-1] == f"{model.name}/{model.dense.name}/bias"
    model.trainable = False
    assert model.trainable_weights == []
    assert not model.rnn.trainable


def test_frozen_layers_stay_as_they_are():
    model = ready(Computed)
    model.rnn.trainable = False
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    changed = [not np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True)]
    assert changed == [False] * 3 + [True] * 2


def test_a_model_with_no_layer_of_its_own_in_its_call():
    class Mean(Model):
        def call(self, x):
            return ops.mean(x, axis=1)

    assert Mean().predict(X, verbose=0).shape == (6, 4)


# ---------------------------------------------------------------------- inside others


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_a_layer_of_another(kind):
    x = Input((None, 4), **F64)
    graph = Model(x, layers.Dense(2, **F64)(kind()(x)))
    assert graph.output_shape == (None, 2)
    assert_trains_by_gradient(graph, X, Y)

    class Around(Model):
        def __init__(self):
            super().__init__(**F64)
            self.inner, self.rest = kind(), Sequential([layers.Dense(2, **F64)])

        def call(self, x):
            return self.rest(self.inner(x)) * 1.0

    assert_trains_by_gradient(Around(), X, Y)
    assert_trains_by_gradient(Sequential([kind(), layers.Dense(2, **F64)]), X, Y)


def test_a_model_in_a_call_takes_dictionaries():
    class Around(Model):
        def __init__(self):
            super().__init__(**F64)
            self.pair = Pair()

        def call(self, x):
            return self.pair({"x": x, "z": x[:, 0, :1]})["one"]

    assert_trains_by_gradient(Around(), X, Y)


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (Model, ArgumentError,
         "Model: `inputs` and `outputs` must be given, or a `call` be defined by its class; got "
         "neither."),
        (lambda: Plain(name="p").fit(X, Y), NotBuiltError,
         "Plain 'p': an optimizer and a loss must be chosen first. Call `compile("),
        (lambda: Plain(name="p").compile("sgd", "mse", metric=["mae"]), ArgumentError,
         "Plain 'p': `metric` must be an argument that compile has. Did you mean 'metrics'?"),
        (lambda: Plain(name="p").output_names, NotBuiltError,
         "Plain 'p': it must be built to have inputs and outputs; it is not."),
        (lambda: ready(Plain, name="p").predict(X[..., :2], verbose=0), ShapeError, "features=4"),
        (lambda: Plain(name="p").save("p.keras"), NotBuiltError,
         "Plain 'p': the model must be built to be saved; it is not. Call it on data first"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
