"""LeakyRNN: time constants, noise, Dale's law, masks, frozen entries and low rank."""

import re

import numpy as np
import pytest

import elman
from elman import inspection, kernels, layers, models, optimizers, regularizers, utils
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts.passes import IN_TRAINING, INFERENCE
from tests.layers.checks import (
    BATCH,
    F64,
    FEATURES,
    GAPS,
    TIMESTEPS,
    assert_gradients,
    normal,
    scramble,
)
from tests.tolerances import EXACT, STATISTIC

UNITS = 4
X = normal(BATCH, TIMESTEPS, FEATURES)
SOME = np.array([[0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 1, 0], [0, 1, 1, 1]])  # senders are rows
WIRES = [  # how a layer may be wired
    {},
    {"alpha": [0.1, 0.3, 0.6, 1.0], "use_bias": False},
    {"tau": 80, "dt": [10, 20, 40, 5], "learn_alpha": True},
    {"dale": 0.75, "recurrent_mask": SOME},
    {"dale": [1, -1, -1, 1], "kernel_mask": SOME[:2], "learn_alpha": True},
    {"rank": 2, "kernel_mask": SOME[:2]},
    {"rank": 1, "learn_alpha": True, "use_bias": False},
]
every_wiring = pytest.mark.parametrize("options", WIRES, ids=str)


@pytest.fixture(autouse=True)
def _seeded():
    utils.set_random_seed(0)


def built(**options):
    layer = layers.LeakyRNN(UNITS, "softsign", **{**F64, **options})
    layer.build((None, TIMESTEPS, FEATURES))
    return scramble(layer)


@every_wiring
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "gaps"])
def test_gradients_of_inputs_states_and_weights(options, mask):
    state = normal(BATCH, UNITS, seed=9)
    layer = built(**options, return_sequences=True, return_state=True)
    assert_gradients(layer, X, mask=mask, initial_state=[state])


@every_wiring
def test_a_stream_is_the_layer_and_runs_compiled(options):
    layer = built(**options, noise=0.1, return_sequences=True)
    model = models.Sequential([layers.Input((None, FEATURES), dtype="float64"), layer])
    stream = model.stream(BATCH)
    assert stream.implementation == kernels.status()
    np.testing.assert_allclose(stream.process(X), model(X), rtol=EXACT)
    before = stream.state
    layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])  # of what was copied
    stream.reset()
    stream.process(X)
    np.testing.assert_array_equal(stream.state[0][0], before[0][0])


@every_wiring
def test_a_copy_by_its_configuration_is_the_same_layer(options, tmp_path):
    layer = built(**options, noise=0.1)
    copy = layers.LeakyRNN.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    copy.build((None, TIMESTEPS, FEATURES))
    copy.set_weights(layer.get_weights())
    np.testing.assert_array_equal(copy(X), layer(X))
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras")(X), model(X))


@every_wiring
def test_the_layer_is_rnn_of_its_cell_in_either_direction(options):
    layer = built(**options, return_sequences=True, go_backwards=True)
    cell = layers.LeakyRNNCell(UNITS, "softsign", **F64, **options)
    rnn = layers.RNN(cell, return_sequences=True, go_backwards=True)
    rnn.build((None, TIMESTEPS, FEATURES))
    rnn.set_weights(layer.get_weights())
    np.testing.assert_array_equal(rnn(X), layer(X))
    both = layers.Bidirectional(built(**options, return_sequences=True))
    both.build((None, TIMESTEPS, FEATURES))
    assert both(X).shape == (BATCH, TIMESTEPS, 2 * UNITS)


def test_a_step_is_the_equation_written_out():
    layer = built(alpha=0.3)
    h, R = normal(BATCH, UNITS, seed=4), layer.recurrent_kernel.array
    a = X[:, 0] @ layer.kernel.array + h @ R + layer.bias.array
    expected = h + 0.3 * (a / (1 + np.abs(a)) - h)
    np.testing.assert_allclose(layer(X[:, :1], h), expected, rtol=EXACT)


def test_a_leak_of_one_is_a_simple_rnn():
    layer, plain = built(alpha=1), layers.SimpleRNN(UNITS, "softsign", **F64)
    plain.build((None, TIMESTEPS, FEATURES))
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(X), plain(X), rtol=EXACT)


# ---------------------------------------------------------------------- time constants


def test_alpha_is_the_step_over_the_time_constant():
    np.testing.assert_allclose(built().leak, 0.2)
    np.testing.assert_allclose(built(tau=100, dt=10).leak, 0.1)
    np.testing.assert_allclose(built(tau=[10, 20, 40, 80], dt=10).leak, [1, 0.5, 0.25, 0.125])
    fresh = layers.LeakyRNN(2, alpha=[0.1, 0.9], learn_alpha=True, **F64)
    np.testing.assert_allclose(fresh.leak, [0.1, 0.9], rtol=EXACT)
    fresh.build((None, 1, 1))
    np.testing.assert_allclose(fresh.leak, [0.1, 0.9], rtol=EXACT)


def test_a_learned_alpha_stays_a_share_whatever_the_steps():
    layer = layers.LeakyRNN(UNITS, "tanh", learn_alpha=True)
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    model.compile(elman.optimizers.SGD(30.0), "mse")
    before = layer.leak.copy()
    model.fit(X.astype("f4"), np.ones((BATCH, UNITS), "f4"), epochs=3, verbose=0)
    assert (layer.leak != before).all()
    assert ((layer.leak > 0) & (layer.leak <= 1)).all()


# ---------------------------------------------------------------------- noise


def test_noise_is_there_in_training_alone_and_by_its_seed():
    noisy, plain = built(noise=0.5, noise_after=0.1, seed=1), built()
    np.testing.assert_array_equal(noisy(X), plain(X))
    first = noisy(X, training=True)
    assert not np.array_equal(first, plain(X))
    assert not np.array_equal(noisy(X, training=True), first)
    noisy.seed = 1
    np.testing.assert_array_equal(noisy(X, training=True), first)


def test_noise_has_the_scales_of_the_field():
    layer = built(noise=0.3, noise_after=0.7, alpha=[0.1, 0.2, 0.5, 1.0], seed=0)
    before, after = layer.cell.draw_streams((100, 1000, FEATURES), IN_TRAINING)
    alpha = np.array([0.1, 0.2, 0.5, 1.0])
    for noise, scale in (
        (before, 0.3 * np.sqrt(2 / alpha)), (after, 0.7 * np.sqrt(2 * alpha)),
    ):  # fmt: skip
        assert noise.dtype == np.float64
        np.testing.assert_allclose(noise.std(axis=(0, 1)), scale, rtol=STATISTIC)
        assert (np.abs(noise.mean(axis=(0, 1))) < STATISTIC * scale).all()
    assert layer.cell.draw_streams((1, 1, 1), INFERENCE) == ()


def test_gradients_are_right_with_the_noise_that_was_drawn():
    layer = built(noise=0.2, noise_after=0.3, dale=0.5)
    streams = layer.cell.draw_streams(X.shape, IN_TRAINING)
    layer.cell.draw_streams = lambda shape, mode: streams
    assert_gradients(layer, X)


# ---------------------------------------------------------------------- wiring


def test_dale_s_law_holds_whatever_training_makes_of_the_weights():
    elman.utils.set_random_seed(0)
    layer = layers.LeakyRNN(10, dale=0.8, recurrent_mask=1 - np.eye(10))
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    model.compile(elman.optimizers.SGD(5.0), "mse")
    model.fit(X.astype("f4"), np.ones((BATCH, 10), "f4"), epochs=5, verbose=0)
    kernel = layer.effective_recurrent_kernel
    assert (kernel[:8] >= 0).all()
    assert (kernel[8:] <= 0).all()
    np.testing.assert_array_equal(np.diag(kernel), 0)
    layer.recurrent_kernel.assign(-layer.recurrent_kernel.array)  # as a large step might
    np.testing.assert_array_equal(layer.effective_recurrent_kernel, kernel)


def test_excitation_and_inhibition_are_balanced_at_the_start():
    layer = layers.LeakyRNN(100, dale=0.8, **F64)
    layer.build((None, 1, 1))
    kernel = layer.effective_recurrent_kernel
    assert np.abs(np.linalg.eigvals(kernel)).max() == pytest.approx(1)
    assert abs(kernel.sum() / np.abs(kernel).sum()) < 0.1
    given = layers.LeakyRNN(2, dale=[1, -1], recurrent_initializer="ones")
    given.build((None, 1, 1))
    np.testing.assert_array_equal(given.effective_recurrent_kernel, [[1, 1], [-1, -1]])
    for dale in (0.0, 1.0):
        layer = layers.LeakyRNN(3, dale=dale)
        layer.build((None, 1, 1))
        assert np.isfinite(layer.effective_recurrent_kernel).all()


def test_what_a_mask_leaves_out_carries_nothing():
    layer = built(kernel_mask=[[1, 0, 1, 0], [0, 0, 1, 1]], recurrent_mask=SOME)
    gradients = elman.gradients(layer, X, output_gradients=normal(BATCH, UNITS))["weights"]
    np.testing.assert_array_equal(gradients[0][[0, 0, 1, 1], [1, 3, 0, 1]], 0)
    np.testing.assert_array_equal(gradients[1][SOME == 0], 0)
    before = layer(X)
    layer.recurrent_kernel.assign(np.where(SOME, layer.recurrent_kernel.array, 1e3))
    np.testing.assert_array_equal(layer(X), before)


@pytest.mark.parametrize(
    "optimizer",
    [
        "adam", "ftrl", "muon",
        optimizers.AdamW(weight_decay=0.1), optimizers.Adam(gradient_accumulation_steps=2),
    ],
    ids=["adam", "ftrl", "muon", "decay", "accumulated"],
)  # fmt: skip
def test_frozen_entries_compute_and_are_not_trained(optimizer):
    layer = layers.LeakyRNN(UNITS, frozen_kernel=SOME[:2], frozen_recurrent=SOME)
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    model.compile(optimizer, "mse")
    kernel, recurrent = layer.kernel.numpy(), layer.recurrent_kernel.numpy()
    model.fit(X.astype("f4"), np.ones((BATCH, UNITS), "f4"), epochs=3, verbose=0)
    for weight, before, frozen in (
        (layer.kernel, kernel, SOME[:2]), (layer.recurrent_kernel, recurrent, SOME),
    ):  # fmt: skip
        np.testing.assert_array_equal(weight.array == before, frozen == 1)
    layer.kernel.assign(kernel + 1)  # what is assigned is what is frozen from then on
    model.fit(X.astype("f4"), np.ones((BATCH, UNITS), "f4"), verbose=0)
    np.testing.assert_array_equal((layer.kernel.array == kernel + 1)[SOME[:2] == 1], True)


def test_frozen_entries_stay_where_some_weights_have_no_gradient():
    layer = layers.LeakyRNN(UNITS, frozen_kernel=SOME[:2])
    layer.build((None, None, FEATURES))
    before = layer.kernel.numpy()
    gradients = [np.ones(w.shape, "f4") if w is layer.kernel else None for w in layer.weights]
    with pytest.warns(UserWarning, match="gradient"):
        optimizers.SGD(0.1).apply(gradients, layer.weights)
    np.testing.assert_array_equal(layer.kernel.array == before, SOME[:2] == 1)


def test_frozen_entries_are_left_out_where_gradients_are_checked():
    layer = built(frozen_kernel=SOME[:2], frozen_recurrent=np.ones((UNITS, UNITS)))
    checked = inspection.check_gradients(layer, X)
    assert checked.passed, str(checked)
    rows = {row.name.split("/")[-1]: row for row in checked.rows}
    assert rows["kernel"].checked == (SOME[:2] == 0).sum()
    assert "recurrent_kernel" not in rows


def test_a_kernel_of_low_rank_is_the_product_of_its_factors():
    layer = built(rank=2)
    product = layer.recurrent_n.array @ layer.recurrent_m.array.T
    np.testing.assert_array_equal(layer.effective_recurrent_kernel, product)
    assert np.linalg.matrix_rank(product) == 2
    assert [w.name for w in layer.weights] == ["kernel", "recurrent_m", "recurrent_n", "bias"]


def test_a_firing_rate_penalty_is_an_activity_regularizer():
    layer = layers.LeakyRNN(UNITS, activity_regularizer=regularizers.L2(0.5), return_sequences=True)
    model = models.Sequential([layers.Input((TIMESTEPS, FEATURES)), layer])
    model.compile("sgd", "mse")
    x = X.astype("f4")
    rates = model.predict(x, verbose=0)
    loss = model.evaluate(x, rates, verbose=0)
    assert loss == pytest.approx(0.5 * (rates**2).sum() / BATCH, rel=1e-5)


# ---------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"alpha": 0}, ArgumentError, "`alpha` must be a number in (0, 1], or an array of them, "
         "one a unit; got 0."),
        ({"alpha": "fast"}, ArgumentError, "`alpha` must be a number in (0, 1], or an array"),
        ({"alpha": np.nan}, ArgumentError, "`alpha` must be a number in (0, 1], or an array"),
        ({"alpha": []}, ArgumentError, "`alpha` must be a number in (0, 1], or an array"),
        ({"alpha": [0.1, 0.2]}, ShapeError, "`alpha` must have shape (units=4,); got (2,)."),
        ({"tau": 100}, ArgumentError, "`dt` must be given with `tau`; got None."),
        ({"dt": 100}, ArgumentError, "`tau` must be given with `dt`; got None."),
        ({"tau": -1, "dt": 1}, ArgumentError, "`tau` must be a positive number, or an array of "
         "them, one a unit; got -1."),
        ({"tau": 10, "dt": 20}, ArgumentError, "`dt` must be at most `tau`, because a step cannot "
         "be longer than what it divides; got dt=20.0, tau=10.0."),
        ({"tau": 10, "dt": 1, "alpha": 0.1}, ArgumentError, "`alpha` must be None with `tau` and "
         "`dt`, of which it is the quotient; got 0.1."),
        ({"alpha": 1, "learn_alpha": True}, ArgumentError, "`alpha` must be below 1 to be learned, "
         "because its logit is; got 1.0."),
        ({"noise": -1}, ArgumentError, "`noise` must be a finite number and at least 0; got -1."),
        ({"dale": 80}, ArgumentError, "`dale` must be the share of excitatory units in [0, 1], or "
         "an array of +1 and -1, one a unit; got 80."),
        ({"dale": [1, 0, 1, 1]}, ArgumentError, "`dale` must be the share of excitatory units"),
        ({"dale": [1, -1]}, ShapeError, "`dale` must have shape (units=4,); got (2,)."),
        ({"recurrent_mask": [1, 0]}, ArgumentError, "`recurrent_mask` must be an array (rows, "
         "units) of 0 and 1; got [1, 0]."),
        ({"kernel_mask": np.full((2, 4), np.nan)}, ArgumentError, "`kernel_mask` must be an array "
         "(rows, units) of 0 and 1; got array([[nan, nan, nan, nan], [nan, nan, nan, nan]])."),
        ({"kernel_mask": 0.5 * SOME}, ArgumentError, "`kernel_mask` must be an array (rows"),
        ({"rank": 5}, ArgumentError, "`rank` must be at most units=4; got 5."),
        ({"rank": 1, "dale": 0.5}, ArgumentError, "`dale` must be None with `rank`, because a sign "
         "of each unit would raise the rank; got both."),
        ({"rank": 1, "recurrent_mask": SOME}, ArgumentError, "`recurrent_mask` must be None with"),
        ({"rank": 1, "frozen_recurrent": SOME}, ArgumentError, "`frozen_recurrent` must be None"),
        ({"frozen_kernel": SOME[:2], "kernel_regularizer": "l2"}, ArgumentError,
         "`kernel_regularizer` must be None with `frozen_kernel`, because it would move what is "
         "frozen; got both."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["LeakyRNN", "LeakyRNNCell"])
def test_wrong_arguments_are_named(kind, options, error, text):
    with pytest.raises(error, match=re.escape(f"{kind}: {text}")):
        getattr(layers, kind)(UNITS, **options)


def test_the_effective_kernel_is_there_once_the_layer_is_built():
    text = "must be built before `effective_recurrent_kernel` is there; it is not."
    with pytest.raises(AttributeError, match=re.escape(text)):
        _ = layers.LeakyRNN(2).effective_recurrent_kernel


@pytest.mark.parametrize(
    ("argument", "axes"),
    [("kernel_mask", "(features=2, units=4)"), ("frozen_kernel", "(features=2, units=4)"),
     ("recurrent_mask", "(units=4, units=4)"), ("frozen_recurrent", "(units=4, units=4)")],
)  # fmt: skip
def test_masks_have_the_shapes_of_their_kernels(argument, axes):
    layer = layers.LeakyRNN(UNITS, name="r", **{argument: np.ones((3, 4))})
    text = f"LeakyRNN 'r': `{argument}` must have shape {axes}; got (3, 4)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer.build((None, TIMESTEPS, FEATURES))
