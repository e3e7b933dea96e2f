"""One share at its best where another is good enough: what a threshold can be made to do.

    sensitivity = recall = tp / (tp + fn)      specificity = tn / (tn + fp)
    precision            = tp / (tp + fp)

    result = max of the wanted share over the thresholds where the other is at least `value`

The thresholds are evenly distributed from 0 to 1. Where none is good enough the result is 0.
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.metrics.confusion import ConfusionMetric, Counts, even
from elman.metrics.rows import ratio


def _recall(counts: Counts) -> Array:
    return ratio(counts.true_positives, counts.true_positives + counts.false_negatives)


def _precision(counts: Counts) -> Array:
    return ratio(counts.true_positives, counts.true_positives + counts.false_positives)


def _specificity(counts: Counts) -> Array:
    return ratio(counts.true_negatives, counts.true_negatives + counts.false_positives)


class _BestAt(ConfusionMetric):
    """What the four metrics share: the thresholds, and a value for one of two shares."""

    probabilities = True

    def __init__(
        self,
        argument: str,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: str | None,
    ) -> None:
        owner = type(self).__name__
        self.value = _check.number(owner, argument, value, low=0, high=1)
        setattr(self, argument, self.value)
        self.num_thresholds = _check.integer(owner, "num_thresholds", num_thresholds)
        if class_id is not None:
            self.class_id = _check.integer(owner, "class_id", class_id, minimum=0)
        super().__init__(even(self.num_thresholds), name, dtype)

    def shares(self, counts: Counts) -> tuple[Array, Array]:
        """Return the wanted share and the one that must be large enough, (K,) each."""
        raise _check.undefined(self, "shares(self, counts)", "returns two arrays")

    def result(self) -> Any:
        """Return the largest of one share where the other is large enough."""
        wanted, other = self.shares(Counts(*(self.variable(each).value for each in self.counted)))
        return float(np.max(np.where(other >= self.value, wanted, 0), initial=0))


class SensitivityAtSpecificity(_BestAt):
    """The best sensitivity at a specificity of at least so much.

    Args:
        specificity: in [0, 1].
        num_thresholds: how many thresholds to try.
        class_id: the class that is asked about; all if None.
        name: what to call it.
        dtype: see `Metric`.

    >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__("specificity", specificity, num_thresholds, class_id, name, dtype)

    def shares(self, counts: Counts) -> tuple[Array, Array]:
        """Return sensitivity and specificity."""
        return _recall(counts), _specificity(counts)


class SpecificityAtSensitivity(_BestAt):
    """The best specificity at a sensitivity of at least so much.

    Args:
        sensitivity: in [0, 1].
        num_thresholds: how many thresholds to try.
        class_id: the class that is asked about; all if None.
        name: what to call it.
        dtype: see `Metric`.

    >>> round(SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]), 4)
    0.6667
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__("sensitivity", sensitivity, num_thresholds, class_id, name, dtype)

    def shares(self, counts: Counts) -> tuple[Array, Array]:
        """Return specificity and sensitivity."""
        return _specificity(counts), _recall(counts)


class PrecisionAtRecall(_BestAt):
    """The best precision at a recall of at least so much.

    Args:
        recall: in [0, 1].
        num_thresholds: how many thresholds to try.
        class_id: the class that is asked about; all if None.
        name: what to call it.
        dtype: see `Metric`.

    >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__("recall", recall, num_thresholds, class_id, name, dtype)

    def shares(self, counts: Counts) -> tuple[Array, Array]:
        """Return precision and recall."""
        return _precision(counts), _recall(counts)


class RecallAtPrecision(_BestAt):
    """The best recall at a precision of at least so much.

    Args:
        precision: in [0, 1].
        num_thresholds: how many thresholds to try.
        class_id: the class that is asked about; all if None.
        name: what to call it.
        dtype: see `Metric`.

    >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    0.5
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__("precision", precision, num_thresholds, class_id, name, dtype)

    def shares(self, counts: Counts) -> tuple[Array, Array]:
        """Return recall and precision."""
        return _recall(counts), _precision(counts)
