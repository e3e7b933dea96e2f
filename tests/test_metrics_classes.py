"""Metrics of classes, areas, scores and correlations: what they mean."""

import re

import numpy as np
import pytest

from elman import metrics
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
