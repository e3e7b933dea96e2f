"""The layers of the cells beyond Keras's: what they share, and what is each one's own."""

import re

import numpy as np
import pytest

import elman
from elman import kernels, layers, models, utils
from elman.errors import ArgumentError
from tests.implementations import ALL
from tests.layers.checks import (
    BATCH,
    F64,
    FEATURES,
    GAPS,
    TIMESTEPS,
    UNITS,
    assert_gradients,
    normal,
    scramble,
)
from tests.tolerances import EXACT

NAMES = (
    *("CoupledLSTM", "PeepholeLSTM", "IndRNN", "MinGRU", "MinLSTM", "ZoneoutLSTM"),
    *("LayerNormLSTM", "LayerNormGRU"),
)
STATELESS = ("MinGRU", "MinLSTM")  # whose gates do not see the state
every_layer = pytest.mark.parametrize("name", NAMES)
X = normal(BATCH, TIMESTEPS, FEATURES)


@pytest.fixture(autouse=True)
def _seeded():
    utils.set_random_seed(0)


def built(name, seed=1, **options):
    layer = getattr(layers, name)(UNITS, **{**F64, **options})
    layer.build((None, TIMESTEPS, FEATURES))
    return scramble(layer, seed)


def initial(layer):
    return [normal(BATCH, UNITS, seed=30 + i) for i in range(len(layer.state_size))]


@every_layer
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_bias": False, "return_state": True},
        {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
        {"activation": "softsign", "return_sequences": True, "return_state": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "gaps"])
def test_gradients_of_inputs_states_and_weights(name, options, mask):
    layer = built(name, **options)
    assert_gradients(layer, X, mask=mask, initial_state=initial(layer))


@every_layer
def test_steps_one_by_one_are_the_sequence(name):
    layer = built(name, return_sequences=True, return_state=True)
    expected, *final = layer(X)
    states = layer.cell.get_initial_state(BATCH)
    for t in range(TIMESTEPS):
        output, states = layer.cell(X[:, t], states)
        np.testing.assert_allclose(output, expected[:, t], rtol=EXACT)
    for state, last in zip(states, final, strict=True):
        np.testing.assert_allclose(state, last, rtol=EXACT)


@every_layer
def test_the_layer_is_rnn_of_its_cell(name):
    layer = built(name, return_sequences=True)
    cell = getattr(layers, f"{name}Cell")(UNITS, **F64)
    rnn = layers.RNN(cell, return_sequences=True)
    rnn.build((None, TIMESTEPS, FEATURES))
    rnn.set_weights(layer.get_weights())
    np.testing.assert_array_equal(rnn(X), layer(X))


@every_layer
def test_a_copy_by_its_configuration_is_the_same_layer(name):
    layer = built(name, return_sequences=True, kernel_regularizer="l2", seed=3)
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    copy.build((None, TIMESTEPS, FEATURES))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy(X), layer(X))


@every_layer
def test_a_saved_model_is_the_same_model(name, tmp_path):
    model = models.Sequential([layers.Input((None, FEATURES)), getattr(layers, name)(UNITS)])
    model.save(tmp_path / "m.keras")
    again = models.load_model(tmp_path / "m.keras")
    x = X.astype("float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


@every_layer
def test_carried_states_make_one_sequence_of_pieces(name):
    whole, carrying = built(name), built(name, stateful=True)
    for t in range(TIMESTEPS):
        last = carrying(X[:, t : t + 1])
    np.testing.assert_allclose(last, whole(X), rtol=EXACT)
    carrying.reset_state()
    np.testing.assert_allclose(carrying(X), whole(X), rtol=EXACT)


@every_layer
def test_both_directions_read_the_sequence_each_from_its_end(name):
    both = layers.Bidirectional(getattr(layers, name)(UNITS, **F64))
    both.build((None, TIMESTEPS, FEATURES))
    scramble(both)
    one = built(name)
    one.set_weights(both.backward_layer.get_weights())
    np.testing.assert_allclose(both(X)[:, UNITS:], one(X[:, ::-1].copy()), rtol=EXACT)
    assert_gradients(both, X)


@every_layer
def test_a_model_learns_with_dropout_and_keeps_the_dtype(name):
    drops = {"dropout": 0.2} if name in STATELESS else {"dropout": 0.2, "recurrent_dropout": 0.2}
    layer = getattr(layers, name)(UNITS, activation="tanh", seed=1, **drops)
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    before = [weight.numpy() for weight in model.weights]
    x = X.astype("float32")
    history = model.fit(x, np.ones((BATCH, 1), "float32"), epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert all(weight.dtype == np.float32 for weight in model.weights)
    still = [w.path for w, old in zip(model.weights, before, strict=True) if (w.array == old).all()]
    assert still == []


@every_layer
def test_one_seed_gives_one_run(name):
    drops = {"dropout": 0.5} if name in STATELESS else {"dropout": 0.5, "recurrent_dropout": 0.5}
    first, again, other = (built(name, seed=2), built(name, seed=2), built(name, seed=2))
    for layer, seed in ((first, 5), (again, 5), (other, 6)):
        for argument, rate in drops.items():
            setattr(layer, argument, rate)
        layer.seed = seed
    expected = first(X, training=True)
    np.testing.assert_array_equal(again(X, training=True), expected)
    assert not np.array_equal(other(X, training=True), expected)


@pytest.mark.parametrize("name", STATELESS)
@pytest.mark.parametrize("argument", ["recurrent_dropout", "recurrent_initializer"])
def test_cells_whose_gates_do_not_see_the_state_have_no_such_arguments(name, argument):
    text = f"{name}: `{argument}` must be an argument that {name} has."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        getattr(layers, name)(UNITS, **{argument: 0.5})


def test_masks_and_sequences_of_several_cells_go_together():
    names = [f"{name}Cell" for name in NAMES]
    stack = layers.RNN([getattr(layers, name)(UNITS, **F64) for name in names])
    stack.build((None, TIMESTEPS, FEATURES))
    scramble(stack)
    assert_gradients(stack, X, mask=GAPS)


# ---------------------------------------------------------------------- each one's own


def test_a_peephole_lstm_starts_as_an_lstm():
    plain = layers.LSTM(UNITS, **F64)
    plain.build((None, TIMESTEPS, FEATURES))
    layer = layers.PeepholeLSTM(UNITS, **F64)
    layer.build((None, TIMESTEPS, FEATURES))
    layer.set_weights([*plain.get_weights(), *[np.zeros(UNITS)] * 3])
    np.testing.assert_allclose(layer(X), plain(X), rtol=EXACT)
    fresh = layers.PeepholeLSTM(UNITS)
    fresh.build((None, None, FEATURES))
    assert [w.name for w in fresh.weights][3:] == ["peephole_i", "peephole_f", "peephole_o"]
    np.testing.assert_array_equal(fresh.peephole_o.array, 0)
    np.testing.assert_array_equal(fresh.bias.array[UNITS : 2 * UNITS], 1)


def test_a_coupled_lstm_is_an_lstm_whose_forget_gate_is_what_input_leaves():
    layer = built("CoupledLSTM")
    kernel, recurrent, bias = (np.split(w, 3, axis=-1) for w in layer.get_weights())
    plain = layers.LSTM(UNITS, **F64)
    plain.build((None, TIMESTEPS, FEATURES))
    weights = [  # sigmoid(-a) = 1 - sigmoid(a)
        np.concatenate([w[0], -w[0], w[1], w[2]], axis=-1) for w in (kernel, recurrent, bias)
    ]
    plain.set_weights(weights)
    np.testing.assert_allclose(layer(X), plain(X), rtol=EXACT)


def test_the_recurrent_kernel_of_an_indrnn_stays_within_its_limit():
    layer = layers.IndRNN(50, recurrent_max=0.5)
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    assert np.abs(layer.recurrent_kernel.array).max() == 0.5
    model.compile(elman.optimizers.SGD(100.0), "mse")
    model.fit(X.astype("float32"), np.ones((BATCH, 50), "float32"), verbose=0)
    assert np.abs(layer.recurrent_kernel.array).max() <= 0.5


def test_the_recurrent_kernel_of_an_indrnn_is_drawn_between_minus_one_and_one():
    layer = layers.IndRNN(1000)
    layer.build((None, None, 1))
    drawn = layer.recurrent_kernel.array
    assert drawn.min() < -0.9
    assert 0.9 < drawn.max() < 1
    assert layers.IndRNN(2, recurrent_initializer="ones").recurrent_initializer((1,), "f8") == 1


def test_a_limit_and_a_constraint_of_an_indrnn_exclude_each_other():
    layer = layers.IndRNN(2, recurrent_max=1, recurrent_constraint="non_neg", name="r")
    text = "IndRNN 'r': `recurrent_max` must be None with a `recurrent_constraint`; got 1.0. "
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layer.build((None, None, 1))


def test_a_minimal_lstm_stands_gates_that_are_all_but_shut():
    layer = layers.MinLSTM(1)
    layer.build((None, 1, 1))
    layer.set_weights([np.zeros((1, 3)), np.array([-1000.0, -1000.0, 2.0])])
    np.testing.assert_array_equal(layer(np.zeros((1, 1, 1), "float32")), [[1.0]])  # half of 2


def test_zoneout_keeps_states_at_random_in_training_and_a_share_of_them_else():
    layer = built("ZoneoutLSTM", zoneout_cell=0.5, zoneout_output=0.25, seed=1)
    plain = layers.LSTM(UNITS, **F64, return_state=True)
    plain.build((None, 1, FEATURES))
    plain.set_weights(layer.get_weights())
    h, c = initial(layer)
    layer.return_state = True
    _, new_h, new_c = plain(X[:, :1], [h, c])
    _, kept_h, kept_c = layer(X[:, :1], [h, c])
    np.testing.assert_allclose(kept_h, 0.25 * h + 0.75 * new_h, rtol=EXACT)
    np.testing.assert_allclose(kept_c, 0.5 * c + 0.5 * new_c, rtol=EXACT)
    _, drawn_h, drawn_c = layer(X[:, :1], [h, c], training=True)
    for drawn, old, new in ((drawn_c, c, new_c), (drawn_h, h, new_h)):
        kept = np.isclose(drawn, old, rtol=EXACT)
        assert 0 < kept.mean() < 1
        assert (kept | np.isclose(drawn, new, rtol=EXACT)).all()


def test_zoneout_of_nothing_is_an_lstm_and_draws_as_often_as_it_says():
    layer = built("ZoneoutLSTM", zoneout_cell=0.0, zoneout_output=0.0)
    plain = layers.LSTM(UNITS, **F64)
    plain.build((None, TIMESTEPS, FEATURES))
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(X, training=True), plain(X), rtol=EXACT)
    many = layers.ZoneoutLSTM(50, zoneout_cell=0.3, zoneout_output=0.1, seed=0)
    mode = elman.layers.parts.passes.IN_TRAINING
    zones = many.cell.draw_streams((40, 50, 1), mode)
    assert [round(float(zone.mean()), 2) for zone in zones] == [0.3, 0.1]


@pytest.mark.parametrize("argument", ["zoneout_cell", "zoneout_output"])
def test_rates_of_zoneout_are_checked(argument):
    text = f"ZoneoutLSTM: `{argument}` must be in [0, 1); got 50. Did you mean 0.5?"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layers.ZoneoutLSTM(2, **{argument: 50})


@pytest.mark.parametrize("name", ["LayerNormLSTM", "LayerNormGRU"])
def test_a_normalised_layer_does_not_see_the_scale_of_its_kernels(name):
    layer = built(name)
    before = layer(X * 1e4)
    layer.kernel.assign(layer.kernel.array * 7)
    np.testing.assert_allclose(layer(X * 1e4), before, rtol=1e-7)
    fresh = getattr(layers, name)(3)
    fresh.build((None, None, 1))
    np.testing.assert_array_equal(fresh.gain_x.array, 1)
    shapes = {"LayerNormLSTM": [(12,), (12,), (3,), (3,)], "LayerNormGRU": [(9,), (9,), (3,)]}
    assert [w.shape for w in fresh.weights][3:] == shapes[name]


@pytest.mark.parametrize("implementation", ALL)
@pytest.mark.parametrize("name", [*NAMES, "LeakyRNN"])
def test_a_stream_gives_what_the_layer_gives(name, implementation, kernels_restored):
    kernels.use(implementation)
    cell = getattr(layers, f"{name}Cell")(UNITS, dtype="float64")
    options = {"return_sequences": True, "dtype": "float64"}
    for layer in (getattr(layers, name)(UNITS, **options), layers.RNN(cell, **options)):
        model = models.Sequential([layers.Input((None, FEATURES), dtype="float64"), layer])
        scramble(model)
        np.testing.assert_allclose(model.stream(BATCH).process(X), model(X), atol=EXACT)
