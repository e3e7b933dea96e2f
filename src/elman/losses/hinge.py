"""Losses of margins: nothing where a prediction is on the right side by 1, its shortfall elsewhere.

    hinge               v = mean_F max(1 - y p, 0)              (…)   y  -1 or 1
    squared hinge       v = mean_F max(1 - y p, 0)^2            (…)
    categorical hinge   v = max(1 + max_C (1 - y) p - sum_C y p, 0)   y  one-hot, (…, C)

    y  y_true    p  y_pred    (…, F) each

Targets of the first two that are all 0 or 1 stand for -1 and 1, as in Keras. At a kink the slope
is the one towards a larger loss, and equal largest scores share it, as in TensorFlow.
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.losses.base import FunctionLoss, entry, pair


def hinge(y_true: Any, y_pred: Any) -> Array:
    """Return the mean shortfall over the last axis.

    >>> hinge([[1.0, -1.0]], [[0.5, 0.5]])
    array([1.])
    """
    y, p = pair("hinge", y_true, y_pred)
    return np.mean(np.maximum(1 - _sign(y) * p, 0), axis=-1)


def d_hinge(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("hinge", y_true, y_pred)
    y = _sign(y)
    return entry(dvalues, p) * np.where(1 - y * p >= 0, -y, 0)


def squared_hinge(y_true: Any, y_pred: Any) -> Array:
    """Return the mean squared shortfall over the last axis.

    >>> squared_hinge([[1.0, -1.0]], [[0.5, 0.5]])
    array([1.25])
    """
    y, p = pair("squared_hinge", y_true, y_pred)
    return np.mean(np.square(np.maximum(1 - _sign(y) * p, 0)), axis=-1)


def d_squared_hinge(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("squared_hinge", y_true, y_pred)
    y = _sign(y)
    return entry(dvalues, p) * -2 * y * np.maximum(1 - y * p, 0)


def categorical_hinge(y_true: Any, y_pred: Any) -> Array:
    """Return by how much the best wrong score comes within 1 of the right one.

    >>> categorical_hinge([[0.0, 1.0]], [[0.75, 1.0]])
    array([0.75])
    """
    y, p = pair("categorical_hinge", y_true, y_pred)
    right, wrong = np.sum(y * p, axis=-1), np.max((1 - y) * p, axis=-1)
    return np.maximum(wrong - right + 1, 0)


def d_categorical_hinge(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("categorical_hinge", y_true, y_pred)
    scores = (1 - y) * p
    right, wrong = np.sum(y * p, axis=-1, keepdims=True), np.max(scores, axis=-1, keepdims=True)
    largest = (scores == wrong).astype(p.dtype)
    dwrong = largest / np.sum(largest, axis=-1, keepdims=True) * (1 - y)
    dv = np.asarray(dvalues, p.dtype)[..., None]
    return np.where(wrong - right + 1 >= 0, dv * (dwrong - y), 0)


def _sign(y: Array) -> Array:
    """Return targets of -1 and 1, made from 0 and 1 where there is nothing else."""
    return 2 * y - 1 if np.all((y == 0) | (y == 1)) else y


class Hinge(FunctionLoss):
    """The mean shortfall of a margin of 1.

    >>> Hinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.0
    """

    functions = (hinge, d_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class SquaredHinge(FunctionLoss):
    """The mean squared shortfall of a margin of 1.

    >>> SquaredHinge()([[1.0], [-1.0]], [[0.5], [0.5]])
    1.25
    """

    functions = (squared_hinge, d_squared_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class CategoricalHinge(FunctionLoss):
    """By how much the best wrong score comes within 1 of the right one.

    >>> CategoricalHinge()([[0.0, 1.0]], [[0.75, 1.0]])
    0.75
    """

    elementwise = False
    functions = (categorical_hinge, d_categorical_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
