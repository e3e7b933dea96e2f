"""F scores: precision and recall in one number, class by class.

    precision = tp / (tp + fp + eps)      recall = tp / (tp + fn + eps)      (C,)
    F_beta    = (1 + beta^2) precision recall / (beta^2 precision + recall + eps)

    beta  how much recall outweighs precision      eps = 1e-7, as in Keras

A prediction says yes where it is above `threshold` or, without one, where it is a row's largest.
"""

from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman.errors import ArgumentError, ShapeError
from elman.metrics.base import Metric
from elman.metrics.rows import rows
from elman.metrics.variable import Variable

AVERAGES = (None, "micro", "macro", "weighted")
COUNTS = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(Metric):
    """The F score of each class, or their average.

    Args:
        average: None for an array with the score of each class, "macro" for their mean, "weighted"
            for the mean by how often a class is there, "micro" for the score of all answers.
        beta: how much recall outweighs precision.
        threshold: above which a prediction says yes, in (0, 1]; None for a row's largest.
        name: what to call it.
        dtype: see `Metric`.

    >>> y_true, y_pred = [[1, 0], [0, 1], [0, 1]], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]
    >>> FBetaScore(beta=1.0)(y_true, y_pred).round(4)
    array([0.6667, 0.6667])
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        owner = type(self).__name__
        self.average = _check.one_of(owner, "average", average, AVERAGES)
        self.beta = _check.number(owner, "beta", beta)
        if self.beta <= 0:
            raise ArgumentError(f"{owner}: `beta` must be above 0; got {beta!r}.")
        self.threshold = None
        if threshold is not None:
            self.threshold = _check.number(owner, "threshold", threshold, low=0, high=1)
            if not self.threshold:
                raise ArgumentError(f"{owner}: `threshold` must be above 0; got {threshold!r}.")
        self._counts: list[Variable] = []

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: 0 or 1, (…, C).
            y_pred: predictions, (batch, C) or (batch, timesteps, C).
            sample_weight: (batch,) or (batch, timesteps).
            mask: the same shapes, True where an entry counts.

        Raises:
            ShapeError: predictions have no classes, or others than those of the first batch.
        """
        if np.ndim(y_pred) < 2:
            raise ShapeError(
                f"{type(self).__name__}: `y_pred` must have shape (batch, classes); got"
                f" {np.shape(y_pred)}."
            )
        y, p, w = rows(type(self).__name__, y_true, y_pred, sample_weight, mask)
        classes = p.shape[-1]
        if not self._counts:
            shape = () if self.average == "micro" else (classes,)
            self._counts = [self.add_variable(shape, "zeros", name=name) for name in COUNTS]
        elif self._counts[0].shape not in ((), (classes,)):
            raise ShapeError(
                f"{type(self).__name__}: `y_pred` must have {self._counts[0].shape[0]} classes, as"
                f" the first batch had; got {classes}."
            )
        if self.threshold is None:
            # No class is a row's largest that is 0, as in a row of zeros.
            yes = (p >= np.max(p, axis=-1, keepdims=True)) & (np.abs(p) > 1e-9)
        else:
            yes = p > self.threshold
        axis = None if self.average == "micro" else 0
        for variable, each in zip(
            self._counts, (yes * y, yes * (1 - y), (1 - yes) * y, y), strict=True
        ):
            variable.assign_add(np.sum(each * w, axis=axis))

    def result(self) -> Any:
        """Return the score: an array (C,) without an average, else a float."""
        if not self._counts:
            return 0.0
        tp, fp, fn, there = (variable.value for variable in self._counts)
        precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + EPSILON)
        if self.average == "weighted":
            return float(np.sum(score * there / (np.sum(there) + EPSILON)))
        return score if self.average is None else float(np.mean(score))


class F1Score(FBetaScore):
    """The F score with beta 1, the harmonic mean of precision and recall.

    Args:
        average: None for an array with the score of each class, "macro", "weighted" or "micro".
        threshold: above which a prediction says yes, in (0, 1]; None for a row's largest.
        name: what to call it.
        dtype: see `Metric`.

    >>> y_true, y_pred = [[1, 0], [0, 1], [0, 1]], [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]
    >>> round(F1Score(average="macro")(y_true, y_pred), 4)
    0.6667
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
