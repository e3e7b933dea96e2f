"""Losses of numbers: how far a prediction is from its target.

e = y_pred - y_true                                    (…, F)
mean squared error     v = mean_F e^2                  (…)
mean absolute error    v = mean_F |e|                  (…)
Huber                  v = mean_F h(e)                 (…)
log-cosh               v = mean_F log(cosh(e))         (…)

log(cosh(e)) = |e| + log(1 + e^(-2 |e|)) - log(2), in which nothing overflows
h(e) = e^2 / 2            where |e| <= delta
       delta (|e| - delta / 2)   elsewhere
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check, fused
from elman._typing import Array, Mask
from elman.losses.base import FunctionLoss, entry, pair


def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean of the squared errors over the last axis.

    >>> mean_squared_error([[0.0, 1.0]], [[2.0, 1.0]])
    array([2.])
    """
    y, p = pair("mean_squared_error", y_true, y_pred)
    return np.mean(np.square(p - y), axis=-1)


def d_mean_squared_error(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("mean_squared_error", y_true, y_pred)
    return entry(dvalues, p) * 2.0 * (p - y)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """Return the mean of the absolute errors over the last axis.

    >>> mean_absolute_error([[0.0, 1.0]], [[2.0, 1.0]])
    array([1.])
    """
    y, p = pair("mean_absolute_error", y_true, y_pred)
    return np.mean(np.abs(p - y), axis=-1)


def d_mean_absolute_error(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values); 0 where the error is 0."""
    y, p = pair("mean_absolute_error", y_true, y_pred)
    return entry(dvalues, p) * np.sign(p - y)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """Return the mean over the last axis of errors squared up to `delta` and linear beyond.

    Source: Huber 1964, "Robust Estimation of a Location Parameter".

    >>> huber([[0.0, 0.0]], [[1.0, 3.0]])
    array([1.5])
    """
    y, p = pair("huber", y_true, y_pred)
    size = np.abs(p - y)
    h = np.where(size <= delta, 0.5 * np.square(size), delta * size - 0.5 * delta**2)
    return np.mean(h, axis=-1)


def d_huber(dvalues: Array, y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """Return dL/d(y_pred) given dL/d(values): h'(e) is e, limited to [-delta, delta]."""
    y, p = pair("huber", y_true, y_pred)
    return entry(dvalues, p) * np.clip(p - y, -delta, delta)


def log_cosh(y_true: Any, y_pred: Any) -> Array:
    """Return the mean over the last axis of log(cosh(e)): e^2 / 2 near 0, |e| - log(2) far away.

    >>> log_cosh([[0.0, 0.0]], [[1.0, -1.0]]).round(4)
    array([0.4338])
    """
    y, p = pair("log_cosh", y_true, y_pred)
    size = np.abs(p - y)
    v = size + np.log1p(np.exp(-2 * size)) - np.log(2).astype(p.dtype)
    return np.mean(v, axis=-1)


def d_log_cosh(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("log_cosh", y_true, y_pred)
    return entry(dvalues, p) * np.tanh(p - y)


def _rows_of(loss: str) -> Callable[..., fused.Rows]:
    """Return what makes the targets of one of these losses for `elman.fused`."""

    def rows(y: Array, p: Array, keep: Mask | None, delta: float = 1.0) -> fused.Rows:
        return fused.Rows(loss, pair(loss, y, p)[0], delta=delta)

    return rows


class MeanSquaredError(FunctionLoss):
    """The mean of the squared errors.

    >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
    5.0
    """

    functions = (mean_squared_error, d_mean_squared_error, _rows_of("mean_squared_error"))

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class MeanAbsoluteError(FunctionLoss):
    """The mean of the absolute errors.

    >>> MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [3.0]])
    2.0
    """

    functions = (mean_absolute_error, d_mean_absolute_error, _rows_of("mean_absolute_error"))

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class Huber(FunctionLoss):
    """The mean of errors squared up to `delta` and linear beyond.

    >>> Huber(delta=1.0)([[0.0], [0.0]], [[1.0], [3.0]])
    1.5
    """

    functions = (huber, d_huber, _rows_of("huber"))

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = _check.number("Huber", "delta", delta, low=0)


class LogCosh(FunctionLoss):
    """The mean of log(cosh(error)).

    >>> round(LogCosh()([[0.0], [0.0]], [[1.0], [3.0]]), 4)
    1.3716
    """

    functions = (log_cosh, d_log_cosh)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
