"""Right and wrong answers to yes/no questions, counted at thresholds.

                      y = 1                 y = 0
    p >  threshold    true positive  tp     false positive  fp
    p <= threshold    false negative fn     true negative   tn

    y  y_true, 0 or 1; anything but 0 is 1      p  y_pred

A weight counts for one answer, so that counts are sums of weights. Every prediction is put between
two thresholds once, whatever their number: n log K for n predictions and K thresholds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.metrics.base import Metric
from elman.metrics.rows import rows
from elman.metrics.variable import Variable

NOT_CHOSEN = -1e10  # below every threshold but the one that `top_k` sets


class Counts(NamedTuple):
    """Sums of weights at each threshold, (K,)."""

    true_positives: Array
    false_positives: Array
    true_negatives: Array
    false_negatives: Array


def count(y: Array, p: Array, w: Array, thresholds: Array) -> Counts:
    """Return the counts of answers, of any shape each, at thresholds (K,) in any order."""
    order = np.argsort(thresholds, kind="stable")
    places = np.searchsorted(thresholds[order], p.ravel(), side="left")  # thresholds below p
    places[np.isnan(p.ravel())] = 0  # NaN is above nothing
    yes = y.ravel() != 0
    sizes = len(thresholds) + 1
    true = np.bincount(places, np.where(yes, w.ravel(), 0), sizes)
    false = np.bincount(places, np.where(yes, 0, w.ravel()), sizes)
    sums = []
    for each in (true, false):
        above = np.cumsum(each[::-1])[::-1][1:]  # a prediction counts at each threshold below it
        below = np.cumsum(each)[:-1]
        sums += [above, below]
    back = np.argsort(order, kind="stable")
    tp, fn, fp, tn = (each[back] for each in sums)
    return Counts(tp, fp, tn, fn)


class ConfusionMetric(Metric):
    """The base of the metrics made of counts at thresholds.

    Attributes:
        counted: which of the counts it adds up, each in a variable of its name.
    """

    counted: tuple[str, ...] = Counts._fields
    top_k: int | None = None
    class_id: int | None = None
    probabilities = False  # whether predictions must be in [0, 1]

    def __init__(self, thresholds: Sequence[float], name: str | None, dtype: str | None) -> None:
        super().__init__(dtype, name)
        self.thresholds = list(thresholds)
        for each in self.counted:
            setattr(self, each, self.add_variable(len(self.thresholds), "zeros", name=each))

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: 0 or 1.
            y_pred: predictions, (batch,), (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,), (batch, timesteps) or one for each prediction.
            mask: (batch,) or (batch, timesteps), True where an entry counts.
        """
        y, p, w = rows(type(self).__name__, y_true, y_pred, sample_weight, mask)
        if self.probabilities:
            check_probabilities(type(self).__name__, p)
        p = _only_largest(type(self).__name__, p, self.top_k)
        if self.class_id is not None:
            y, p, w = (_column(type(self).__name__, each, self.class_id) for each in (y, p, w))
        self.add(count(y, p, w, np.asarray(self.thresholds, p.dtype)))

    def add(self, counts: Counts) -> None:
        """Add a batch's counts."""
        for name in self.counted:
            self.variable(name).assign_add(getattr(counts, name))

    def variable(self, name: str) -> Variable:
        """Return the variable of a count."""
        variable: Variable = getattr(self, name)
        return variable


def one_or_all(values: Array) -> Any:
    """Return a float for one threshold, an array for several."""
    return float(values[0]) if len(values) == 1 else np.asarray(values)


def parsed(owner: str, thresholds: Any, default: float) -> list[float]:
    """Return thresholds in [0, 1] as a list."""
    if thresholds is None:
        return [default]
    several = isinstance(thresholds, (list, tuple, np.ndarray))
    each = [_check.number(owner, "thresholds", t, low=0, high=1) for t in np.ravel(thresholds)]
    if not each:
        raise ArgumentError(f"{owner}: `thresholds` must hold at least one number; got [].")
    return each if several else each[:1]


def even(num_thresholds: int) -> list[float]:
    """Return thresholds from 0 to 1, evenly distributed; 0.5 if there is one."""
    if num_thresholds == 1:
        return [0.5]
    return [i / (num_thresholds - 1) for i in range(num_thresholds)]


def check_probabilities(owner: str, p: Array, fix: str = "") -> None:
    """Check that predictions are in [0, 1], where the thresholds are."""
    outside = (p < -1e-6) | (p > 1 + 1e-6)  # room for the rounding of a softmax
    if outside.any():
        raise ArgumentError(
            f"{owner}: `y_pred` must hold probabilities, in [0, 1]; got {p[outside][0]:g}.{fix}"
        )


def _only_largest(owner: str, p: Array, k: int | None) -> Array:
    """Return predictions of which a row keeps the k largest, the first of equals."""
    if k is None:
        return p
    if k > p.shape[-1]:
        raise ArgumentError(
            f"{owner}: `top_k` must be at most {p.shape[-1]}, the number of classes; got {k}."
        )
    largest = np.argsort(-p, axis=-1, kind="stable")[:, :k]
    kept = np.full_like(p, NOT_CHOSEN)
    np.put_along_axis(kept, largest, np.take_along_axis(p, largest, axis=-1), axis=-1)
    return kept


def _column(owner: str, array: Array, class_id: int) -> Array:
    """Return the column of a class."""
    if not 0 <= class_id < array.shape[-1]:
        raise ArgumentError(
            f"{owner}: `class_id` must be one of the {array.shape[-1]} classes, from 0; got"
            f" {class_id}."
        )
    return array[:, class_id]
