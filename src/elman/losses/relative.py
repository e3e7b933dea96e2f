"""Losses of ratios: how far a prediction is from its target, measured against the target.

    mean absolute percentage error    v = 100 mean_F |p - y| / max(|y|, eps)                 (…)
    mean squared logarithmic error    v = mean_F (log(1 + max(p, eps)) - log(1 + max(y, eps)))^2

    y  y_true    p  y_pred    (…, F) each        eps = 1e-7, Keras's `keras.backend.epsilon()`

A target of 0 makes the first one huge: the error is divided by 1e-7. The second one takes a
number below 1e-7 for 1e-7, and a prediction there gets no gradient. Both as in Keras.
"""

from typing import Any

import numpy as np

from elman._settings import EPSILON
from elman._typing import Array
from elman.losses.base import FunctionLoss, entry, pair


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean over the last axis of the errors in percent of the targets.

    >>> mean_absolute_percentage_error([[2.0, 4.0]], [[3.0, 4.0]])
    array([25.])
    """
    y, p = pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * np.mean(np.abs(p - y) / np.maximum(np.abs(y), EPSILON), axis=-1)


def d_mean_absolute_percentage_error(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values); 0 where the error is 0."""
    y, p = pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * entry(dvalues, p) * np.sign(p - y) / np.maximum(np.abs(y), EPSILON)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean over the last axis of the squared differences of log(1 + number).

    >>> mean_squared_logarithmic_error([[0.0]], [[1.718282]]).round(4)
    array([1.])
    """
    y, p = pair("mean_squared_logarithmic_error", y_true, y_pred)
    return np.mean(np.square(_log(p) - _log(y)), axis=-1)


def d_mean_squared_logarithmic_error(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("mean_squared_logarithmic_error", y_true, y_pred)
    dlog = entry(dvalues, p) * 2 * (_log(p) - _log(y))
    return np.where(p >= EPSILON, dlog / (1 + np.maximum(p, EPSILON)), 0)


def _log(x: Array) -> Array:
    """Return log(1 + max(x, eps)), as Keras rounds it."""
    return np.log(np.maximum(x, EPSILON) + 1)


class MeanAbsolutePercentageError(FunctionLoss):
    """The mean of the errors in percent of the targets.

    >>> MeanAbsolutePercentageError()([[2.0], [4.0]], [[3.0], [4.0]])
    25.0
    """

    functions = (mean_absolute_percentage_error, d_mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class MeanSquaredLogarithmicError(FunctionLoss):
    """The mean of the squared differences of log(1 + number).

    >>> import numpy as np
    >>> round(MeanSquaredLogarithmicError()([[0.0]], [[np.e - 1]]), 4)
    1.0
    """

    functions = (mean_squared_logarithmic_error, d_mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
