"""Metrics of classes, areas, scores and correlations: what they mean, and their errors."""

import re

import numpy as np
import pytest

from elman import losses, metrics, utils
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.tolerances import EXACT

SEEN_AS_ROWS = [
    metrics.Precision,
    metrics.FalseNegatives,
    metrics.AUC,
    lambda: metrics.AUC(multi_label=True),
    lambda: metrics.RecallAtPrecision(0.5),
    metrics.F1Score,
    lambda: metrics.R2Score(None),
]


@pytest.mark.parametrize("make", SEEN_AS_ROWS)
def test_steps_of_a_sequence_count_as_samples(make):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, size=(4, 3, 2)), rng.random((4, 3, 2))
    w = rng.random((4, 3))
    sequence, flat = make(), make()
    sequence.update_state(y, p, w)
    flat.update_state(y.reshape(12, 2), p.reshape(12, 2), w.ravel())
    np.testing.assert_allclose(sequence.result(), flat.result(), rtol=EXACT)


@pytest.mark.parametrize("y", [[1, 0, 1], [[1], [0], [1]]])
@pytest.mark.parametrize("p", [[0.9, 0.8, 0.3], [[0.9], [0.8], [0.3]]])
def test_a_last_axis_of_size_1_may_be_left_out(y, p):
    assert metrics.Precision()(y, p) == metrics.AUC()(y, p) == 0.5
    assert metrics.R2Score()(y, p) == metrics.R2Score()([[1], [0], [1]], [[0.9], [0.8], [0.3]])


def brute(y, p, w, threshold):
    yes, there = p > threshold, y != 0
    return [
        np.sum(w[a & b]) for a, b in [(yes, there), (yes, ~there), (~yes, ~there), (~yes, there)]
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_counts_are_those_of_comparing_with_each_threshold(dtype):
    rng = np.random.default_rng(0)
    thresholds = [0.5, 0.1, 0.9, 0.0, 0.1, 1.0]
    p = np.round(rng.random((50, 2)), 1).astype(dtype)  # many of them on a threshold
    y, w = rng.integers(0, 2, size=p.shape), rng.random(p.shape)
    kinds = ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
    got = [getattr(metrics, kind)(thresholds)(y, p, w) for kind in kinds]
    expected = [brute(y, p, w, np.asarray(t, dtype)) for t in thresholds]
    np.testing.assert_allclose(np.transpose(got), expected, rtol=EXACT, atol=EXACT)


def test_a_prediction_that_is_nan_says_no():
    assert metrics.TruePositives()([1, 1], [np.nan, 0.9]) == 1.0
    assert metrics.FalseNegatives()([1, 1], [np.nan, 0.9]) == 1.0
    assert metrics.Precision(top_k=1)([[1, 0]], [[np.nan, 0.9]]) == 0.0


@pytest.mark.parametrize("weighted", [False, True])
def test_the_area_under_roc_is_how_often_a_yes_is_rated_above_a_no(weighted):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=60)
    p = (rng.permutation(60) + 0.5) / 60  # no two between the same thresholds
    w = rng.random(60) if weighted else np.ones(60)
    yes, no = p[y == 1], p[y == 0]
    pairs = np.outer(w[y == 1], w[y == 0])
    expected = np.sum(pairs * (yes[:, None] > no)) / np.sum(pairs)
    assert metrics.AUC(num_thresholds=1000)(y, p, w) == pytest.approx(expected, rel=EXACT)


def test_a_perfect_ranking_has_an_area_of_one():
    for curve in ("ROC", "PR", "PRGAIN"):
        area = metrics.AUC(curve=curve)([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
        assert area == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("curve", ["pr", "PR"])
@pytest.mark.parametrize("method", ["majoring", "Majoring"])
def test_words_may_be_written_as_in_keras(curve, method):
    metric = metrics.AUC(curve=curve, summation_method=method)
    assert (metric.curve, metric.summation_method) == ("PR", "majoring")


def test_each_label_has_its_own_area():
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, size=(30, 3)), rng.random((30, 3))
    each = [metrics.AUC()(y[:, i], p[:, i]) for i in range(3)]
    assert metrics.AUC(multi_label=True)(y, p) == pytest.approx(np.mean(each), rel=EXACT)
    weights = np.array([1.0, 2.0, 5.0])
    weighted = metrics.AUC(multi_label=True, label_weights=weights)
    assert weighted(y, p) == pytest.approx(np.average(each, weights=weights), rel=EXACT)


def test_f_scores_begin_with_the_classes_of_the_first_batch():
    metric = metrics.F1Score()
    assert metric.variables == []
    metric.update_state(np.eye(3), np.eye(3))
    assert [v.name for v in metric.variables] == [
        "true_positives",
        "false_positives",
        "false_negatives",
        "intermediate_weights",
    ]
    np.testing.assert_allclose(metric.result(), np.ones(3), atol=1e-6)


def test_a_beta_above_one_prefers_recall():
    y, p = np.array([[1], [1], [0]]), np.array([[0.9], [0.2], [0.1]])  # precision 1, recall 1/2
    scores = [metrics.FBetaScore("micro", beta, 0.5)(y, p) for beta in (0.5, 1.0, 2.0)]
    expected = [(1 + b * b) * 0.5 / (b * b + 0.5) for b in (0.5, 1.0, 2.0)]
    np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_r2_counts_from_the_mean_over_all_batches():
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=(20, 2)), rng.normal(size=(20, 2))
    metric = metrics.R2Score(None)
    metric.update_state(y[:5], p[:5])
    metric.update_state(y[5:], p[5:])
    expected = 1 - np.sum((y - p) ** 2, axis=0) / np.sum((y - y.mean(axis=0)) ** 2, axis=0)
    np.testing.assert_allclose(metric.result(), expected, rtol=EXACT)


def test_a_target_without_variance_has_no_score_and_nothing_to_explain_is_nan():
    assert metrics.R2Score()([[1.0], [1.0]], [[0.0], [2.0]]) == 0.0
    assert np.isnan(metrics.R2Score()([[1.0], [1.0]], [[1.0], [1.0]]))  # as in Keras


def test_r2_warns_where_it_cannot_be_adjusted():
    metric = metrics.R2Score(num_regressors=5)
    y, p = [[1.0], [2.0], [4.0]], [[1.5], [2.0], [3.0]]
    metric.update_state(y, p)
    text = "R2Score: `num_regressors` must be less than the 3 numbers seen - 1; got 5."
    with pytest.warns(UserWarning, match=re.escape(text)):
        assert metric.result() == metrics.R2Score()(y, p)


def test_correlations_are_those_of_numpy():
    rng = np.random.default_rng(0)
    y, p = rng.normal(size=(3, 7)), rng.normal(size=(3, 7))
    each = [np.corrcoef(y[i], p[i])[0, 1] for i in range(3)]
    np.testing.assert_allclose(metrics.pearson_correlation(y, p), each)
    assert metrics.PearsonCorrelation()(y, p) == pytest.approx(np.mean(each))
    down = metrics.PearsonCorrelation(axis=0)(y, p)
    assert down == pytest.approx(np.mean([np.corrcoef(y[:, i], p[:, i])[0, 1] for i in range(7)]))
    shifted = metrics.concordance_correlation(y, y + 1)
    np.testing.assert_allclose(shifted, 2 * np.var(y, axis=1) / (2 * np.var(y, axis=1) + 1))


def test_a_correlation_where_nothing_varies_is_nan_as_in_keras():
    assert np.isnan(metrics.pearson_correlation([[1.0]], [[2.0]])).all()


def test_a_label_is_among_the_k_largest_with_its_equals():
    p = [[0.4, 0.4, 0.2]]
    assert metrics.sparse_top_k_categorical_accuracy([1], p, k=1) == 1
    assert metrics.sparse_top_k_categorical_accuracy([2], p, k=2) == 0
    for label in (-1, 3):
        assert metrics.sparse_top_k_categorical_accuracy([label], p, k=3) == 0
    assert metrics.sparse_top_k_categorical_accuracy([0], [[0.4, np.nan, 0.2]], k=3) == 0


def test_fractions_of_weights_count_in_intersections():
    y, p, w = [0, 0, 1, 1], [0, 1, 0, 1], [0.3, 0.3, 0.3, 0.1]
    expected = (0.3 / 0.9 + 0.1 / 0.7) / 2
    assert metrics.MeanIoU(2)(y, p, w) == pytest.approx(expected, rel=1e-6)


def test_entries_that_are_no_class_do_not_count_in_intersections():
    metric = metrics.MeanIoU(2)
    with_void = metric([0, 0, 1, 1, -1, 2, 0], [0, 1, 0, 1, 0, 1, 5])
    assert with_void == metrics.MeanIoU(2)([0, 0, 1, 1], [0, 1, 0, 1])


def test_a_sum_is_weighted_and_masked():
    total = metrics.Sum()
    total.update_state([[1.0, 2.0], [3.0, np.nan]], [1.0, 10.0], [[True, True], [True, False]])
    assert total.result() == 33.0
    assert metrics.Sum()(5.0) == 5.0
    total.reset_state()
    assert total.result() == 0.0


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mape", "MeanAbsolutePercentageError"),
        ("MSLE", "MeanSquaredLogarithmicError"),
        ("AUC", "AUC"),
        ("auc", "AUC"),
        ("f1_score", "F1Score"),
        ("f_beta_score", "FBetaScore"),
        ("r2_score", "R2Score"),
        ("log_cosh_error", "LogCoshError"),
        ("kl_divergence", "KLDivergence"),
        ("true_positives", "TruePositives"),
        ("binary_io_u", "BinaryIoU"),
        (losses.hinge, "Hinge"),
        (metrics.top_k_categorical_accuracy, "TopKCategoricalAccuracy"),
        (metrics.log_cosh, "MeanMetricWrapper"),
        (losses.pinball, "MeanMetricWrapper"),
    ],
)
def test_get_knows_keras_s_names_and_functions(identifier, cls):
    assert type(metrics.get(identifier)) is getattr(metrics, cls)


def test_a_function_of_your_own_may_have_any_name():
    def mean_io_u(y_true, y_pred):
        return np.ones(len(y_true))

    assert metrics.get(mean_io_u).fn is mean_io_u


def test_metrics_have_keras_s_names():
    utils.clear_session()  # names are counted
    assert metrics.LogCoshError().name == "logcosh"
    assert metrics.FBetaScore().name == "fbeta_score"
    assert metrics.MeanIoU(2).name == "mean_io_u"
    assert metrics.AUC().name == "auc"


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: metrics.Precision()([1, 0], [0.5, 0.5, 0.5]),
            ShapeError,
            "Precision: `y_true` must have the shape of `y_pred`, (3, 1); got (2,).",
        ),
        (
            lambda: metrics.Precision()([1, 0], [0.5, 0.5], [1.0, 1.0, 1.0]),
            ShapeError,
            "Precision: `sample_weight` must have shape (2,) or (2, 1); got (3,).",
        ),
        (
            lambda: metrics.Precision()([1, 0], [0.5, 0.5], mask=[True] * 3),
            ShapeError,
            "Precision: `mask` must have shape (2,); got (3,).",
        ),
        (
            lambda: metrics.Recall(thresholds=[0.5, 1.5]),
            ArgumentError,
            "Recall: `thresholds` must be a finite number and at least 0 and at most 1; got",
        ),
        (
            lambda: metrics.Recall(thresholds=[]),
            ArgumentError,
            "Recall: `thresholds` must hold at least one number; got [].",
        ),
        (
            lambda: metrics.Recall(top_k=3)(np.eye(2), np.eye(2)),
            ArgumentError,
            "Recall: `top_k` must be at most 2, the number of classes; got 3.",
        ),
        (
            lambda: metrics.Recall(top_k=0),
            ArgumentError,
            "Recall: `top_k` must be a positive integer; got 0.",
        ),
        (
            lambda: metrics.Recall(class_id=2)(np.eye(2), np.eye(2)),
            ArgumentError,
            "Recall: `class_id` must be one of the 2 classes, from 0; got 2.",
        ),
        (
            lambda: metrics.PrecisionAtRecall(1.5),
            ArgumentError,
            "PrecisionAtRecall: `recall` must be a finite number and at least 0 and at most 1;",
        ),
        (
            lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0),
            ArgumentError,
            "PrecisionAtRecall: `num_thresholds` must be a positive integer; got 0.",
        ),
        (
            lambda: metrics.PrecisionAtRecall(0.5)([1.0], [-0.5]),
            ArgumentError,
            "PrecisionAtRecall: `y_pred` must hold probabilities, in [0, 1]; got -0.5.",
        ),
        (
            lambda: metrics.AUC()([1.0], [1.5]),
            ArgumentError,
            "AUC: `y_pred` must hold probabilities, in [0, 1]; got 1.5. Pass `from_logits=True`",
        ),
        (
            lambda: metrics.AUC(num_thresholds=1),
            ArgumentError,
            "AUC: `num_thresholds` must be an integer of at least 2; got 1.",
        ),
        (
            lambda: metrics.AUC(curve="RCO"),
            ArgumentError,
            "AUC: `curve` must be one of 'ROC', 'PR', 'PRGAIN'; got 'RCO'. Did you mean 'ROC'?",
        ),
        (
            lambda: metrics.AUC(summation_method="middle"),
            ArgumentError,
            "AUC: `summation_method` must be one of 'interpolation', 'minoring', 'majoring'; got",
        ),
        (
            lambda: metrics.AUC(num_labels=2),
            ArgumentError,
            "AUC: `num_labels` must come with `multi_label=True`; got 2.",
        ),
        (
            lambda: metrics.AUC(label_weights=[1.0])(np.eye(2), np.eye(2)),
            ShapeError,
            "AUC: `label_weights` must have shape (2,), one a column; got (1,).",
        ),
        (
            lambda: metrics.AUC(multi_label=True, num_labels=3)(np.eye(2), np.eye(2)),
            ShapeError,
            "AUC: `y_pred` must have a last axis of size 3, one column a label; got (2, 2).",
        ),
        (
            lambda: metrics.F1Score(average="mean"),
            ArgumentError,
            "F1Score: `average` must be one of None, 'micro', 'macro', 'weighted'; got 'mean'.",
        ),
        (
            lambda: metrics.FBetaScore(beta=0.0),
            ArgumentError,
            "FBetaScore: `beta` must be above 0; got 0.0.",
        ),
        (
            lambda: metrics.F1Score(threshold=0.0),
            ArgumentError,
            "F1Score: `threshold` must be above 0; got 0.0.",
        ),
        (
            lambda: metrics.F1Score()([1, 0], [1, 0]),
            ShapeError,
            "F1Score: `y_pred` must have shape (batch, classes); got (2,).",
        ),
        (
            lambda: [m := metrics.F1Score(), m(np.eye(2), np.eye(2)), m(np.eye(3), np.eye(3))],
            ShapeError,
            "F1Score: `y_pred` must have 2 classes, as the first batch had; got 3.",
        ),
        (
            lambda: metrics.R2Score("mean"),
            ArgumentError,
            "R2Score: `class_aggregation` must be one of None, 'uniform_average',",
        ),
        (
            lambda: metrics.R2Score(num_regressors=-1),
            ArgumentError,
            "R2Score: `num_regressors` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: [m := metrics.R2Score(), m(np.eye(2), np.eye(2)), m(np.eye(3), np.eye(3))],
            ShapeError,
            "R2Score: `y_pred` must have 2 columns, as the first batch had; got 3.",
        ),
        (
            lambda: metrics.PearsonCorrelation(axis=0)(np.eye(2), np.eye(2), mask=[True, True]),
            UnsupportedError,
            "PearsonCorrelation: `axis` must be -1 where there is a mask; got 0.",
        ),
        (
            lambda: metrics.TopKCategoricalAccuracy(k=0),
            ArgumentError,
            "TopKCategoricalAccuracy: `k` must be a positive integer; got 0.",
        ),
        (
            lambda: metrics.sparse_top_k_categorical_accuracy(np.eye(3), np.eye(3)),
            ShapeError,
            "(3,); got (3, 3). One-hot targets go with `top_k_categorical_accuracy`.",
        ),
        (
            lambda: metrics.IoU(2, [0, 2]),
            ArgumentError,
            "IoU: `target_class_ids` must be classes from 0 to 1; got [0, 2].",
        ),
        (
            lambda: metrics.MeanIoU(0),
            ArgumentError,
            "MeanIoU: `num_classes` must be a positive integer; got 0.",
        ),
        (
            lambda: metrics.MeanIoU(2)([0, 1], [0, 1, 1]),
            ShapeError,
            "MeanIoU: `y_true` must hold as many labels as `y_pred`, (3,); got (2,).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
