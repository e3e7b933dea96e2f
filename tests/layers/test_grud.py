"""GRUD: what it reads in place of missing values, and the gradients of all of it."""

import re

import numpy as np
import pytest

import elman
from elman import kernels, layers, models, utils
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers.recurrence import imputation
from elman.layers.recurrence.grud_cell import GRUDCell
from tests.gradcheck import assert_gradient
from tests.implementations import COMPILED
from tests.layers.checks import BATCH, F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, NATIVE32, NATIVE64

STEPS, FEATURES, UNITS = 5, 3, 2
OBSERVED = np.random.default_rng(3).random((BATCH, STEPS, FEATURES)) < 0.5
OBSERVED[:, :, 0] = [[1, 0, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]  # also never
GAPS = np.array([[1, 1, 1, 1, 1], [0, 1, 0, 1, 1], [1, 1, 1, 0, 0]], bool)
VALUES = normal(BATCH, STEPS, FEATURES)
X = np.where(OBSERVED, VALUES, np.nan)
TIMES = np.cumsum(np.random.default_rng(4).uniform(0.2, 2.0, size=(BATCH, STEPS)), axis=1)
TIMED = np.concatenate([X, TIMES[:, :, None]], axis=2)


@pytest.fixture(autouse=True)
def _seeded():
    utils.set_random_seed(0)


def built(features=FEATURES, **options):
    layer = layers.GRUD(UNITS, **{**F64, **options})
    layer.build((None, STEPS, features))
    return scramble(layer)


def decays(seed=0):
    rng = np.random.default_rng(seed)
    shapes = ((FEATURES,), (FEATURES,), (FEATURES, UNITS), (UNITS,))
    return imputation.Decay(*(rng.normal(size=shape) for shape in shapes))


# ---------------------------------------------------------------------- filling in


@pytest.mark.usefixtures("implementation")
@pytest.mark.parametrize("taken", [np.ones((BATCH, STEPS), bool), GAPS], ids=["whole", "gaps"])
def test_missing_values_are_filled_in_as_the_paper_says(taken):
    mean, decay = np.array([0.5, -1.0, 0.0]), decays()
    inputs, gamma, _ = imputation.impute(X, TIMES, taken, mean, decay)
    for b in range(BATCH):
        steps = np.flatnonzero(taken[b])
        since = np.full(FEATURES, TIMES[b, steps[0]])
        last = mean.copy()
        for t in steps:
            d = TIMES[b, t] - since
            g = np.exp(-np.maximum(0, decay.w * d + decay.b))
            expected = np.where(OBSERVED[b, t], VALUES[b, t], g * last + (1 - g) * mean)
            np.testing.assert_allclose(inputs[b, t, :FEATURES], expected, rtol=EXACT)
            np.testing.assert_array_equal(inputs[b, t, FEATURES:], OBSERVED[b, t])
            held = np.exp(-np.maximum(0, d @ decay.V + decay.c))
            np.testing.assert_allclose(gamma[b, t], held, rtol=EXACT)
            last = np.where(OBSERVED[b, t], VALUES[b, t], last)
            since = np.where(OBSERVED[b, t], TIMES[b, t], since)


@pytest.mark.parametrize("features", [1, 16, 37])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", NATIVE64), ("float32", NATIVE32)])
@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.usefixtures("kernels_restored")
def test_the_kernels_fill_in_what_the_reference_does(name, dtype, tolerance, features, monkeypatch):
    rng = np.random.default_rng(features)
    B, T, F, U = 7, 9, features, 5
    x = rng.normal(size=(B, T, F)).astype(dtype)
    x[rng.random(x.shape) < 0.4] = np.nan
    times = rng.uniform(0.1, 1, size=(B, T)).cumsum(axis=1).astype(dtype)
    taken, mean = rng.random((B, T)) < 0.8, rng.normal(size=F).astype(dtype)
    decay = imputation.Decay(*(rng.normal(size=s).astype(dtype) for s in (F, F, (F, U), U)))
    dinputs, dgamma = (rng.normal(size=(B, T, n)).astype(dtype) for n in (2 * F, U))

    def everything():
        inputs, gamma, kept = imputation.impute(x, times, taken, mean, decay)
        dx, dtimes, ddecay = imputation.dimpute(dinputs, dgamma, decay, kept)
        _, _, without_dx = imputation.dimpute(dinputs, dgamma, decay, kept, need_x=False)
        return [inputs, gamma, dx, dtimes, *ddecay, *without_dx]

    kernels.use("reference")
    expected = everything()
    kernels.use(name)
    found = []
    for threads in (1, 3):
        monkeypatch.setattr(kernels, "threads_worth", lambda _, threads=threads: threads)
        found.append(everything())
    for one, other, right in zip(*found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_allclose(one, right, rtol=tolerance, atol=tolerance)
        assert one.dtype == right.dtype


@pytest.mark.usefixtures("implementation")
@pytest.mark.parametrize("taken", [np.ones((BATCH, STEPS), bool), GAPS], ids=["whole", "gaps"])
def test_gradients_of_filling_in(taken):
    mean, decay, x, times = np.array([0.5, -1.0, 0.0]), decays(), X.copy(), TIMES.copy()
    inputs, gamma, kept = imputation.impute(x, times, taken, mean, decay)
    dinputs = normal(*inputs.shape, seed=5) * taken[:, :, None]
    dgamma = normal(*gamma.shape, seed=6) * taken[:, :, None]
    dx, dtimes, ddecay = imputation.dimpute(dinputs, dgamma, decay, kept)

    def loss(_):
        found, held, _ = imputation.impute(x, times, taken, mean, decay)
        return float((found * dinputs).sum() + (held * dgamma).sum())

    assert_gradient(loss, times, dtimes)
    for weight, gradient in zip(decay, ddecay, strict=True):
        assert_gradient(loss, weight, gradient)
    np.testing.assert_array_equal(dx[~OBSERVED], 0)
    values = x[OBSERVED]

    def of_values(found):
        x[OBSERVED] = found
        return loss(None)

    assert_gradient(of_values, values, dx[OBSERVED])


# ---------------------------------------------------------------------- the layer


@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "gaps"])
@pytest.mark.parametrize(
    "options",
    [
        {"mean": [0.5, -1.0, 0.0]},
        {"use_bias": False, "return_sequences": True},
        {"go_backwards": True, "return_sequences": True, "return_state": True},
    ],
    ids=str,
)
def test_gradients_of_values_times_states_and_weights(options, mask):
    layer = built(FEATURES + 1, time_feature=True, **options)
    whole = np.concatenate([VALUES, TIMES[:, :, None]], axis=2)
    assert_gradients(layer, whole, mask=mask, initial_state=[normal(BATCH, UNITS, seed=8)])


@pytest.mark.parametrize("timed", [False, True])
def test_gradients_with_missing_values_are_right_and_zero_where_missing(timed):
    layer = built(FEATURES + timed, time_feature=timed, return_sequences=True)
    x = TIMED if timed else X
    doutputs = normal(BATCH, STEPS, UNITS, seed=2)
    found = elman.gradients(layer, x, output_gradients=doutputs)
    assert np.isfinite(found["inputs"][0]).all()
    np.testing.assert_array_equal(found["inputs"][0][np.isnan(x)], 0)

    def loss(_):
        return float((layer(x) * doutputs).sum())

    for weight, gradient in zip(layer.weights, found["weights"], strict=True):
        assert_gradient(loss, weight.array, gradient)


def test_going_backwards_is_turning_values_and_times_around():
    forwards = built(FEATURES + 1, time_feature=True, return_sequences=True)
    backwards = built(FEATURES + 1, time_feature=True, return_sequences=True, go_backwards=True)
    turned = TIMED[:, ::-1].copy()
    turned[:, :, -1] = 100 - turned[:, :, -1]
    np.testing.assert_allclose(backwards(TIMED), forwards(turned), rtol=1e-10)


def test_times_that_are_one_apart_are_those_that_are_not_given():
    plain, timed = built(), built(FEATURES + 1, time_feature=True)
    timed.set_weights(plain.get_weights())
    even = np.broadcast_to(np.arange(STEPS, dtype=float)[:, None], (BATCH, STEPS, 1))
    np.testing.assert_allclose(timed(np.concatenate([X, even], axis=2)), plain(X), rtol=EXACT)


def test_without_decay_and_nothing_missing_it_is_a_gru_that_also_reads_ones():
    layer = built()
    kernel, recurrent, bias, *rest = layer.get_weights()
    layer.set_weights([kernel, recurrent, bias, *(np.zeros_like(w) for w in rest)])
    plain = layers.GRU(UNITS, reset_after=False, **F64)
    plain.build((None, STEPS, FEATURES))
    plain.set_weights([kernel[:FEATURES], recurrent, bias + kernel[FEATURES:].sum(axis=0)])
    np.testing.assert_allclose(layer(VALUES), plain(VALUES), rtol=EXACT)


def test_masked_steps_are_not_read():
    layer = built(FEATURES + 1, time_feature=True)
    before = layer(TIMED, mask=GAPS)
    poisoned = TIMED.copy()
    poisoned[~GAPS] = np.nan
    np.testing.assert_array_equal(layer(poisoned, mask=GAPS), before)
    poisoned[~GAPS] = -1e9
    np.testing.assert_array_equal(layer(poisoned, mask=GAPS), before)


def test_a_copy_by_its_configuration_or_from_a_file_is_the_same_layer(tmp_path):
    layer = built(FEATURES + 1, time_feature=True, mean=[0.1, 0.2, 0.3])
    copy = layers.GRUD.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    model = models.Sequential([layers.Input((STEPS, FEATURES + 1)), layer])
    model.save(tmp_path / "m.keras")
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras")(TIMED), model(TIMED))
    both = layers.Bidirectional(layers.GRUD(UNITS, time_feature=True, **F64))
    assert both(TIMED).shape == (BATCH, 2 * UNITS)


def test_a_model_learns_from_missing_values():
    layer = layers.GRUD(4, dropout=0.2, recurrent_dropout=0.2, seed=1)
    model = models.Sequential([layers.Input((STEPS, FEATURES)), layer, layers.Dense(1)])
    model.compile("adam", "mse")
    before = model.get_weights()
    history = model.fit(X.astype("f4"), np.ones((BATCH, 1), "f4"), epochs=5, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert layer.input_decay.dtype == np.float32
    for weight, old in zip(model.weights, before, strict=True):
        assert (weight.array != old).any(), weight.path


# ---------------------------------------------------------------------- errors


def test_times_that_decrease_or_are_missing_are_named():
    layer = built(FEATURES + 1, time_feature=True, name="g")
    wrong = TIMED.copy()
    wrong[1, 2, -1] = 0
    text = "GRUD 'g': `x` must have times that do not decrease in its last feature; got {} in "
    sort = "Sort the timesteps by their times."
    leave = "Leave out timesteps whose time is not known, or mask them."
    for time, fix in ((0.0, sort), (np.nan, leave), (np.inf, leave)):
        wrong[1, 2, -1] = time
        place = f"{text.format(time)}sample 1, timestep 2. {fix}"
        with pytest.raises(ArgumentError, match=re.escape(place)):
            layer(wrong)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: layers.GRUD(2, stateful=True), ArgumentError,
         "GRUD: `stateful` must be False, because what was observed last is no state; got True. "
         "Give whole sequences, or fill in what is missing before a `GRU`."),
        (lambda: setattr(layers.GRUD(2, name="g"), "stateful", True), ArgumentError,
         "GRUD 'g': `stateful` must be False, because what was observed last is no state; got "
         "True. Give whole sequences, or fill in what is missing before a `GRU`."),
        (lambda: layers.GRUD(2, mean="0"), ArgumentError,
         "GRUD: `mean` must be a finite number; got '0'."),
        (lambda: layers.GRUD(2, mean=[0.0, 1.0], name="g").build((None, 5, 3)), ShapeError,
         "GRUD 'g': `mean` must have shape (features=3,); got (2,)."),
        (lambda: layers.GRUD(2, time_feature=True, name="g").build((None, 5, 1)), ShapeError,
         "GRUD 'g': `x` must have a feature beside the times, because of "),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(make, error, text):
    with pytest.raises(error, match=re.escape(text)):
        make()


AROUND = {
    "layer": lambda: layers.GRUD(UNITS, name="g"),
    "cell": lambda: layers.RNN(GRUDCell(UNITS), name="g"),
    "stack": lambda: layers.RNN([GRUDCell(UNITS), layers.GRUCell(UNITS)], name="g"),
}
MORE = "'g', which has a cell that goes on from more than its states; give it whole sequences."


@pytest.mark.parametrize("make", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize(
    ("cut", "text"),
    [
        (lambda model: model.stream(), MORE),
        (lambda model: model.fit(X, X[:, 0, :UNITS], bptt_steps=2, verbose=0), MORE),
        (lambda model: model.train_step(X[:1, 0], X[:1, 0, :UNITS]), MORE),
        (lambda model: model(X, reset_mask=~GAPS), ": `reset_mask` must be left out, because what "
         "was observed last is no state; got it. Give each part as a sequence of its own."),
    ],
    ids=["stream", "bptt_steps", "train_step", "reset_mask"],
)  # fmt: skip
def test_a_sequence_is_not_cut_because_what_was_observed_last_is_no_state(make, cut, text):
    model = models.Sequential([layers.Input((STEPS, FEATURES)), make()])
    model.compile("sgd", "mse")
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        cut(model)


def test_a_layer_around_the_cell_is_not_stateful():
    layer = layers.RNN(GRUDCell(UNITS, name="c"), stateful=True, name="r")
    text = (
        "RNN 'r': `stateful` must be False around GRUDCell 'c', which goes on from more than its "
        "states; got True. Give whole sequences."
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        layer(X.astype("f4"))


def test_times_that_float32_rounds_away_are_an_error():
    x = np.array([[[1.0, 0.0], [np.nan, 60.0]]])
    since_1970 = x + np.array([0.0, 1.7e9])
    layer = layers.GRUD(3, time_feature=True, name="g")
    layer(x)
    with pytest.raises(
        ArgumentError,
        match=re.escape(
            "GRUD 'g': `x` must have times that float32 tells apart in its last feature; got times "
            "up to 1.7e+09 in sample 0, which are rounded to 128. Subtract the first time, or use "
            '`dtype="float64"`.'
        ),
    ):
        layer(since_1970)
    fine = layers.GRUD(3, time_feature=True, dtype="float64")
    fine(x)
    np.testing.assert_array_equal(fine(since_1970), fine(x))
    layer(x[:, :1])  # a single step, and steps at one time, have nothing between them
    layer(np.array([[[1.0, 5.0], [2.0, 5.0]]]))


@pytest.mark.usefixtures("implementation")
def test_nan_in_the_weights_goes_through():
    decay = decays()
    decay.w[0] = np.nan
    inputs, _, kept = imputation.impute(X, TIMES, GAPS | True, np.zeros(FEATURES), decay)
    missing = ~OBSERVED[:, :, 0]
    assert np.isnan(inputs[:, :, 0][missing]).all()
    dinputs, dgamma = np.ones_like(inputs), np.zeros((BATCH, STEPS, UNITS))
    _, _, ddecay = imputation.dimpute(dinputs, dgamma, decay, kept)
    assert np.isnan(ddecay.w[0])
