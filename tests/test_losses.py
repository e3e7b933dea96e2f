"""Losses: gradients, Keras's numbers, reductions, weights and masks."""

from pathlib import Path

import numpy as np
import pytest

from elman import losses, utils
from elman.errors import UnsupportedError
from tests.gradcheck import assert_gradient
from tests.losses_at import CASES, make
from tests.tolerances import EXACT, KERAS_LOSS

GOLDEN = np.load(Path(__file__).parent / "golden" / "training.npz")
B, T, C = 4, 3, 5
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")


def functions(case):
    name = case.split("/")[0]
    return getattr(losses, name), getattr(losses, f"d_{name}")


def draw(case, shape=(B, T, C), seed=0):
    """Return targets and predictions in float64, away from kinks and clips."""
    rng = np.random.default_rng(seed)
    kind = case.split("/")[0]
    logits = rng.normal(size=shape)
    labels = rng.integers(0, shape[-1], size=shape[:-1])
    if kind in ("mean_squared_error", "mean_absolute_error", "huber"):
        return rng.normal(size=shape), logits
    p = logits if "logits" in case else rng.uniform(0.05, 0.95, size=shape)
    if kind == "binary_crossentropy":
        return rng.integers(0, 2, size=shape).astype(float), p
    if kind == "categorical_crossentropy":
        return np.eye(shape[-1])[labels], p
    if "void" in case:
        labels[0, 0] = -1
    return labels, p


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_values_is_their_derivative(case):
    f, df = functions(case)
    y, p = draw(case)
    dvalues = np.random.default_rng(1).normal(size=(B, T))
    assert_gradient(
        lambda x: np.sum(dvalues * f(y, x, **CASES[case])), p, df(dvalues, y, p, **CASES[case])
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_weighted_masked_loss_is_its_derivative(case, reduction):
    loss, (y, p) = make(case, reduction=reduction), draw(case)
    rng = np.random.default_rng(2)
    weights, mask = rng.uniform(0.5, 2, size=(B, T)), rng.random((B, T)) < 0.6
    value, dp = loss.value_and_gradient(y, p, weights, mask)
    assert value == pytest.approx(loss(y, p, weights, mask), rel=EXACT)
    assert_gradient(lambda x: loss(y, x, weights, mask), p, dp)


@pytest.mark.parametrize(
    "case", ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]
)
def test_a_clipped_probability_passes_no_gradient_on(case):
    f, df = functions(case)
    y, p = draw(case)
    p[0, 0] = [0.0, 1.0, 0.0, 0.0, 0.0]
    y[0, 0] = 0 if y.ndim == 2 else [1, 0, 0, 0, 0]
    assert (df(np.ones((B, T)), y, p)[0, 0] == 0).all()
    assert np.isfinite(f(y, p)).all()


def test_a_probability_in_bounds_keeps_its_gradient_beside_a_clipped_one():
    dp = losses.d_binary_crossentropy(np.ones(1), [[1.0, 1.0]], np.array([[0.0, 0.5]]))
    np.testing.assert_allclose(dp, [[0.0, -1.0]], atol=EXACT)


def test_probabilities_over_classes_are_divided_by_their_sum():
    p = np.array([[2.0, 3.0, 5.0]])
    expected = -np.log([0.3])
    np.testing.assert_allclose(losses.categorical_crossentropy([[0, 1, 0]], p), expected)
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy([1], p), expected)


@pytest.mark.parametrize("case", [case for case in CASES if "logits" in case])
def test_huge_logits_neither_overflow_nor_lose_the_gradient(case):
    f, df = functions(case)
    y, p = draw(case)
    p *= 1e4
    assert np.isfinite(f(y, p, **CASES[case])).all()
    assert np.isfinite(df(np.ones((B, T)), y, p, **CASES[case])).all()


def test_logits_and_probabilities_agree():
    y, a = draw("binary_crossentropy/logits")
    np.testing.assert_allclose(
        losses.binary_crossentropy(y, a, from_logits=True),
        losses.binary_crossentropy(y, 1 / (1 + np.exp(-a))),
        rtol=EXACT,
    )
    y, a = draw("categorical_crossentropy/logits")
    np.testing.assert_allclose(
        losses.categorical_crossentropy(y, a, from_logits=True),
        losses.categorical_crossentropy(y, np.exp(a)),
        rtol=EXACT,
    )


def test_labels_and_one_hot_targets_agree():
    labels, p = draw("sparse_categorical_crossentropy")
    expected = losses.categorical_crossentropy(np.eye(C)[labels], p)
    np.testing.assert_array_equal(losses.sparse_categorical_crossentropy(labels, p), expected)


@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_are_keras_s(case):
    f, df = functions(case)
    y, p = GOLDEN[f"losses/{case}/y_true"], GOLDEN[f"losses/{case}/y_pred"]
    values = f(y, p, **CASES[case])
    expected = GOLDEN[f"losses/{case}/values"]
    gradient = df(np.ones_like(values), y, p, **CASES[case])
    assert values.dtype == gradient.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=KERAS_LOSS, atol=KERAS_LOSS)
    expected = GOLDEN[f"losses/{case}/gradient"]
    np.testing.assert_allclose(gradient, expected, rtol=KERAS_LOSS, atol=KERAS_LOSS)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_reductions_weights_and_masks_are_keras_s(case, reduction):
    loss = make(case, reduction=reduction)
    y, p = GOLDEN[f"losses/{case}/y_true"], GOLDEN[f"losses/{case}/y_pred"]
    weights, mask = GOLDEN["losses/sample_weight"], GOLDEN["losses/mask"]
    got = [loss(y, p), loss(y, p, weights), loss(y, p, weights, mask)]
    np.testing.assert_allclose(got, GOLDEN[f"losses/{case}/{reduction}"], rtol=KERAS_LOSS)


@pytest.mark.parametrize("case", CASES)
def test_the_masked_gradient_is_keras_s(case):
    y, p = GOLDEN[f"losses/{case}/y_true"], GOLDEN[f"losses/{case}/y_pred"]
    weights, mask = GOLDEN["losses/sample_weight"], GOLDEN["losses/mask"]
    dp = make(case).value_and_gradient(y, p, weights, mask)[1]
    assert dp.dtype == np.float32
    np.testing.assert_allclose(
        dp, GOLDEN[f"losses/{case}/masked_gradient"], rtol=KERAS_LOSS, atol=KERAS_LOSS
    )


@pytest.mark.parametrize("case", CASES)
def test_masked_entries_do_not_count_whatever_they_hold(case):
    loss, (y, p) = make(case), draw(case)
    mask = np.ones((B, T), bool)
    mask[1, 1:], mask[2] = False, False
    value, dp = loss.value_and_gradient(y, p, mask=mask)
    spoilt_y, spoilt_p = y.copy(), p.copy()
    spoilt_y[~mask] = -99  # a label out of range
    spoilt_p[1, 1:], spoilt_p[2] = np.nan, np.inf
    spoilt_value, spoilt_dp = loss.value_and_gradient(spoilt_y, spoilt_p, mask=mask)
    assert spoilt_value == value
    np.testing.assert_array_equal(spoilt_dp, dp)
    assert (dp[~mask] == 0).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_mask_that_leaves_nothing_gives_zero(reduction):
    loss = losses.MeanSquaredError(reduction=reduction)
    value, dp = loss.value_and_gradient(np.zeros((B, C)), np.ones((B, C)), mask=np.zeros(B, bool))
    assert value == 0.0
    assert (dp == 0).all()


@pytest.mark.parametrize("reduction", ["none", None])
def test_no_reduction_keeps_the_entries(reduction):
    y, p = draw("mean_squared_error")
    values = losses.mean_squared_error(y, p)
    loss = losses.MeanSquaredError(reduction=reduction)
    np.testing.assert_array_equal(loss(y, p), values)
    mask = np.arange(T) < np.array([[3], [1], [0], [2]])
    weights = np.arange(1.0, B + 1)
    expected = np.where(mask, values * weights[:, None], 0)
    np.testing.assert_array_equal(loss(y, p, weights, mask), expected)


def test_a_weight_a_sample_counts_for_each_of_its_steps():
    y, p = draw("mean_squared_error")
    weights, loss = np.array([1.0, 2.0, 0.5, 0.0]), losses.MeanSquaredError()
    expected = loss(y, p, np.repeat(weights[:, None], T, axis=1))
    assert loss(y, p, weights) == loss(y, p, weights[:, None]) == expected


@pytest.mark.parametrize("cls", [losses.MeanSquaredError, losses.BinaryCrossentropy])
def test_a_last_axis_of_size_1_may_be_left_out(cls):
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 2, 6).astype(float), rng.uniform(0.1, 0.9, 6), np.arange(6.0)
    loss = cls()
    value, dp = loss.value_and_gradient(y[:, None], p[:, None], w)
    for targets, predictions in [(y, p[:, None]), (y[:, None], p), (y, p)]:
        other, dother = loss.value_and_gradient(targets, predictions, w)
        assert other == value
        assert dother.shape == predictions.shape
        np.testing.assert_array_equal(dother.ravel(), dp.ravel())
    sequence = p.reshape(2, 3, 1)
    assert loss(y.reshape(2, 3), sequence) == loss(y.reshape(2, 3, 1), sequence)


def test_labels_may_have_a_last_axis_of_size_1():
    y, p = draw("sparse_categorical_crossentropy/void")
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    assert loss(y[..., None], p) == loss(y, p)
    mask = np.ones((B, T), bool)
    mask[0, 1] = False
    assert loss(y[..., None], p, mask=mask) == loss(y, p, mask=mask)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_gradient_has_the_dtype_of_the_predictions(case, dtype):
    y, p = draw(case)
    value, dp = make(case).value_and_gradient(y, p.astype(dtype), np.ones(B), np.ones(B, bool))
    assert isinstance(value, float)
    assert dp.dtype == dtype


@pytest.mark.parametrize("case", CASES)
def test_the_arguments_are_not_changed(case):
    (y, p), (y_before, p_before) = draw(case), draw(case)
    make(case).value_and_gradient(y, p, np.ones(B), np.ones((B, T), bool))
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(p, p_before)


def test_a_loss_of_your_own_needs_call_alone_and_may_have_a_gradient():
    class Cubed(losses.Loss):
        def call(self, y_true, y_pred):
            return np.mean(np.abs(y_pred - y_true) ** 3, axis=-1)

    class CubedWithGradient(Cubed):
        def gradient(self, dvalues, y_true, y_pred):
            e = y_pred - y_true
            return dvalues[..., None] * 3 * e * np.abs(e) / e.shape[-1]

    y, p = draw("mean_squared_error")
    mask = np.arange(T) < np.array([[3], [1], [0], [2]])
    utils.clear_session()
    loss = CubedWithGradient()
    assert loss.name == "cubed_with_gradient"
    assert losses.get(CubedWithGradient).name == "cubed_with_gradient_1"
    dp = loss.value_and_gradient(y, p, mask=mask)[1]
    assert_gradient(lambda x: loss(y, x, mask=mask), p, dp)
    np.testing.assert_allclose(
        Cubed().value_and_gradient(y, p, mask=mask)[1], dp, rtol=EXACT, atol=EXACT
    )


def test_a_function_of_your_own_is_a_loss():
    def fourth(y_true, y_pred):
        return np.mean((y_pred - y_true) ** 4, axis=-1)

    y, p = draw("mean_squared_error")
    weights = np.linspace(0.5, 2, p.shape[0])
    for function in (fourth, lambda y, p: (y - p) ** 4, lambda y, p: ((y - p) ** 4).mean()):
        loss = losses.get(function)
        value, dp = loss.value_and_gradient(y, p)
        assert value == pytest.approx(((p - y) ** 4).mean(), rel=EXACT)
        assert_gradient(lambda x, loss=loss: loss(y, x), p, dp)
    loss = losses.get(fourth)
    dp = loss.value_and_gradient(y, p, sample_weight=weights)[1]
    assert_gradient(lambda x: loss(y, x, sample_weight=weights), p, dp)
    labels = losses.get(lambda y, p: p * y).value_and_gradient([1, 0], np.array([[2.0], [3.0]]))
    assert labels[1].tolist() == [[0.5], [0.0]]
    with pytest.raises(UnsupportedError, match="loss: `<lambda>` must be registered to be saved"):
        losses.serialize(losses.get(lambda y, p: p - y))
