"""Metrics of being right: the share of predictions that name their target."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ShapeError
from elman.losses.base import pair
from elman.metrics.reduction import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return the share of equal numbers over the last axis.

    >>> accuracy([[1, 2]], [[1, 3]])
    array([0.5], dtype=float32)
    """
    y, p = pair("accuracy", y_true, y_pred)
    return np.mean(y == p, axis=-1, dtype=p.dtype)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """Return 1 for each prediction that is on the right side of `threshold`, 0 for the others.

    >>> binary_accuracy([[1, 0]], [[0.6, 0.7]])
    array([[1., 0.]])
    """
    y, p = pair("binary_accuracy", y_true, y_pred)
    return (y == (p > threshold)).astype(p.dtype)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the most probable class is the one-hot target's, 0 elsewhere.

    >>> categorical_accuracy([[0, 1], [0, 1]], [[0.2, 0.8], [0.9, 0.1]])
    array([1., 0.])
    """
    y, p = pair("categorical_accuracy", y_true, y_pred)
    return (np.argmax(y, axis=-1) == np.argmax(p, axis=-1)).astype(p.dtype)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """Return 1 where the most probable class is the label, 0 elsewhere.

    >>> sparse_categorical_accuracy([1, 1], [[0.2, 0.8], [0.9, 0.1]])
    array([1., 0.])
    """
    y, p = np.asarray(y_true), np.asarray(y_pred)
    y = y[..., 0] if y.ndim == p.ndim and y.shape[-1:] == (1,) else y
    if p.ndim == 0 or y.shape != p.shape[:-1]:
        raise ShapeError(
            "sparse_categorical_accuracy: `y_true` must hold one label an entry, of shape "
            f"{p.shape[:-1]}; got {np.shape(y_true)}. One-hot targets go with "
            "`categorical_accuracy`."
        )
    return (y == np.argmax(p, axis=-1)).astype(np.result_type(p.dtype, np.float32))


class Accuracy(MeanMetricWrapper):
    """The share of predictions that equal their target.

    >>> Accuracy()([[1], [2]], [[1], [3]])
    0.5
    """

    elementwise = True

    def __init__(self, name: str | None = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of predictions on the right side of `threshold`.

    >>> BinaryAccuracy()([[1], [0]], [[0.6], [0.7]])
    0.5
    """

    elementwise = True

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: str | None = None,
        threshold: float = 0.5,
    ) -> None:
        self.threshold = _check.number("BinaryAccuracy", "threshold", threshold)
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of one-hot targets whose class is the most probable one.

    >>> CategoricalAccuracy()([[0, 1], [0, 1]], [[0.2, 0.8], [0.9, 0.1]])
    0.5
    """

    def __init__(self, name: str | None = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of labels that are the most probable class.

    >>> SparseCategoricalAccuracy()([1, 1], [[0.2, 0.8], [0.9, 0.1]])
    0.5
    """

    def __init__(
        self, name: str | None = "sparse_categorical_accuracy", dtype: str | None = None
    ) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)
