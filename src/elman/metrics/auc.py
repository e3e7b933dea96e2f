"""The area under a curve that a threshold draws, from saying no to everything to always yes.

    curve     x                                   y
    ROC       false positive rate fp / (fp + tn)  recall tp / (tp + fn)
    PR        recall                              precision tp / (tp + fp)
    PRGAIN    recall gain max(1 - s fn / tp, 0)   precision gain 1 - s fp / tp

    area = sum_i (x_i - x_{i+1}) h_i        i from the lowest threshold up, at which x is largest
    h_i  = (y_i + y_{i+1}) / 2 ("interpolation"), their minimum ("minoring") or maximum ("majoring")

    s = (tp + fn) / (tn + fp)    a share of nothing is 0; gains are 0 and 1 where tp is 0

Between two points of a PR curve, true positives and positives grow in step and precision does not,
so that "interpolation" integrates tp / (tp + fp) along that line instead. With tp = a + b P, P the
positives tp + fp, the area between P_2 < P_1 is b (tp_1 - tp_2 + a log(P_1 / P_2)) / (tp + fn).

Sources: Davis and Goadrich 2006, "The Relationship Between Precision-Recall and ROC Curves";
Flach and Kull 2015, "Precision-Recall-Gain Curves: PR Analysis Done Right".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array
from elman.activations import sigmoid
from elman.errors import ArgumentError, ShapeError
from elman.metrics.base import Metric
from elman.metrics.confusion import Counts, check_probabilities, count
from elman.metrics.rows import ratio, rows
from elman.metrics.variable import Variable

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


def area(counts: Counts, curve: str, summation_method: str) -> Array:
    """Return the area under a curve, () from counts (K,), (L,) from counts (K, L)."""
    if curve == "PR" and summation_method == "interpolation":
        return _interpolated(counts)
    tp, fp, tn, fn = counts
    recall = ratio(tp, tp + fn)
    if curve == "ROC":
        x, y = ratio(fp, fp + tn), recall
    elif curve == "PR":
        x, y = recall, ratio(tp, tp + fp)
    else:
        s = ratio(tp + fn, tn + fp)
        x = np.where(tp == 0, 0, np.maximum(1 - s * ratio(fn, tp), 0))
        y = np.where(tp == 0, 1, 1 - s * ratio(fp, tp))
    if summation_method == "interpolation":
        heights = (y[:-1] + y[1:]) / 2
    else:
        pick = np.minimum if summation_method == "minoring" else np.maximum
        heights = pick(y[:-1], y[1:])
    return np.sum((x[:-1] - x[1:]) * heights, axis=0)


def _interpolated(counts: Counts) -> Array:
    """Return the area under a PR curve whose counts grow in step between two points."""
    tp, p = counts.true_positives, counts.true_positives + counts.false_positives
    dtp = tp[:-1] - tp[1:]
    slope = ratio(dtp, np.maximum(p[:-1] - p[1:], 0))
    start = tp[1:] - slope * p[1:]
    both = (p[:-1] > 0) & (p[1:] > 0)
    growth = np.log(np.where(both, p[:-1], 1) / np.where(both, p[1:], 1))
    there = tp[1:] + counts.false_negatives[1:]
    return np.sum(ratio(slope * (dtp + start * growth), there), axis=0)


class AUC(Metric):
    """The area under a curve, ROC by default: how often a yes is rated above a no.

    Args:
        num_thresholds: how many thresholds, from just below 0 to just above 1.
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: "interpolation", "minoring" or "majoring".
        name: what to call it.
        dtype: see `Metric`.
        thresholds: the thresholds between 0 and 1, instead of evenly distributed ones.
        multi_label: whether each column of the predictions has an area of its own, to be averaged.
        num_labels: how many columns, where the variables are to be there before the first batch.
        label_weights: a weight a column; of its area with `multi_label`, of its answers without.
        from_logits: whether predictions are logits.

    >>> AUC()([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _word("curve", curve, CURVES)
        self.summation_method = _word("summation_method", summation_method, SUMMATIONS)
        if thresholds is None:
            self.num_thresholds = _check.integer("AUC", "num_thresholds", num_thresholds, 2)
            n = self.num_thresholds - 1
            inner = [i / n for i in range(1, n)]
        else:
            inner = sorted(_check.number("AUC", "thresholds", t, 0, 1) for t in thresholds)
            self.num_thresholds = len(inner) + 2
        self._given = inner if thresholds is not None else None
        self.thresholds = [-EPSILON, *inner, 1 + EPSILON]
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None
        if label_weights is not None:
            self.label_weights = [_check.number("AUC", "label_weights", w) for w in label_weights]
        self.from_logits = from_logits
        self._counts: list[Variable] = []
        if num_labels is not None and not multi_label:
            raise ArgumentError(
                f"AUC: `num_labels` must come with `multi_label=True`; got {num_labels!r}."
            )
        if not multi_label or num_labels:
            self._build(num_labels)

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: 0 or 1.
            y_pred: probabilities or logits, (batch,), (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,), (batch, timesteps) or one for each prediction.
            mask: (batch,) or (batch, timesteps), True where an entry counts.

        Raises:
            ArgumentError: a probability is outside [0, 1].
        """
        y, p, w = rows("AUC", y_true, y_pred, sample_weight, mask)
        p = sigmoid(p) if self.from_logits else p
        check_probabilities("AUC", p, " Pass `from_logits=True` for logits.")
        thresholds, labels = np.asarray(self.thresholds, p.dtype), p.shape[-1]
        weights = self._label_weights(labels)
        if not self.multi_label:
            self._add(count(y, p, w * weights, thresholds))
            return
        if not self._counts:
            self._build(labels)
        if self._counts[0].shape[1] != labels:
            raise ShapeError(
                f"AUC: `y_pred` must have a last axis of size {self._counts[0].shape[1]}, one"
                f" column a label; got {np.shape(y_pred)}."
            )
        columns = [count(y[:, i], p[:, i], w[:, i], thresholds) for i in range(labels)]
        self._add([np.stack(each, axis=1) for each in zip(*columns, strict=True)])

    def result(self) -> float:
        """Return the area; that of several labels is their mean."""
        if not self._counts:
            return 0.0
        areas = area(Counts(*(v.value for v in self._counts)), self.curve, self.summation_method)
        if not self.multi_label:
            return float(areas)
        weights = self._label_weights(len(areas))
        return float(ratio(np.sum(areas * weights), np.sum(weights)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self._given}

    def _build(self, labels: int | None) -> None:
        """Add the counts, (K,) or (K, L)."""
        shape = (self.num_thresholds,) if labels is None else (self.num_thresholds, labels)
        self._counts = [self.add_variable(shape, "zeros", name=each) for each in Counts._fields]

    def _add(self, counts: Sequence[Array]) -> None:
        for variable, each in zip(self._counts, counts, strict=True):
            variable.assign_add(each)

    def _label_weights(self, labels: int) -> Array:
        """Return a weight for each column, 1 if none were given."""
        weights = np.ones(labels) if self.label_weights is None else np.asarray(self.label_weights)
        if weights.shape != (labels,):
            raise ShapeError(
                f"AUC: `label_weights` must have shape ({labels},), one a column; got"
                f" {weights.shape}."
            )
        return weights


def _word(argument: str, word: Any, words: Sequence[str]) -> str:
    """Return one of the words, which may be in lower case or have a capital, as in Keras."""
    known = {form: each for each in words for form in (each, each.lower(), each.capitalize())}
    found: str = known.get(word) or _check.one_of("AUC", argument, word, words)
    return found
