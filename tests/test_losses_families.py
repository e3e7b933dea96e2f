"""The losses whose rows are independent: gradients, identities, kinks and errors of each family."""

import re

import numpy as np
import pytest

from elman import losses
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT

B, T, C = 4, 3, 5
BALANCED = {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.5}
CASES = {  # name: (options, kind of targets, kind of predictions)
    "mean_absolute_percentage_error": ({}, "numbers", "numbers"),
    "mean_squared_logarithmic_error": ({}, "numbers", "numbers"),
    "log_cosh": ({}, "numbers", "numbers"),
    "poisson": ({}, "counts", "probabilities"),
    "kl_divergence": ({}, "distributions", "probabilities"),
    "hinge": ({}, "signs", "numbers"),
    "squared_hinge": ({}, "signs", "numbers"),
    "categorical_hinge": ({}, "one_hot", "numbers"),
    "cosine_similarity": ({}, "numbers", "numbers"),
    "binary_focal_crossentropy": ({}, "bits", "probabilities"),
    "binary_focal_crossentropy/balanced": (BALANCED, "bits", "probabilities"),
    "binary_focal_crossentropy/soft": (
        {"gamma": 0.5, "label_smoothing": 0.1},
        "bits",
        "probabilities",
    ),
    "binary_focal_crossentropy/logits": ({"from_logits": True, **BALANCED}, "bits", "numbers"),
    "categorical_focal_crossentropy": ({}, "one_hot", "probabilities"),
    "categorical_focal_crossentropy/alpha": (
        {"alpha": [0.1, 0.2, 0.3, 0.4, 0.5], "gamma": 0.5, "label_smoothing": 0.1},
        "one_hot",
        "probabilities",
    ),
    "categorical_focal_crossentropy/logits": ({"from_logits": True}, "one_hot", "numbers"),
    "categorical_generalized_cross_entropy": ({"q": 0.7}, "labels", "probabilities"),
    "pinball": ({"quantile": 0.3}, "numbers", "numbers"),
    "pinball/list": ({"quantile": [0.1, 0.3, 0.5, 0.7, 0.9]}, "column", "numbers"),
    "gaussian_negative_log_likelihood": ({}, "numbers", "twice"),
}


def functions(case):
    name = case.split("/")[0]
    return getattr(losses, name), getattr(losses, f"d_{name}")


def make(case, **more):
    return losses.get({"class_name": case.split("/")[0], "config": {**CASES[case][0], **more}})


def draw(case, seed=0):
    """Return targets and predictions in float64, away from kinks and clips."""
    rng = np.random.default_rng(seed)
    shape = (B, T, C)
    numbers, probabilities = rng.normal(size=shape), rng.uniform(0.05, 0.95, size=shape)
    labels, bits = rng.integers(0, C, size=shape[:-1]), rng.integers(0, 2, size=shape)
    kinds = {
        "numbers": lambda: numbers,
        "column": lambda: numbers[..., :1],
        "twice": lambda: rng.normal(size=(B, T, 2 * C)),
        "counts": lambda: rng.poisson(1.0, size=shape),
        "probabilities": lambda: probabilities,
        "distributions": lambda: probabilities[::-1] / probabilities[::-1].sum(-1, keepdims=True),
        "bits": lambda: bits,
        "signs": lambda: 2 * bits - 1,
        "labels": lambda: labels,
        "one_hot": lambda: np.eye(C)[labels],
    }
    _, y, p = CASES[case]
    return kinds[y](), (rng.normal(size=shape) if p == "numbers" else kinds[p]())


@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_values_is_their_derivative(case):
    (f, df), options = functions(case), CASES[case][0]
    y, p = draw(case)
    dvalues = np.random.default_rng(1).normal(size=(B, T))
    assert_gradient(lambda x: np.sum(dvalues * f(y, x, **options)), p, df(dvalues, y, p, **options))


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("case", CASES)
def test_the_gradient_of_the_weighted_masked_loss_is_its_derivative(case, reduction):
    loss, (y, p) = make(case, reduction=reduction), draw(case)
    rng = np.random.default_rng(2)
    weights, mask = rng.uniform(0.5, 2, size=(B, T)), rng.random((B, T)) < 0.6
    value, dp = loss.value_and_gradient(y, p, weights, mask)
    assert value == pytest.approx(loss(y, p, weights, mask), rel=EXACT)
    assert_gradient(lambda x: loss(y, x, weights, mask), p, dp)


@pytest.mark.parametrize("case", CASES)
def test_masked_entries_do_not_count_whatever_they_hold(case):
    loss, (y, p) = make(case), draw(case)
    mask = np.arange(T) < np.array([[3], [1], [0], [2]])
    value, dp = loss.value_and_gradient(y, p, mask=mask)
    spoilt_y, spoilt_p = y.copy(), p.copy()
    spoilt_y[~mask], spoilt_p[~mask] = -99, np.nan
    spoilt_value, spoilt_dp = loss.value_and_gradient(spoilt_y, spoilt_p, mask=mask)
    assert spoilt_value == value
    np.testing.assert_array_equal(spoilt_dp, dp)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_values_and_gradients_have_the_dtype_of_the_predictions(case, dtype):
    (f, df), (y, p), options = functions(case), draw(case), CASES[case][0]
    values = f(y, p.astype(dtype), **options)
    assert values.dtype == df(np.ones((B, T)), y, p.astype(dtype), **options).dtype == dtype


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mape", "MeanAbsolutePercentageError"),
        ("MAPE", "MeanAbsolutePercentageError"),
        ("msle", "MeanSquaredLogarithmicError"),
        ("MSLE", "MeanSquaredLogarithmicError"),
        ("kld", "KLDivergence"),
        ("KLD", "KLDivergence"),
        ("LogCosh", "LogCosh"),
        ("log_cosh", "LogCosh"),
        (losses.cosine_similarity, "CosineSimilarity"),
        ("ctc", "CTC"),
        (losses.CTC, "CTC"),
        ("pinball", "Pinball"),
    ],
)
def test_get_knows_keras_s_names_and_its_own(identifier, cls):
    assert type(losses.get(identifier)) is getattr(losses, cls)


@pytest.mark.parametrize("name", losses.__all__)
def test_every_function_has_its_gradient_and_a_class(name):
    if name.startswith("d_") or name[0].isupper() or name in ("get", "serialize", "deserialize"):
        return
    assert f"d_{name}" in losses.__all__
    assert isinstance(losses.get(name), losses.Loss)


@pytest.mark.parametrize("cls", [losses.Pinball, losses.GaussianNegativeLogLikelihood])
def test_a_loss_that_keras_lacks_says_so_in_its_config(cls):
    wrapped = losses.serialize(cls())
    assert wrapped["module"] == "elman.losses"
    assert type(losses.deserialize(wrapped)) is cls


# ---------------------------------------------------------------- what each is made of


def test_log_cosh_is_exact_where_the_hyperbolic_cosine_overflows():
    values = losses.log_cosh(np.zeros((1, 1)), np.array([[2000.0]]))
    np.testing.assert_allclose(values, 2000 - np.log(2), rtol=EXACT)
    e = np.linspace(-5, 5, 7)[:, None]
    np.testing.assert_allclose(
        losses.log_cosh(np.zeros_like(e), e), np.log(np.cosh(e))[:, 0], rtol=EXACT, atol=EXACT
    )


def test_a_percentage_of_a_zero_target_is_of_1e_7():
    assert losses.mean_absolute_percentage_error([[0.0]], [[1.0]])[0] == pytest.approx(1e9)


def test_a_number_below_1e_7_counts_as_it_and_gets_no_gradient():
    y, p = np.array([[3.0, 3.0]]), np.array([[-5.0, 0.0]])
    low = losses.mean_squared_logarithmic_error(y, np.full((1, 2), 1e-7))
    np.testing.assert_allclose(losses.mean_squared_logarithmic_error(y, p), low, rtol=EXACT)
    assert (losses.d_mean_squared_logarithmic_error(np.ones(1), y, p) == 0).all()


def test_a_negative_rate_is_nan_and_no_error():
    assert np.isnan(losses.poisson([[1.0]], [[-1.0]])).all()


def test_a_divergence_from_itself_is_zero():
    p = np.array([[0.2, 0.3, 0.5]])
    assert losses.kl_divergence(p, p) == pytest.approx(0, abs=EXACT)


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
def test_zeros_and_ones_stand_for_minus_one_and_one(name):
    f, df = functions(name)
    bits, p = np.array([[0.0, 1.0, 1.0]]), np.array([[0.3, -0.2, 1.7]])
    np.testing.assert_array_equal(f(bits, p), f(2 * bits - 1, p))
    np.testing.assert_array_equal(df(np.ones(1), bits, p), df(np.ones(1), 2 * bits - 1, p))
    mixed = np.array([[0.0, 1.0, -1.0]])  # not all 0 or 1: taken as they are
    np.testing.assert_allclose(
        f(mixed, p), np.mean(np.maximum(1 - mixed * p, 0) ** (1 + (name != "hinge")), axis=-1)
    )


def test_the_cosine_forgets_lengths_and_zeros_stay_zeros():
    y, p = np.array([[1.0, 2.0], [1.0, 2.0]]), np.array([[-3.0, -6.0], [0.0, 0.0]])
    np.testing.assert_allclose(losses.cosine_similarity(y, p), [1.0, 0.0], atol=EXACT)
    dp = losses.d_cosine_similarity(np.ones(2), y, p)
    np.testing.assert_allclose(dp[0], 0, atol=EXACT)
    np.testing.assert_allclose(dp[1], -1e7 * y[1] / np.sqrt(5))  # as in Keras


@pytest.mark.parametrize("logits", [False, True])
def test_focal_losses_without_focus_are_crossentropies(logits):
    rng = np.random.default_rng(0)
    y, p = np.eye(C)[[0, 3]], rng.uniform(0.1, 0.9, size=(2, C))
    options = {"from_logits": logits}
    np.testing.assert_allclose(
        losses.binary_focal_crossentropy(y, p, gamma=0.0, **options),
        losses.binary_crossentropy(y, p, **options),
    )
    np.testing.assert_allclose(
        losses.categorical_focal_crossentropy(y, p, alpha=1.0, gamma=0.0, **options),
        losses.categorical_crossentropy(y, p, **options),
    )


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_a_perfect_answer_has_no_focal_loss_and_a_finite_gradient(gamma):
    y, p = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])
    assert losses.binary_focal_crossentropy(y, p, gamma=gamma)[0] == pytest.approx(0, abs=2e-7)
    for f in (losses.d_binary_focal_crossentropy, losses.d_categorical_focal_crossentropy):
        assert np.isfinite(f(np.ones(1), y, p, gamma=gamma)).all()
        assert np.isfinite(f(np.ones(1), y, 1e4 * p, gamma=gamma, from_logits=True)).all()


def test_generalized_crossentropy_lies_between_the_crossentropy_and_the_error():
    p = np.array([[0.2, 0.8]])
    f = losses.categorical_generalized_cross_entropy
    assert f([0], p, q=1e-9)[0] == pytest.approx(-np.log(0.2))
    assert f([0], p, q=1 - 1e-9)[0] == pytest.approx(0.8)
    slope = losses.d_categorical_generalized_cross_entropy(1.0, [0], [[0.0, 1.0]], q=0.5)
    assert np.isneginf(slope[0, 0])


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_the_best_pinball_prediction_is_the_quantile(tau):
    y = np.random.default_rng(0).normal(size=(1001, 1))
    loss = losses.Pinball(tau)
    best = np.full_like(y, np.quantile(y, tau))
    assert loss(y, best) < min(loss(y, best - 0.01), loss(y, best + 0.01))


def test_each_column_of_a_list_of_quantiles_has_its_own():
    y, p = np.array([[1.0], [2.0]]), np.array([[0.0, 1.0], [5.0, 1.0]])
    tau = [0.25, 0.75]
    columns = [losses.pinball(y, p[:, i : i + 1], tau[i]) for i in range(2)]
    expected = np.mean(columns, axis=0)
    for targets in (y[:, 0], y, np.repeat(y, 2, axis=1)):
        np.testing.assert_allclose(losses.pinball(targets, p, tau), expected, rtol=EXACT)
    assert losses.Pinball(np.array(tau)).quantile == tau


def test_gaussian_likelihoods_sum_to_one():
    y = np.linspace(-20, 20, 4001)[:, None]
    p = np.broadcast_to([1.0, np.log(4.0)], (len(y), 2))
    density = np.exp(-losses.gaussian_negative_log_likelihood(y, p))
    assert np.sum(density) * 0.01 == pytest.approx(1, rel=1e-9)
    flat = losses.gaussian_negative_log_likelihood(y[:, 0], p)
    np.testing.assert_array_equal(-np.log(density), flat)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: losses.hinge(np.zeros((4, 2)), np.zeros((4, 3))),
            ShapeError,
            "hinge: `y_true` must have the shape of `y_pred`, (4, 3); got (4, 2).",
        ),
        (
            lambda: losses.categorical_focal_crossentropy([0, 1], np.eye(2)),
            ShapeError,
            "categorical_focal_crossentropy: `y_true` must be one-hot and have the shape",
        ),
        (
            lambda: losses.categorical_focal_crossentropy(np.eye(2), np.eye(2), alpha=[1, 2, 3]),
            ShapeError,
            "`alpha` must be a number or one number a class, 2; got [1, 2, 3].",
        ),
        (
            lambda: losses.CategoricalFocalCrossentropy(alpha=["x"]),
            ArgumentError,
            "CategoricalFocalCrossentropy: `alpha` must be a finite number; got 'x'.",
        ),
        (
            lambda: losses.BinaryFocalCrossentropy(gamma=-1),
            ArgumentError,
            "BinaryFocalCrossentropy: `gamma` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: losses.CosineSimilarity(axis=1)(np.eye(2)[None], np.eye(2)[None]),
            UnsupportedError,
            "cosine_similarity: `axis` must be -1; got 1. Move that axis last with `np.moveaxis`.",
        ),
        (
            lambda: losses.categorical_generalized_cross_entropy([3], np.eye(2)[:1], q=0.5),
            ArgumentError,
            "categorical_generalized_cross_entropy: `y_true` must hold whole numbers from 0 to 1,",
        ),
        (
            lambda: losses.CategoricalGeneralizedCrossEntropy(q=1),
            ArgumentError,
            "CategoricalGeneralizedCrossEntropy: `q` must be between 0 and 1; got 1.",
        ),
        (
            lambda: losses.Pinball(90),
            ArgumentError,
            "Pinball: `quantile` must be between 0 and 1; got 90. Did you mean 0.9?",
        ),
        (
            lambda: losses.Pinball([0.5, "x"]),
            ArgumentError,
            "Pinball: `quantile` must be between 0 and 1; got 'x'.",
        ),
        (
            lambda: losses.Pinball([]),
            ArgumentError,
            "Pinball: `quantile` must name at least one quantile; got [].",
        ),
        (
            lambda: losses.pinball(np.zeros((4, 1)), np.zeros((4, 3)), [0.1, 0.9]),
            ShapeError,
            "pinball: `y_pred` must have a last axis of size 2, one column a quantile; got (4, 3).",
        ),
        (
            lambda: losses.pinball(np.zeros((3, 1)), np.zeros((4, 2)), [0.1, 0.9]),
            ShapeError,
            "pinball: `y_true` must have shape (4,), (4, 1) or (4, 2); got (3, 1).",
        ),
        (
            lambda: losses.gaussian_negative_log_likelihood(np.zeros((4, 1)), np.zeros((4, 3))),
            ShapeError,
            "so that its last axis is even; got (4, 3). End the model with `Dense(2 * targets)`.",
        ),
        (
            lambda: losses.gaussian_negative_log_likelihood(np.zeros((4, 2)), np.zeros((4, 2))),
            ShapeError,
            "`y_true` must have shape (4, 1), half of `y_pred`'s; got (4, 2).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
