"""Correlations: whether predictions go up and down with their targets, within an entry.

    Pearson        r = cov(y, p) / (std(y) std(p))                                  in [-1, 1]
    concordance    c = 2 cov(y, p) / (var(y) + var(p) + (mean(y) - mean(p))^2 + eps)

Means, variances and covariances are over the last axis, (…, F), so that an entry of one number has
none: Pearson's correlation is NaN there, as in Keras. Over the samples of a batch, take `axis=0`.
"""

from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.losses.base import pair
from elman.metrics.reduction import MeanMetricWrapper


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Return Pearson's correlation of targets and predictions along an axis.

    >>> pearson_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).round(4)
    array([1.])
    """
    y, p = pair("pearson_correlation", y_true, y_pred)
    y = y - np.mean(y, axis=axis, keepdims=True)
    p = p - np.mean(p, axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 where nothing varies
        return np.mean(y * p, axis=axis) / (np.std(y, axis=axis) * np.std(p, axis=axis))


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Return the concordance of targets and predictions along an axis.

    Source: Lin 1989, "A Concordance Correlation Coefficient to Evaluate Reproducibility".

    >>> concordance_correlation([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]).round(4)
    array([0.9756])
    """
    y, p = pair("concordance_correlation", y_true, y_pred)
    my, mp = np.mean(y, axis=axis, keepdims=True), np.mean(p, axis=axis, keepdims=True)
    covariance = np.mean((y - my) * (p - mp), axis=axis)
    apart = np.square(my - mp).squeeze(axis)
    spread = np.var(y, axis=axis) + np.var(p, axis=axis) + apart + EPSILON
    return 2 * covariance / spread


class _Correlation(MeanMetricWrapper):
    """What both share: an axis, and that a mask leaves rows of the last one."""

    axis: int

    def update_state(  # type: ignore[override]  # see `MeanMetricWrapper`
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account; see `MeanMetricWrapper`."""
        if mask is not None and self.axis not in (-1, np.ndim(y_pred) - 1):
            raise UnsupportedError(
                f"{type(self).__name__}: `axis` must be -1 where there is a mask; got {self.axis}."
            )
        super().update_state(y_true, y_pred, sample_weight, mask)


class PearsonCorrelation(_Correlation):
    """The mean of Pearson's correlations of targets and predictions.

    >>> round(PearsonCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]), 4)
    1.0
    """

    def __init__(
        self, name: str | None = "pearson_correlation", dtype: str | None = None, axis: int = -1
    ) -> None:
        self.axis = _check.integer(type(self).__name__, "axis", axis, minimum=None)
        super().__init__(pearson_correlation, name, dtype, axis=self.axis)


class ConcordanceCorrelation(_Correlation):
    """The mean of the concordances of targets and predictions.

    >>> round(ConcordanceCorrelation()([[0.0, 1.0, 0.5]], [[0.1, 0.9, 0.5]]), 4)
    0.9756
    """

    def __init__(
        self, name: str | None = "concordance_correlation", dtype: str | None = None, axis: int = -1
    ) -> None:
        self.axis = _check.integer(type(self).__name__, "axis", axis, minimum=None)
        super().__init__(concordance_correlation, name, dtype, axis=self.axis)
