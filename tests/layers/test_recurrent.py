"""SimpleRNN, GRU and LSTM with their options: gradients, states, masks and dropout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import Input, Sequential, layers, utils
from tests.layers.checks import (
    BATCH,
    F64,
    FEATURES,
    GAPS,
    TIMESTEPS,
    UNITS,
    assert_gradients,
    data,
    normal,
    scramble,
)
from tests.tolerances import EXACT, STATISTIC

KINDS = {
    "SimpleRNN": lambda **options: layers.SimpleRNN(UNITS, **F64, **options),
    "LSTM": lambda **options: layers.LSTM(UNITS, **F64, **options),
    "GRU": lambda **options: layers.GRU(UNITS, **F64, **options),
    "GRU/before": lambda **options: layers.GRU(UNITS, reset_after=False, **F64, **options),
}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


def built(make, **options):
    layer = make(**options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def start(layer):
    return [normal(BATCH, UNITS, seed=20 + i) for i in range(len(layer.maths.STATES))]


@every_kind
@pytest.mark.parametrize("return_sequences", [False, True])
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "mask"])
@pytest.mark.parametrize("state", [False, True], ids=["zeros", "state"])
def test_gradients_with_a_mask_and_a_state(make, return_sequences, mask, state):
    layer = built(make, return_sequences=return_sequences, return_state=state)
    initial = {"initial_state": start(layer)} if state else {}
    assert_gradients(layer, data(), mask=mask, **initial)


@every_kind
@pytest.mark.parametrize(
    "options",
    [
        {"use_bias": False},
        {"go_backwards": True, "return_sequences": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"activation": "softsign"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_gradients_with_options(make, options):
    assert_gradients(built(make, **options), data(), mask=GAPS)


@every_kind
def test_options_that_change_nothing_change_nothing(make):
    plain, unrolled = make(), make(unroll=True)
    x = data()
    plain(x), unrolled(x)
    unrolled.set_weights(plain.get_weights())
    np.testing.assert_array_equal(plain(x), unrolled(x))


@every_kind
def test_return_state_gives_the_last_output_and_lstm_its_cell_state(make):
    layer = built(make, return_sequences=True, return_state=True)
    outputs, h, *others = layer(data())
    np.testing.assert_array_equal(outputs[:, -1], h)
    assert [c.shape for c in others] == [(BATCH, UNITS)] * (isinstance(layer, layers.LSTM))


@every_kind
def test_an_initial_state_may_be_given_three_ways(make):
    layer = built(make)
    states = start(layer)
    expected = layer(data(), initial_state=states)
    np.testing.assert_array_equal(layer([data(), *states]), expected)
    np.testing.assert_array_equal(layer(data(), initial_state=tuple(states)), expected)
    if len(states) == 1:
        np.testing.assert_array_equal(layer(data(), initial_state=states[0]), expected)
    assert not np.array_equal(layer(data()), expected)


@every_kind
def test_a_state_beside_the_input_gives_way_to_the_argument(make):
    layer = built(make)
    states, others = start(layer), [s + 1 for s in start(layer)]
    np.testing.assert_array_equal(
        layer([data(), *others], initial_state=states), layer(data(), initial_state=states)
    )


@every_kind
def test_a_sequence_may_be_cut_where_the_state_is_handed_on(make):
    layer, x = built(make, return_sequences=True, return_state=True), data()
    whole, *final = layer(x)
    first, *middle = layer(x[:, :1])
    second, *last = layer(x[:, 1:], initial_state=middle)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=EXACT)
    np.testing.assert_allclose(last, final, rtol=EXACT)


@every_kind
def test_go_backwards_reads_the_sequence_turned_around(make):
    forwards = built(make, return_sequences=True)
    backwards = built(make, return_sequences=True, go_backwards=True)
    np.testing.assert_array_equal(backwards(data()), forwards(data()[:, ::-1]))


@every_kind
def test_masked_steps_pass_state_and_output_through(make):
    layer = built(make, return_sequences=True, return_state=True)
    x, mask = data(), np.ones((BATCH, TIMESTEPS), bool)
    mask[:, 2] = False
    outputs, *final = layer(x, mask=mask)
    short, *short_final = layer(np.delete(x, 2, axis=1))
    np.testing.assert_allclose(np.delete(outputs, 2, axis=1), short, rtol=EXACT)
    np.testing.assert_array_equal(outputs[:, 2], outputs[:, 1])
    np.testing.assert_allclose(final, short_final, rtol=EXACT)


@every_kind
def test_masked_steps_put_out_zeros_if_asked(make):
    outputs = built(make, return_sequences=True, zero_output_for_mask=True)(data(), mask=GAPS)
    assert not outputs[~GAPS].any()
    assert outputs[GAPS].all()


@every_kind
@given(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2**32 - 1))
def test_padding_changes_nothing_whatever_it_holds(make, steps, padding, seed):
    layer = built(make)
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(2, steps, FEATURES))
    junk = generator.choice([np.nan, np.inf, 0.0, 1e300], size=(2, padding, FEATURES))
    mask = np.arange(steps + padding) < steps
    padded = layer(np.concatenate([x, junk], axis=1), mask=np.tile(mask, (2, 1)))
    np.testing.assert_array_equal(padded, layer(x, mask=np.ones((2, steps), bool)))


@every_kind
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_samples_of_a_batch_do_not_touch_each_other(make, batch, steps, seed):
    layer = built(make)
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(batch, steps, FEATURES))
    mask = generator.random((batch, steps)) < 0.7
    together = layer(x, mask=mask)
    apart = [layer(x[i : i + 1], mask=mask[i : i + 1])[0] for i in range(batch)]
    np.testing.assert_allclose(together, apart, rtol=EXACT, atol=EXACT)


@every_kind
def test_a_stateful_layer_goes_on_where_the_last_call_ended(make):
    layer, x = built(make, stateful=True), data()
    plain = built(make)
    layer(x[:, :2])
    np.testing.assert_allclose(layer(x[:, 2:]), plain(x), rtol=EXACT)


@every_kind
def test_reset_state_forgets(make):
    layer = built(make, stateful=True)
    first = layer(data())
    assert not np.array_equal(layer(data()), first)
    layer.reset_state()
    np.testing.assert_array_equal(layer(data()), first)
    layer.reset_states()
    np.testing.assert_array_equal(layer(data()), first)


def test_a_given_state_comes_before_the_carried_one():
    layer = built(KINDS["GRU"], stateful=True)
    layer(data())
    zeros = [np.zeros((BATCH, UNITS))]
    np.testing.assert_array_equal(layer(data(), initial_state=zeros), built(KINDS["GRU"])(data()))


@every_kind
@pytest.mark.parametrize("option", ["dropout", "recurrent_dropout"])
def test_dropout_is_active_only_in_training_and_repeats_with_its_seed(make, option):
    one, other = built(make, **{option: 0.5}, seed=3), built(make, **{option: 0.5}, seed=3)
    plain, x = built(make), data()
    np.testing.assert_array_equal(one(x), plain(x))
    np.testing.assert_array_equal(one(x, training=False), plain(x))
    first = one(x, training=True)
    assert not np.array_equal(first, plain(x))
    np.testing.assert_array_equal(other(x, training=True), first)
    assert not np.array_equal(other(x, training=True), first)


def test_dropout_masks_keep_the_expected_input():
    """A linear cell without recurrence is x W, whose mean over masks must be that of no dropout."""
    layer = layers.SimpleRNN(1, activation="linear", dropout=0.25, seed=0, use_bias=False, **F64)
    x = np.ones((4000, 1, 8))
    layer.build(x.shape)
    layer.set_weights([np.ones((8, 1)), np.zeros((1, 1))])
    outputs = layer(x, training=True)
    assert set(np.round(np.unique(outputs) * 0.75, 9)) <= set(range(9))
    assert abs(outputs.mean() / 8 - 1) < STATISTIC


def test_one_dropout_mask_serves_all_timesteps():
    layer = layers.SimpleRNN(
        3, activation="linear", dropout=0.5, seed=1, use_bias=False, return_sequences=True, **F64
    )
    x = np.ones((5, 6, 3))
    layer.build(x.shape)
    layer.set_weights([np.eye(3), np.zeros((3, 3))])
    outputs = layer(x, training=True)
    np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 6, axis=1))
    assert set(np.unique(outputs)) == {0.0, 2.0}


def test_weights_are_keras_s_by_name_shape_order_and_path():
    utils.clear_session()
    expected = {
        "simple_rnn": (layers.SimpleRNN(5), (3, 5), (5, 5), (5,)),
        "lstm": (layers.LSTM(5), (3, 20), (5, 20), (20,)),
        "gru": (layers.GRU(5), (3, 15), (5, 15), (2, 15)),
        "gru_1": (layers.GRU(5, reset_after=False), (3, 15), (5, 15), (15,)),
    }
    for name, (layer, *shapes) in expected.items():
        layer.build((None, None, 3))
        cell = name.removesuffix("_1") + "_cell"
        names = ["kernel", "recurrent_kernel", "bias"]
        assert [w.name for w in layer.weights] == names
        assert [w.shape for w in layer.weights] == shapes
        assert [w.path for w in layer.weights] == [f"{name}/{cell}/{each}" for each in names]
        assert layer.count_params() == sum(int(np.prod(shape)) for shape in shapes)


def test_the_forget_gate_starts_open_unless_told_otherwise():
    layer, other = layers.LSTM(2), layers.LSTM(2, unit_forget_bias=False)
    layer(data()), other(data())
    np.testing.assert_array_equal(layer.bias.array, [0, 0, 1, 1, 0, 0, 0, 0])
    assert not other.bias.array.any()


def test_the_recurrent_kernel_starts_orthogonal():
    layer = layers.GRU(4, **F64)
    layer(data())
    R = layer.recurrent_kernel.array
    np.testing.assert_allclose(R @ R.T, np.eye(4), atol=EXACT)


@every_kind
def test_an_empty_batch_gives_an_empty_output(make):
    assert built(make)(np.zeros((0, TIMESTEPS, FEATURES))).shape == (0, UNITS)


@every_kind
def test_float64_stays_float64_and_other_numbers_take_the_layer_s_dtype(make):
    layer = built(make, dropout=0.5, recurrent_dropout=0.5, return_state=True)
    for x in (data(), data().astype("float32"), np.ones((3, 4, 2), int), np.ones((3, 4, 2), bool)):
        for training in (False, True):
            assert {y.dtype.name for y in layer(x, training=training)} == {"float64"}
    single = layers.LSTM(2, return_state=True, recurrent_dropout=0.5)
    assert {y.dtype.name for y in single(data(), training=True)} == {"float32"}


def test_checkpoints_over_time_train_the_same_model():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 300, 2)), rng.normal(size=(4, 1))
    trained = []
    for steps in (None, 20):
        layer = layers.GRU(3, checkpoint_steps=steps)
        model = Sequential([Input((300, 2)), layer, layers.Dense(1)])
        model.set_weights([np.full(w.shape, 0.1) for w in model.weights])
        model.compile("sgd", "mse")
        model.train_on_batch(x, y)
        trained.append(model.get_weights())
        assert ("checkpoint_steps" in layer.get_config()) == (steps is not None)
        assert layers.GRU.from_config(layer.get_config()).checkpoint_steps == steps
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)
