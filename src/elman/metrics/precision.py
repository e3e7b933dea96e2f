"""Counts of right and wrong answers, and the shares made of them.

    precision = tp / (tp + fp)      of what was predicted, how much is there
    recall    = tp / (tp + fn)      of what is there, how much was predicted

A share of nothing is 0. With several thresholds, results are arrays, one entry a threshold.
"""

from typing import Any

from elman import _check
from elman.metrics.confusion import NOT_CHOSEN, ConfusionMetric, Counts, one_or_all, parsed
from elman.metrics.rows import ratio


class _Count(ConfusionMetric):
    """One of the four counts.

    Args:
        thresholds: a number in [0, 1], or a list of them; 0.5 if None.
        name: what to call it.
        dtype: see `Metric`.
    """

    counted = ("accumulator",)
    kind: str  # which of the counts

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        self.init_thresholds = thresholds
        super().__init__(parsed(type(self).__name__, thresholds, 0.5), name, dtype)

    def add(self, counts: Counts) -> None:
        """Add a batch's count."""
        self.variable("accumulator").assign_add(getattr(counts, self.kind))

    def result(self) -> Any:
        """Return the count: a float, or an array where there are several thresholds."""
        return one_or_all(self.variable("accumulator").value)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many predictions say yes and are right.

    >>> TruePositives()([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1])
    1.0
    """

    kind = "true_positives"


class TrueNegatives(_Count):
    """How many predictions say no and are right.

    >>> TrueNegatives()([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1])
    1.0
    """

    kind = "true_negatives"


class FalsePositives(_Count):
    """How many predictions say yes and are wrong.

    >>> FalsePositives()([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1])
    1.0
    """

    kind = "false_positives"


class FalseNegatives(_Count):
    """How many predictions say no and are wrong.

    >>> FalseNegatives(thresholds=[0.1, 0.5])([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1])
    array([0., 1.])
    """

    kind = "false_negatives"


class _Share(ConfusionMetric):
    """What precision and recall share.

    Args:
        thresholds: a number in [0, 1], or a list of them; 0.5 if None, and with `top_k` none.
        top_k: how many of the largest predictions of a row may say yes; all if None.
        class_id: the class that is asked about; all if None.
        name: what to call it.
        dtype: see `Metric`.
    """

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        owner = type(self).__name__
        self.init_thresholds = thresholds
        self.top_k = None if top_k is None else _check.integer(owner, "top_k", top_k)
        if class_id is not None:
            self.class_id = _check.integer(owner, "class_id", class_id, minimum=0)
        default = 0.5 if top_k is None else NOT_CHOSEN
        super().__init__(parsed(owner, thresholds, default), name, dtype)

    def result(self) -> Any:
        """Return the share: a float, or an array where there are several thresholds."""
        right, wrong = (self.variable(name).value for name in self.counted)
        return one_or_all(ratio(right, right + wrong))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class Precision(_Share):
    """The share of right answers among those that say yes.

    >>> Precision()([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1])
    0.5
    """

    counted = ("true_positives", "false_positives")


class Recall(_Share):
    """The share of what is there that was predicted.

    >>> Recall()([1, 1, 0, 0], [0.9, 0.6, 0.8, 0.1])
    1.0
    """

    counted = ("true_positives", "false_negatives")
