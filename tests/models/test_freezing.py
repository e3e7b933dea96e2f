"""What stands still in training, and what an optimizer knows of it when it moves again."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, gradients, layers
from elman.errors import ArgumentError
from tests.layers.checks import F64, normal, scramble
from tests.models.small import X, Y, recurrent
from tests.tolerances import EXACT

# ---------------------------------------------------------------------- freezing


def test_frozen_layers_stand_still_and_the_others_do_not():
    model = recurrent()
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(X, Y, verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert moved == [False, False, False, True, True]


def test_freezing_after_training_keeps_the_optimizer_s_state_of_the_others():
    """Adam's slots of the Dense layer must be those of a model that always trained it."""
    x, y = normal(10, 3), normal(10, 1, seed=1)

    def make():
        model = Sequential(
            [Input((3,)), layers.Dense(1, name="a", **F64), layers.Dense(1, name="b", **F64)]
        )
        model.compile("adam", "mse")
        return scramble(model)

    model = make()
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    momentum = slot(model, "momentum", "b/kernel")
    model.get_layer("a").trainable = False
    frozen = model.get_layer("a").get_weights()
    dw = gradients(model, x, output_gradients=2 * (model(x) - y) / len(x))["weights"][2]
    model.train_on_batch(x, y)
    assert model.optimizer.iterations == 3
    np.testing.assert_allclose(
        slot(model, "momentum", "b/kernel"), 0.9 * momentum + 0.1 * dw, rtol=EXACT
    )
    for old, new in zip(frozen, model.get_layer("a").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.get_layer("a").trainable = True
    model.train_on_batch(x, y)
    assert not np.array_equal(model.get_layer("a").get_weights()[0], frozen[0])


def slot(model, name, path):
    (found,) = [
        array
        for key, array in model.optimizer.state().items()
        if key.startswith(name) and key.endswith(path)
    ]
    return found


def test_a_frozen_model_inside_another_stands_still():
    inner = Sequential([Input((4, 2)), layers.GRU(2, **F64)])
    model = Sequential([Input((4, 2)), inner, layers.Dense(1, **F64)])
    inner.trainable = False
    model.compile("adam", "mse")
    before = inner.get_weights()
    model.fit(X, Y, verbose=0)
    for a, b in zip(before, inner.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_wholly_frozen_model_trains_nothing_and_says_its_loss():
    model = recurrent()
    model.trainable = False
    before = model.get_weights()
    history = model.fit(X, Y, verbose=0).history
    assert history["loss"][0] > 0
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_two_models_train_the_layer_that_they_share():
    shared = layers.Dense(2, **F64)
    models = []
    for _ in range(2):
        x = Input((3,))
        model = Model(x, layers.Dense(1, **F64)(shared(x)))
        model.compile("adam", "mse")
        models.append(model)
    x, y = normal(6, 3), normal(6, 1)
    for _ in range(2):
        for model in models:
            before = shared.get_weights()[0]
            model.train_on_batch(x, y)
            assert not np.array_equal(before, shared.get_weights()[0])
    np.testing.assert_array_equal(models[0].get_weights()[0], models[1].get_weights()[0])


# ---------------------------------------------------------------------- one optimizer, one model


def test_thawing_finds_the_optimizer_s_state_as_it_was_left():
    model = Sequential([Input((4, 2)), layers.LSTM(3), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    lstm = model.layers[0]
    before = model.optimizer.state()
    lstm.trainable = False
    model.fit(X, Y, verbose=0)
    assert len(model.optimizer.state()) < len(before)
    lstm.trainable = True
    model.compiled.ready(model.trainable_weights)
    after = model.optimizer.state()
    assert list(after) == list(before)
    for name in (name for name in before if "/lstm" in name):
        assert before[name].any()
        np.testing.assert_array_equal(after[name], before[name])


def test_an_optimizer_stays_with_one_model():
    optimizer = elman.optimizers.Adam()
    recurrent(optimizer=optimizer).fit(X, Y, verbose=0)
    other = Sequential([Input((4, 2)), layers.Flatten(), layers.Dense(1, name="d")], name="s")
    other.compile(optimizer, "mse")
    text = (
        "Adam: an optimizer must stay with one model; got weights that it has never seen, such as "
        "'s/d/kernel'. Compile with a new optimizer."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        other.fit(X, Y, verbose=0)


def test_recompiling_with_the_same_optimizer_goes_on():
    model = recurrent(optimizer="adam")
    model.fit(X, Y, verbose=0)
    model.compile(model.optimizer, "mae")
    model.fit(X, Y, verbose=0)
    assert model.optimizer.iterations == 2
