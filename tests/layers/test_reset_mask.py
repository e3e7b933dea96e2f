"""`reset_mask`: a row of several sequences computes what the sequences do one by one."""

import itertools
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, kernels, layers
from elman.errors import ArgumentError, ShapeError
from tests.implementations import ALL
from tests.layers.checks import BATCH, F64, FEATURES, GAPS, assert_gradients, normal, scramble
from tests.layers.own.test_own_cells import MAKE as OWN
from tests.tolerances import EXACT

T = 5
X = normal(BATCH, T, FEATURES)
RESETS = np.array([[0, 0, 1, 0, 0], [1, 0, 0, 1, 1], [0, 1, 0, 0, 0]], bool)
MASK = np.concatenate([GAPS, GAPS[:, :1]], axis=1)
MAKE = {
    "SimpleRNN": lambda **o: layers.SimpleRNN(2, **o, **F64),
    "GRU": lambda **o: layers.GRU(2, **o, **F64),
    "GRU before": lambda **o: layers.GRU(2, reset_after=False, **o, **F64),
    "LSTM": lambda **o: layers.LSTM(2, **o, **F64),
    "stack": lambda **o: layers.RNN([layers.GRUCell(2, **F64), layers.LSTMCell(3, **F64)], **o),
    **{f"own {k}": lambda make=make, **o: layers.RNN(make(), **o) for k, make in OWN.items()},
}
every_layer = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
every_start = pytest.mark.parametrize("initial_state", [None, "learned"], ids=["zeros", "learned"])
every_implementation = pytest.mark.parametrize("implementation", ALL)


def built(make, **options):
    layer = make(**options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def equal(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=EXACT, atol=EXACT)


def one_by_one(layer, x, resets, mask=None):
    """Return the outputs of the sequences of each row, run by themselves."""
    rows = []
    for i, flags in enumerate(resets):
        cuts = [0, *(t for t in range(1, len(flags)) if flags[t]), len(flags)]
        pieces = [slice(*bounds) for bounds in itertools.pairwise(cuts)]
        masks = [None if mask is None else mask[i : i + 1, piece] for piece in pieces]
        found = [layer(x[i : i + 1, p], mask=m) for p, m in zip(pieces, masks, strict=True)]
        rows.append(np.concatenate(found, axis=1))
    return np.concatenate(rows)


def flags_of(shape):
    count = int(np.prod(shape))
    bits = st.lists(st.booleans(), min_size=count, max_size=count)
    return bits.map(lambda found: np.array(found).reshape(shape))


# ---------------------------------------------------------------------- what it computes


@every_implementation
@given(data=st.data())
@settings(max_examples=40)
def test_resets_part_a_row_into_sequences_of_their_own(implementation, data):
    before = kernels.status().implementation
    kernels.use(implementation)
    try:
        B, steps = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 12))
        kind = data.draw(st.sampled_from(["SimpleRNN", "GRU", "GRU before", "LSTM", "stack"]))
        start = data.draw(st.sampled_from([None, "learned"]))
        layer = built(MAKE[kind], return_sequences=True, initial_state=start)
        x, resets = normal(B, steps, FEATURES, seed=3), data.draw(flags_of((B, steps)))
        mask = data.draw(st.none() | flags_of((B, steps)))
        equal(layer(x, mask=mask, reset_mask=resets), one_by_one(layer, x, resets, mask))
    finally:
        kernels.use(before)


@every_layer
@every_start
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "mask"])
@pytest.mark.parametrize("zero", [False, True])
def test_every_cell_is_reset(make, initial_state, mask, zero):
    options = {"initial_state": initial_state, "zero_output_for_mask": zero}
    layer = built(make, return_sequences=True, **options)
    equal(layer(X, mask=mask, reset_mask=RESETS), one_by_one(layer, X, RESETS, mask))


@every_layer
@every_start
@pytest.mark.parametrize("sequences", [False, True])
def test_gradients_through_resets_are_right(make, initial_state, sequences):
    layer = built(make, return_sequences=sequences, initial_state=initial_state, return_state=True)
    assert_gradients(layer, X, mask=MASK, reset_mask=RESETS)


@pytest.mark.parametrize("kind", ["LSTM", "stack", "own minimal", "own by hand", "own stack"])
@every_start
def test_gradients_from_states_that_are_given_and_through_resets_do_not_mix(kind, initial_state):
    options = {"return_state": True, "initial_state": initial_state}
    layer = built(MAKE[kind], return_sequences=True, **options)
    sizes = elman._tree.every(layer.state_size)
    start = [normal(BATCH, size, seed=20 + i) for i, size in enumerate(sizes)]
    assert_gradients(layer, X, initial_state=start, reset_mask=RESETS)


@every_layer
def test_going_backwards_a_reset_comes_when_the_loop_comes_to_the_step(make):
    layer, turned = built(make, go_backwards=True), built(make)
    found = layer(X, reset_mask=RESETS, mask=MASK)
    equal(found, turned(X[:, ::-1], reset_mask=RESETS[:, ::-1], mask=MASK[:, ::-1]))
    assert_gradients(layer, X, mask=MASK, reset_mask=RESETS)


@pytest.mark.parametrize("kind", ["LSTM", "stack", "own minimal", "own by hand"])
def test_a_reset_behind_the_last_step_that_is_taken_resets_the_final_state(kind):
    layer = built(MAKE[kind], return_state=True, initial_state="learned")
    mask, resets = np.ones((BATCH, T), bool), np.zeros((BATCH, T), bool)
    mask[:, 3:], resets[0, 4] = False, True
    output, *states = layer(X, mask=mask, reset_mask=resets)
    np.testing.assert_array_equal(output[0], 0)
    assert (output[1:] != 0).all()
    start = elman._tree.flatten(layer.get_initial_state(BATCH))
    for state, begin in zip(elman._tree.flatten(states), start, strict=True):
        np.testing.assert_array_equal(state[0], begin[0])
        assert (state[1:] != begin[1:]).any()
    assert_gradients(layer, X, mask=mask, reset_mask=resets)


@every_layer
def test_no_resets_change_nothing(make):
    layer = built(make)
    np.testing.assert_array_equal(layer(X, reset_mask=np.zeros((BATCH, T))), layer(X))


def test_a_reset_before_the_first_step_forgets_what_is_carried_or_given():
    layer = built(MAKE["LSTM"], stateful=True)
    fresh = layer(X)
    layer(X)
    resets = np.zeros((BATCH, T), bool)
    resets[1, 0] = True
    found = layer(X, reset_mask=resets)
    equal(found[1], fresh[1])
    assert (found[[0, 2]] != fresh[[0, 2]]).any()


def test_dropout_is_drawn_once_a_row():
    layer = built(MAKE["GRU"], dropout=0.5, recurrent_dropout=0.5, seed=4, return_sequences=True)
    same = np.repeat(X[:, :1], T, axis=1)
    found = layer(same, training=True, reset_mask=np.ones((BATCH, T)))
    np.testing.assert_array_equal(found, np.repeat(found[:, :1], T, axis=1))


# ---------------------------------------------------------------------- both directions


@pytest.mark.parametrize("merge_mode", ["concat", "sum", None])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "mask"])
@pytest.mark.parametrize("kind", ["LSTM", "stack", "own minimal"])
def test_both_directions_part_a_row_at_the_same_places(merge_mode, mask, kind):
    inner = MAKE[kind](return_sequences=True, initial_state="learned")
    layer = layers.Bidirectional(inner, merge_mode)
    layer.build((None, None, FEATURES))
    scramble(layer)

    def joined(*args, **options):
        found = layer(*args, **options)
        return np.concatenate(found, axis=-1) if merge_mode is None else found

    found = joined(X, mask=mask, reset_mask=RESETS)
    equal(found, one_by_one(joined, X, RESETS, mask))
    assert_gradients(layer, X, mask=mask, reset_mask=RESETS)


def test_a_layer_that_reads_from_the_end_may_be_the_forward_one():
    options = {"return_sequences": True, **F64}
    turned = layers.GRU(2, go_backwards=True, **options)
    layer = layers.Bidirectional(turned, backward_layer=layers.GRU(2, **options))
    layer.build((None, None, FEATURES))
    scramble(layer)
    halves = [layer.forward_layer, layer.backward_layer]
    shifted = np.concatenate([RESETS[:, 1:], np.zeros((BATCH, 1), bool)], axis=1)
    expected = [half(X, reset_mask=r) for half, r in zip(halves, (shifted, RESETS), strict=True)]
    found = layer(X, reset_mask=RESETS)
    np.testing.assert_array_equal(found[..., :2], expected[0])
    np.testing.assert_array_equal(found[..., 2:], expected[1][:, ::-1])


# ---------------------------------------------------------------------- on symbolic tensors


@pytest.mark.parametrize("dtype", ["bool", "float32", "int32"])
def test_an_input_of_a_model_may_say_where_its_layers_reset(dtype):
    x, r = Input((None, FEATURES), dtype="float64"), Input((None,), dtype=dtype, name="r")
    h = layers.LSTM(2, return_sequences=True, name="first", **F64)(x, reset_mask=r)
    both = layers.Bidirectional(layers.GRU(2, **F64), name="second")
    model = Model([x, r], both(h, reset_mask=r))
    scramble(model)
    flags = RESETS.astype(dtype)
    by_hand = model.get_layer("first")(X, reset_mask=RESETS)
    expected = both(by_hand, reset_mask=RESETS)
    np.testing.assert_array_equal(model([X, flags]), expected)
    np.testing.assert_array_equal(model.predict([X, flags], verbose=0), expected)
    again = Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again([X, flags]), expected)
    inner = Model([h, r], model.output)
    np.testing.assert_array_equal(inner([by_hand, flags]), expected)


def test_what_a_layer_is_given_goes_before_what_the_model_is_given():
    x, r = Input((None, FEATURES)), Input((None,), dtype="bool")
    first = layers.LSTM(2, return_sequences=True)
    second = layers.LSTM(2)
    model = Model([x, r], second(first(x), reset_mask=r))
    none, single = np.zeros_like(RESETS), X.astype("float32")
    expected = second(first(single, reset_mask=RESETS), reset_mask=none)
    np.testing.assert_array_equal(model([single, none], reset_mask=RESETS), expected)


def test_gradients_of_a_model_with_resets_reach_what_comes_before():
    x, r = Input((None, FEATURES), dtype="float64"), Input((None,), dtype="bool")
    h = layers.Dense(2, **F64)(x)
    model = Model([x, r], layers.GRU(2, initial_state="learned", **F64)(h, reset_mask=r))
    assert_gradients(scramble(model), [X, RESETS])


# ---------------------------------------------------------------------- layers around layers


def test_a_layer_of_one_s_own_hands_resets_to_the_layers_inside():
    class Twice(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.rnn = layers.GRU(2, return_sequences=True, **F64)
            self.out = layers.LSTM(2, **F64)

        def call(self, x):
            return self.out(self.rnn(x))

    model = Sequential([Input((None, FEATURES), dtype="float64"), Twice(**F64)])
    scramble(model)
    own = model.layers[0]
    expected = own.out(own.rnn(X, reset_mask=RESETS), reset_mask=RESETS)
    np.testing.assert_array_equal(model(X, reset_mask=RESETS), expected)
    assert_gradients(model, X, reset_mask=RESETS)


def test_a_subclass_hands_its_resets_to_the_layer_it_is():
    class Doubled(layers.GRU):
        def call(self, sequences, initial_state=None, mask=None, training=None, reset_mask=None):
            return 2 * super().call(sequences, initial_state, mask, reset_mask=reset_mask)

    layer = built(lambda: Doubled(2, **F64))
    expected = 2 * one_by_one_last(layer)
    equal(layer(X, reset_mask=RESETS), expected)


def one_by_one_last(layer):
    plain = built(MAKE["GRU"])
    plain.set_weights(layer.get_weights())
    return plain(X, reset_mask=RESETS)


def test_time_distributed_keeps_resets_from_the_layer_inside():
    x = normal(BATCH, T, 3, FEATURES)
    inside = layers.TimeDistributed(layers.GRU(2, **F64))
    model = Sequential([Input((T, 3, FEATURES), dtype="float64"), inside, layers.LSTM(2, **F64)])
    scramble(model)
    expected = model.layers[1](inside(x), reset_mask=RESETS)
    np.testing.assert_array_equal(model(x, reset_mask=RESETS), expected)


# ---------------------------------------------------------------------- wrong ones


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda layer: layer(X, reset_mask=RESETS[:, :4]),
            ShapeError,
            "LSTM 'l': `reset_mask` must have shape (batch=3, timesteps=5), as what this layer "
            "reads has; got (3, 4). Where layers of a model read other timesteps than its input "
            "has, give each its own in the call of the layer: `layer(x, reset_mask=r)`.",
        ),
        (
            lambda layer: layer(X, reset_mask=[True, False, True]),
            ShapeError,
            "LSTM 'l': `reset_mask` must have shape (batch, timesteps); got (3,). To reset whole "
            "samples before a call there is `reset_state(mask)`.",
        ),
        (
            lambda layer: layer(X, reset_mask=RESETS[..., None]),
            ShapeError,
            "LSTM 'l': `reset_mask` must have shape (batch, timesteps); got (3, 5, 1). Drop the "
            "last axis with `reset_mask[..., 0]`.",
        ),
        (
            lambda layer: layer(X, reset_mask=RESETS * 2),
            ArgumentError,
            "LSTM 'l': `reset_mask` must hold booleans, True where a sample is reset before the "
            "step; got dtype int64.",
        ),
        (
            lambda layer: layer(X, reset_mask=np.full((3, 5), np.nan)),
            ArgumentError,
            "LSTM 'l': `reset_mask` must hold booleans, True where a sample is reset before the "
            "step; got dtype float64.",
        ),
        (
            lambda layer: layer(X, reset_mask=Input((None,))),
            ArgumentError,
            "LSTM 'l': `reset_mask` must be an array of real numbers; got SymbolicTensor ",
        ),
        (
            lambda layer: layer(Input((5, FEATURES)), reset_mask=RESETS),
            ArgumentError,
            "LSTM 'l': `reset_mask` must be a symbolic tensor where the input is one; got ndarray. "
            "Make it an `Input` of the model, or give it to the model: `model(x, reset_mask=r)`.",
        ),
        (
            lambda layer: layer(Input((5, FEATURES)), reset_mask=Input((4,))),
            ShapeError,
            "LSTM 'l': `reset_mask` must have shape (batch, timesteps=5), as what this layer reads "
            "has; got (None, 4).",
        ),
        (
            lambda layer: layer(Input((5, FEATURES)), reset_mask=Input((5, 1))),
            ShapeError,
            "LSTM 'l': `reset_mask` must have shape (batch, timesteps); got (None, 5, 1). Drop the "
            "last axis",
        ),
    ],
)
def test_errors_name_the_layer_and_the_fix(attempt, error, text):
    layer = layers.LSTM(2, name="l")
    with pytest.raises(error, match=re.escape(text)):
        attempt(layer)


def test_layers_without_a_state_do_not_take_one():
    with pytest.raises(TypeError, match="reset_mask"):
        layers.Dense(2)(X, reset_mask=RESETS)
