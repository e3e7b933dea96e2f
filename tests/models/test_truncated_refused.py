"""What cannot be trained on in chunks is refused before anything is."""

import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.layers.checks import F64, normal
from tests.models.truncated_models import (
    Y1,
    B,
    F,
    K,
    T,
    X,
    Y,
    make,
)


class Inside(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.gru = layers.GRU(2, return_sequences=True)

    def call(self, x):
        return self.gru(x)


END = "which also reads the sequence from its end"
UNFIT = {
    "both": (layers.Bidirectional(layers.GRU(2, return_sequences=True), name="both"), END),
    "back": (
        layers.GRU(2, return_sequences=True, go_backwards=True, name="back"),
        "which reads the sequence from its end (`go_backwards=True`)",
    ),
    "conv": (layers.Conv1D(2, 3, padding="same", name="conv"), "which reads several timesteps at"),
    "permute": (layers.Permute((1, 2), name="permute"), "which may move values between"),
    "norm": (layers.LayerNormalization(axis=1, name="norm"), "which needs all timesteps"),
    "own": (Inside(name="own"), "which runs recurrent layers in a `call` of its own"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_layer_that_needs_all_timesteps_is_named(name):
    layer, why = UNFIT[name]
    model = Sequential([Input((T, F)), layer, layers.GRU(2, return_sequences=True)], name="s")
    model.compile("adam", "mse")
    text = (
        "Sequential 's': every layer must need the timesteps so far and nothing else where "
        f"`bptt_steps` is given; got {layer.owner}, {why}"
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.fit(X, Y, bptt_steps=K, verbose=0)


def test_a_layer_inside_a_model_is_named():
    inner = Sequential([Input((None, F)), UNFIT["both"][0]], name="inner")
    model = Sequential([Input((None, F)), inner, layers.Dense(2)], name="s")
    model.compile("adam", "mse")
    with pytest.raises(UnsupportedError, match="got Bidirectional 'both', which also reads"):
        model.train_on_batch(X, Y, bptt_steps=K)


def test_timesteps_of_a_layers_own_cannot_be_cut():
    model = Sequential([Input((T, F)), layers.GRU(2), layers.RepeatVector(T, name="r")], name="s")
    model.compile("adam", "mse")
    with pytest.raises(
        UnsupportedError, match="got RepeatVector 'r', which makes timesteps of its"
    ):
        model.fit(X, Y, bptt_steps=K, verbose=0)


def test_what_cannot_be_cut_up_is_refused():
    model = make()
    for steps in (0, -1, 2.5, "all", True):
        with pytest.raises(ArgumentError, match="`bptt_steps` must be a positive integer; got"):
            model.fit(X, Y, bptt_steps=steps, verbose=0)
    dense = Sequential([Input((3,)), layers.Dense(2)], name="s")
    dense.compile("adam", "mse")
    text = "`x` must have inputs of one number of timesteps where `bptt_steps` is given; got inputs"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        dense.fit(X[:, 0], Y1, bptt_steps=2, verbose=0)
    x = Input((None, F))
    h = layers.GRU(2, return_sequences=True)(x)
    both = Model(x, [h, layers.GRU(2)(h)], name="m")
    both.compile("adam", "mse")
    text = "Model 'm': the outputs must be all per step, or all one a sequence, where `bptt_steps`"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        both.fit(X, [Y, Y1], bptt_steps=2, verbose=0)
    a, b = Input((None, F), name="a"), Input((None, F), name="b")
    two = Model([a, b], layers.Add()([layers.GRU(2)(a), layers.GRU(2)(b)]), name="m")
    two.compile("adam", "mse")
    text = (
        "Model 'm': `x` must have inputs of one number of timesteps where `bptt_steps` is given; "
        "got 5 and 10."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        two.fit([X, X[:, :5]], Y1, bptt_steps=2, verbose=0)


def test_targets_of_other_timesteps_are_refused_before_anything_is_trained():
    model = make()
    before = model.get_weights()
    for y in (Y[:, :9], np.concatenate([Y, Y], axis=1)):
        text = f"`y` must have as many timesteps as `x`, 10; got {y.shape[1]}."
        with pytest.raises(ShapeError, match=re.escape(text)):
            model.fit(X, y, bptt_steps=K, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


class Stepping(Model):
    def train_step(self, data):
        return {}


def test_steps_of_your_own_are_not_cut_up():
    x = Input((None, F))
    model = Stepping(x, layers.GRU(2, return_sequences=True)(x), name="m")
    model.compile("adam", "mse")
    text = "Stepping 'm': `bptt_steps` must be left out where the class takes its steps itself"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.fit(X, Y, bptt_steps=2, verbose=0)


@pytest.mark.parametrize("width", [4, 7, 8, 17])
@pytest.mark.parametrize("beside", [{}, {"lengths": [T] * B}, {"mask": np.ones((B, T), bool)}])
def test_what_is_cut_beside_the_sequences_is_refused_before_anything_is_trained(width, beside):
    model = make()
    before = model.get_weights()
    for name, value in (
        ("sample_weight", np.ones((B, width))),
        ("reset_mask", np.zeros((B, width), bool)),
    ):
        text = f"Sequential 's': `{name}` must have as many timesteps as `x`, {T}; got {width}."
        with pytest.raises(ShapeError, match=re.escape(text)):
            model.fit(X, Y, bptt_steps=K, verbose=0, **beside, **{name: value})
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def started(nested, **options):
    given = {"initial_state": "learned", **F64, **options}
    inner = Sequential([Input((None, F), dtype="float64"), layers.GRU(3, name="g", **given)])
    model = Sequential([Input((None, F), dtype="float64"), *([inner] if nested else inner.layers)],
                       name="s")  # fmt: skip
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("nested", [False, True])
def test_a_learned_state_that_no_gradient_comes_to_is_refused(nested):
    model, y = started(nested), normal(B, 3)
    text = (
        "Sequential 's': `bptt_steps` must be at least 10, the timesteps of `x`, to train the "
        "learned initial state of GRU 'g' where there is one output a sequence; got 4. Give "
        "`bptt_steps=10`, or an output per step with `return_sequences=True`."
    )
    before = model.get_weights()
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model.fit(X, y, bptt_steps=K, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    per_step = started(nested, return_sequences=True)
    for trained, target, steps in ((model, y, T), (per_step, normal(B, T, 3), K)):
        first = trained.get_weights()[0]
        trained.fit(X, target, bptt_steps=steps, verbose=0)
        assert (trained.get_weights()[0] != first).any()
    model.trainable = False
    model.fit(X, y, bptt_steps=K, verbose=0)
