"""`reset_mask` as an argument of models: of calls, and of what runs over data."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT

COUNT, T, FEATURES = 10, 5, 2
X, Y = normal(COUNT, T, FEATURES), normal(COUNT, T, 1, seed=1)
RESETS = np.random.default_rng(2).random((COUNT, T)) < 0.4
FED = {"batch_size": 4, "verbose": 0}


def make(**options):
    """Return a model of two recurrent layers, one of them in both directions."""
    x = Input((None, FEATURES), dtype="float64")
    model = Sequential([x, *recurrent(), layers.Dense(1, **F64)], name="s")
    model.compile("adam", "mse", metrics=["mae"], **options)
    return scramble(model)


def recurrent():
    first = layers.GRU(2, return_sequences=True, initial_state="learned", **F64)
    return [first, layers.Bidirectional(layers.LSTM(2, return_sequences=True, **F64))]


def with_an_input():
    """Return the same model, of which the resets are an input."""
    x, r = Input((None, FEATURES), dtype="float64"), Input((None,), dtype="bool")
    h = x
    for layer in recurrent():
        h = layer(h, reset_mask=r)
    model = Model([x, r], layers.Dense(1, **F64)(h))
    model.compile("adam", "mse", metrics=["mae"])
    return scramble(model)


def same(actual, expected):
    np.testing.assert_equal(actual, expected)


# ---------------------------------------------------------------------- what it computes


def test_every_recurrent_layer_of_a_model_gets_it():
    model = make()
    first, both, dense = model.layers
    expected = dense(both(first(X, reset_mask=RESETS), reset_mask=RESETS))
    same(model(X, reset_mask=RESETS), expected)
    same(model(X, reset_mask=RESETS.astype("float32")), expected)
    assert (model(X) != expected).any()
    same(model(X, reset_mask=np.zeros_like(RESETS)), make()(X))


def test_gradients_of_a_model_with_resets_are_right():
    assert_gradients(make(), X[:3], reset_mask=RESETS[:3])


def test_the_gradient_of_the_loss_hears_of_resets():
    model, given = make(), with_an_input()
    found = elman.gradients(model, X, y=Y, reset_mask=RESETS)
    expected = elman.gradients(given, [X, RESETS], y=Y)
    assert found["loss"] == expected["loss"]
    same(found["weights"], expected["weights"])


def test_a_model_inside_a_model_hands_it_on():
    x = Input((None, FEATURES), dtype="float64")
    inner = make()
    outer = Model(x, layers.Dense(1, **F64)(inner(x)))
    expected = outer.layers[-1](inner(X, reset_mask=RESETS))
    same(outer(X, reset_mask=RESETS), expected)
    r = Input((None,), dtype="bool")
    by_hand = Model([x, r], outer.layers[-1](inner(x, reset_mask=r)))
    same(by_hand([X, RESETS]), expected)


@pytest.mark.parametrize("shuffle", [False, True])
def test_fit_cuts_it_with_the_data(shuffle):
    model, given = make(), with_an_input()
    elman.utils.set_random_seed(3)
    found = model.fit(X, Y, epochs=3, shuffle=shuffle, reset_mask=RESETS, **FED).history
    elman.utils.set_random_seed(3)
    expected = given.fit([X, RESETS], Y, epochs=3, shuffle=shuffle, **FED).history
    assert found == expected
    same(model.get_weights(), given.get_weights())


def test_validation_has_its_own():
    model, given = make(), with_an_input()
    held, flags = (X[6:], Y[6:]), RESETS[6:]
    options = {"shuffle": False, **FED}
    found = model.fit(X[:6], Y[:6], validation_data=(*held, None, flags), **options).history
    expected = given.fit(
        [X[:6], np.zeros_like(RESETS[:6])],
        Y[:6],
        validation_data=([X[6:], flags], Y[6:]),
        **options,
    ).history
    assert found == expected
    model, given = make(), with_an_input()
    found = model.fit(X, Y, validation_split=0.3, reset_mask=RESETS, **options).history
    expected = given.fit([X, RESETS], Y, validation_split=0.3, **options).history
    assert found == expected


def test_evaluate_and_predict_cut_it_with_the_data():
    model, given = make(), with_an_input()
    found = model.evaluate(X, Y, reset_mask=RESETS, **FED)
    assert found == given.evaluate([X, RESETS], Y, **FED)
    same(model.predict(X, reset_mask=RESETS, **FED), given.predict([X, RESETS], **FED))
    whole = model(X, reset_mask=RESETS)
    found = model.predict(X, reset_mask=RESETS, **FED)
    np.testing.assert_allclose(found, whole, rtol=EXACT, atol=EXACT)


def test_single_batches_take_it():
    model, given = make(), with_an_input()
    weight = normal(COUNT, T, seed=5) ** 2
    options = {"sample_weight": weight, "return_dict": True}
    found = model.train_on_batch(X, Y, reset_mask=RESETS, **options)
    assert found == given.train_on_batch([X, RESETS], Y, **options)
    found = model.test_on_batch(X, Y, reset_mask=RESETS, **options)
    assert found == given.test_on_batch([X, RESETS], Y, **options)
    same(model.predict_on_batch(X, reset_mask=RESETS), given.predict_on_batch([X, RESETS]))
    lists, lengths = [x[: 2 + i % 4] for i, x in enumerate(X)], 2 + np.arange(COUNT) % 4
    found = model.predict_on_batch(lists, reset_mask=RESETS)
    padded = model.predict_on_batch(X, lengths=lengths, reset_mask=RESETS)
    for row, whole, n in zip(found, padded, lengths, strict=True):
        same(row, whole[:n])
    same(model.get_weights(), given.get_weights())


def test_a_small_model_bound_to_a_shape_hears_of_it():
    model = Sequential([Input((None, FEATURES), dtype="float64"), layers.LSTM(2, **F64)])
    scramble(model)
    for _ in range(3):
        model(X)
    layer = model.layers[0]
    same(model(X, reset_mask=RESETS), layer(X, reset_mask=RESETS))
    same(model(X), layer(X))


def test_a_gradient_tape_hears_of_it():
    model, given = make(), with_an_input()
    weights = model.trainable_weights
    with elman.GradientTape() as tape:
        loss = elman.ops.sum(model(X, reset_mask=RESETS))
    found = tape.gradient(loss, weights)
    with elman.GradientTape() as tape:
        loss = elman.ops.sum(given([X, RESETS]))
    for a, b in zip(found, tape.gradient(loss, given.trainable_weights), strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_a_model_with_a_call_of_its_own_takes_it():
    class Own(Model):
        def __init__(self):
            super().__init__(**F64)
            self.rnn = layers.GRU(2, **F64)

        def call(self, x):
            return self.rnn(x)

    model = Own()
    model(X)
    same(model(X, reset_mask=RESETS), model.rnn(X, reset_mask=RESETS))
    model.compile("sgd", "mse")
    found = model.predict(X, reset_mask=RESETS, **FED)
    np.testing.assert_allclose(found, model(X, reset_mask=RESETS), rtol=EXACT, atol=EXACT)


def test_a_call_of_one_s_own_may_take_it_itself():
    class Own(layers.Layer):
        def __init__(self):
            super().__init__(**F64)
            self.rnn = layers.GRU(2, **F64)

        def call(self, x, reset_mask=None):
            return self.rnn(x, reset_mask=None if reset_mask is None else reset_mask[:, ::-1])

    own = Own()
    same(own(X, reset_mask=RESETS), own.rnn(X, reset_mask=RESETS[:, ::-1]))


def test_steps_of_one_s_own_hear_of_it():
    class OwnSteps(Sequential):
        def train_step(self, data):
            return super().train_step(data)

        def test_step(self, data):
            return super().test_step(data)

        def predict_step(self, data):
            return super().predict_step(data)

    model, plain = make(), make()
    own = OwnSteps(model.layers, name="own")
    own.compile("adam", "mse", metrics=["mae"])
    options = {"shuffle": False, "reset_mask": RESETS, **FED}
    found = own.fit(X, Y, epochs=2, validation_split=0.3, **options).history
    expected = plain.fit(X, Y, epochs=2, validation_split=0.3, **options).history
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=EXACT)
    options.pop("shuffle")
    found = own.predict(X, **options)
    np.testing.assert_allclose(found, plain.predict(X, **options), rtol=EXACT, atol=EXACT)


# ---------------------------------------------------------------------- wrong ones


def plain():
    return Sequential([Input((T, FEATURES)), layers.Dense(1)], name="p")


def shorter():
    x = Input((T, FEATURES))
    h = layers.GRU(2, return_sequences=True)(x)
    h = layers.AveragePooling1D(2)(h)
    return Model(x, layers.LSTM(2, name="coarse")(h))


BATCHES = [(X, Y)]


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: make().fit(X, Y, reset_mask=RESETS[:9], verbose=0),
            ShapeError,
            "Sequential 's': `reset_mask` must have as many samples as `x`, 10; got 9.",
        ),
        (
            lambda: make().predict(X, reset_mask=RESETS[0], verbose=0),
            ShapeError,
            "Sequential 's': `reset_mask` must have shape (batch, timesteps); got (5,). To reset "
            "whole samples before a call there is `reset_state(mask)`.",
        ),
        (
            lambda: make().evaluate(X, Y, reset_mask=X[..., 0], verbose=0),
            ArgumentError,
            "Sequential 's': `reset_mask` must hold booleans, True where a sample is reset before "
            "the step; got dtype float64.",
        ),
        (
            lambda: make()(X, reset_mask="never"),
            ArgumentError,
            "Sequential 's': `reset_mask` must be an array of real numbers; got str",
        ),
        (
            lambda: make()(X, reset_mask=[[True, False], [True]]),
            ShapeError,
            "Sequential 's': `reset_mask` must be an array; got lists of different lengths. Pad "
            "them with False to one length, that of the longest sequence.",
        ),
        (
            lambda: plain()(X, reset_mask=RESETS),
            ArgumentError,
            "Sequential 'p': `reset_mask` must be left out, because no layer here is recurrent and "
            "has a state to reset; got one.",
        ),
        (
            lambda: shorter()(X, reset_mask=RESETS),
            ShapeError,
            "LSTM 'coarse': `reset_mask` must have shape (batch=10, timesteps=2), as what this "
            "layer reads has; got (10, 5). Where layers of a model read other timesteps than its "
            "input has, give each its own in the call of the layer: `layer(x, reset_mask=r)`.",
        ),
        (
            lambda: make().fit(iter(BATCHES), reset_mask=RESETS, verbose=0),
            ArgumentError,
            "Sequential 's': `reset_mask` must be left out where `x` gives batches, of which it is "
            "no part. Make it an `Input` of the model, and give it to the layers: `layer(x, "
            "reset_mask=r)`.",
        ),
        (
            lambda: make().fit(X, Y, validation_data=(X, Y, None, RESETS[:3]), verbose=0),
            ShapeError,
            "Sequential 's': `reset_mask` must have as many samples as `x`, 10; got 3. These are "
            "the `validation_data`.",
        ),
    ],
)
def test_errors_name_the_owner_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_reset_mask_that_is_refused_trains_nothing():
    model = make()
    before = model.get_weights()
    with pytest.raises(ShapeError, match="must have shape"):
        model.fit(X, Y, reset_mask=RESETS[:, :3], verbose=0)
    same(model.get_weights(), before)
