"""Metrics of being wrong: the losses, and the root of one, as running means."""

import math
from typing import Any

import numpy as np

from elman._typing import Array
from elman.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from elman.losses.base import spread
from elman.metrics.reduction import MeanMetricWrapper


class MeanSquaredError(MeanMetricWrapper):
    """The mean of the squared errors.

    >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
    5.0
    """

    elementwise = True

    def __init__(self, name: str | None = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


class RootMeanSquaredError(MeanMetricWrapper):
    """The root of the mean of the squared errors.

    Unlike Keras's, it leaves out masked entries, as all metrics here do.

    >>> RootMeanSquaredError()([[0.0], [0.0]], [[1.0], [7.0]])
    5.0
    """

    elementwise = True

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: str | None = None
    ) -> None:
        super().__init__(mean_squared_error, name, dtype)

    def update_state(  # type: ignore[override]  # as `MeanMetricWrapper` has it
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account; see `MeanMetricWrapper`.

        Args:
            y_true: targets.
            y_pred: predictions, (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,) or (batch, timesteps), or of y_pred's shape: one a number.
            mask: (batch,) or (batch, timesteps), True where an entry counts.
        """
        y, p, shape = np.asarray(y_true), np.asarray(y_pred), np.shape(sample_weight)
        of_numbers = p.ndim > 1 and len(shape) == p.ndim and shape[-1] == p.shape[-1] > 1
        if not of_numbers or y.shape != p.shape:
            super().update_state(y, p, sample_weight, mask)
            return
        w = self._spread(sample_weight, p.shape)
        squares = self._values(y[..., None], p[..., None])  # (batch, …, F)
        if mask is not None:
            keep = spread(type(self).__name__, "mask", mask, p.shape[:-1]).astype(bool)
            squares, w = squares[keep], w[keep]
        self._add(squares, w, math.prod(p.shape[1:]))

    def result(self) -> float:
        """Return the root."""
        return math.sqrt(super().result())


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of the absolute errors.

    >>> MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]])
    2.0
    """

    elementwise = True

    def __init__(self, name: str | None = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of the errors in percent of the targets.

    >>> MeanAbsolutePercentageError()([[2.0], [4.0]], [[3.0], [4.0]])
    25.0
    """

    elementwise = True

    def __init__(
        self, name: str | None = "mean_absolute_percentage_error", dtype: str | None = None
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of the squared differences of log(1 + number).

    >>> round(MeanSquaredLogarithmicError()([[0.0]], [[math.e - 1]]), 4)
    1.0
    """

    elementwise = True

    def __init__(
        self, name: str | None = "mean_squared_logarithmic_error", dtype: str | None = None
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of log(cosh(error)).

    >>> round(LogCoshError()([[0.0], [0.0]], [[1.0], [3.0]]), 4)
    1.3716
    """

    elementwise = True

    def __init__(self, name: str | None = "logcosh", dtype: str | None = None) -> None:
        super().__init__(log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between target and prediction: the loss with its sign turned.

    >>> round(CosineSimilarity()([[3.0, 0.0]], [[1.0, 1.0]]), 4)
    0.7071
    """

    def __init__(
        self, name: str | None = "cosine_similarity", dtype: str | None = None, axis: int = -1
    ) -> None:
        self.axis = axis
        super().__init__(_cosine, name, dtype, axis=axis)


def _cosine(y_true: Any, y_pred: Any, axis: int) -> Array:
    """Return the cosine of the angle between target and prediction."""
    return -cosine_similarity(y_true, y_pred, axis)


class Poisson(MeanMetricWrapper):
    """The mean of p - y log(p): how badly rates explain counts.

    >>> round(Poisson()([[0.0], [2.0]], [[1.0], [1.0]]), 4)
    1.0
    """

    elementwise = True

    def __init__(self, name: str | None = "poisson", dtype: str | None = None) -> None:
        super().__init__(poisson, name, dtype)


class KLDivergence(MeanMetricWrapper):
    """The Kullback-Leibler divergence of predicted from true probabilities.

    >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
    0.1438
    """

    def __init__(self, name: str | None = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(kl_divergence, name, dtype)


class Hinge(MeanMetricWrapper):
    """The mean shortfall of a margin of 1.

    >>> Hinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.0
    """

    elementwise = True

    def __init__(self, name: str | None = "hinge", dtype: str | None = None) -> None:
        super().__init__(hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """The mean squared shortfall of a margin of 1.

    >>> SquaredHinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.25
    """

    elementwise = True

    def __init__(self, name: str | None = "squared_hinge", dtype: str | None = None) -> None:
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """By how much the best wrong score comes within 1 of the right one.

    >>> CategoricalHinge()([[0.0, 1.0]], [[0.75, 1.0]])
    0.75
    """

    def __init__(self, name: str | None = "categorical_hinge", dtype: str | None = None) -> None:
        super().__init__(categorical_hinge, name, dtype)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean crossentropy of independent yes/no questions.

    >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.8], [0.2]]), 4)
    0.2231
    """

    elementwise = True

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        super().__init__(binary_crossentropy, name, dtype, **options)


class CategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of one-hot targets.

    >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.2, 0.8]]), 4)
    0.2231
    """

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, name, dtype, **options)


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The crossentropy of labels.

    As in Keras, entries whose label is `ignore_class` count as 0, and with sample weights not at
    all.

    >>> round(SparseCategoricalCrossentropy()([1], [[0.2, 0.8]]), 4)
    0.2231
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
        options = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, dtype, **options)

    def update_state(  # type: ignore[override]  # as in `MeanMetricWrapper`
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account, see `MeanMetricWrapper`."""
        if self.ignore_class is not None and sample_weight is not None:
            labels, shape = np.asarray(y_true), np.shape(y_pred)[:-1]
            counts = labels != self.ignore_class
            counts = counts.reshape(shape) if labels.size == math.prod(shape) else counts
            mask = counts if mask is None else counts & np.asarray(mask, bool)
        super().update_state(y_true, y_pred, sample_weight, mask)
