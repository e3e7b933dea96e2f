"""Metrics by name, and arguments that are wrong."""

import re

import numpy as np
import pytest

from elman import losses, metrics, utils
from elman.errors import ArgumentError, ShapeError, UnsupportedError

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
