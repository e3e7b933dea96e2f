"""`reset_state(mask)`: some samples of the carried states begin anew."""

import re

import numpy as np
import pytest

from elman import Input, Sequential, _tree, kernels, layers
from elman.errors import ArgumentError, ShapeError
from tests.implementations import COMPILED
from tests.layers.checks import scramble
from tests.models.test_carrying import INSIDE, T, X, equal, every_kind, make


@every_kind
def test_some_samples_are_reset_and_others_go_on(kind):
    layer = make(kind, initial_state="learned", return_sequences=True).layers[0]
    layer(X[:4])
    carried, start = _tree.flatten(layer.states), _tree.flatten(layer.get_initial_state(4))
    layer.reset_state([True, False, False, True])
    for state, before, begin in zip(_tree.flatten(layer.states), carried, start, strict=True):
        np.testing.assert_array_equal(state[[0, 3]], begin[[0, 3]])
        np.testing.assert_array_equal(state[1:3], before[1:3])
        assert (begin != 0).all()
    layer.states = layer.pack_states(carried)
    mask = np.zeros((4, T))
    mask[[0, 3], 0] = 1
    expected = layer(X[4:8], reset_mask=mask)
    layer.states = layer.pack_states(carried)
    layer.reset_state(np.array([1, 0, 0, 1]))
    equal([layer(X[4:8])], [expected])


def test_a_model_resets_samples_of_all_layers_inside():
    model = make(wrap=layers.Bidirectional)
    model(X[:4])
    model.reset_state([False, True, False, False])
    for half in model.layers[0].sublayers:
        for state in half.states:
            np.testing.assert_array_equal(state[1], 0)
            assert (state[[0, 2, 3]] != 0).all()
    model.reset_states([True] * 4)
    assert all((s == 0).all() for half in model.layers[0].sublayers for s in half.states)


def test_a_layer_of_one_s_own_that_resets_itself_is_asked_as_ever():
    class Own(layers.Layer):
        def call(self, x):
            return x

        def reset_state(self):
            asked.append(self)

    asked, model = [], Sequential([Input((2,)), Own()])
    model.reset_state()
    assert asked == [model.layers[0]]


def test_where_nothing_is_carried_nothing_is_reset():
    model = make()
    model.reset_state([True, False])
    assert model.layers[0].states is None


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        (
            [True, False],
            ShapeError,
            "LSTM 'l': `mask` must have shape (batch=4,), one flag for each carried sample; got "
            "(2,).",
        ),
        (
            np.ones((4, T)),
            ShapeError,
            "LSTM 'l': `mask` must have shape (batch=4,), one flag for each carried sample; got "
            "(4, 3).",
        ),
        (True, ShapeError, "one flag for each carried sample; got ()."),
        (
            [0, 1, 2, 3],
            ArgumentError,
            "LSTM 'l': `mask` must hold booleans, True for the samples to reset; got dtype int64.",
        ),
        (["a"] * 4, ArgumentError, "LSTM 'l': `mask` must be an array of real numbers; got list"),
    ],
)
def test_masks_of_samples_are_checked(mask, error, text):
    layer = layers.LSTM(2, stateful=True, name="l")
    layer(X[:4])
    before = layer.states
    with pytest.raises(error, match=re.escape(text)):
        layer.reset_state(mask)
    assert layer.states is before


# ---------------------------------------------------------------------- set by hand


def test_states_may_be_set_and_are_taken_in_the_layer_s_dtype():
    layer = layers.LSTM(2, stateful=True)
    layer(X[:4])
    carried = [np.ones((4, 2)), [[2, 2]] * 4]
    layer.states = carried
    found = layer(X[:4])
    layer.reset_state()
    start = [np.asarray(state, "float32") for state in carried]
    np.testing.assert_array_equal(found, layer(X[:4], initial_state=start))


@pytest.mark.parametrize(
    ("states", "error", "text"),
    [
        (
            [np.zeros((4, 7))] * 2,
            ShapeError,
            "LSTM 'l': `states` must have h of shape (batch=4, units=2); got (4, 7).",
        ),
        ([np.zeros((4, 2))], ShapeError, "LSTM 'l': `states` must be 2 arrays (h, c); got 1."),
        (
            [np.zeros((4, 2)), np.zeros((3, 2))],
            ShapeError,
            "LSTM 'l': `states` must have c of shape (batch=4, units=2); got (3, 2).",
        ),
        (5, ShapeError, "LSTM 'l': `states` must be 2 arrays (h, c); got 1."),
        (
            ["a", "b"],
            ArgumentError,
            "LSTM 'l': `states` must be an array of real numbers; got list",
        ),
        (
            [np.zeros((3, 2))] * 2,
            ShapeError,
            "LSTM 'l': `x` must have batch=3, that of the carried state; got 4.",
        ),
    ],
)
def test_states_that_are_set_are_checked(states, error, text):
    layer = layers.LSTM(2, stateful=True, name="l")
    layer(X[:4])
    layer.states = states
    with pytest.raises(error, match=re.escape(text)):
        layer(X[:4])


@every_kind
@pytest.mark.usefixtures("kernels_restored")
@pytest.mark.parametrize("implementation", ["reference", "native"])
def test_what_a_call_returns_may_be_written_to(kind, implementation):
    if implementation == "native" and not COMPILED:
        pytest.skip("needs the compiled kernels")
    kernels.use(implementation)
    layer, twin = (INSIDE[kind](stateful=True, return_state=True) for _ in range(2))
    for each in (layer, twin):
        each.build(X.shape)
        scramble(each)
    for found in _tree.flatten(layer(X[:4])):
        found[:] = 99.0
    twin(X[:4])
    equal([layer(X[4:8])[0]], [twin(X[4:8])[0]])
