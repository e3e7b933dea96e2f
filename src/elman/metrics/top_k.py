"""Metrics of nearly being right: whether the target is among the k most probable classes."""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ShapeError
from elman.losses.base import floating, pair
from elman.metrics.reduction import MeanMetricWrapper


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """Return 1 where the class of a one-hot target is among the k most probable, 0 elsewhere.

    >>> top_k_categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.7, 0.2], [0.3, 0.1, 0.6]], k=2)
    array([1., 0.])
    """
    y, p = pair("top_k_categorical_accuracy", y_true, y_pred)
    return _among(np.argmax(y, axis=-1), p, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> Array:
    """Return 1 where the label is among the k most probable classes, 0 elsewhere.

    Args:
        y_true: labels, (…) or (…, 1).
        y_pred: predictions, (…, C), or, with `from_sorted_ids`, classes from the best down.
        k: how many classes may be right.
        from_sorted_ids: what `y_pred` holds.

    >>> sparse_top_k_categorical_accuracy([2, 1], [[0.1, 0.7, 0.2], [0.3, 0.1, 0.6]], k=2)
    array([1., 0.])
    """
    y, p = np.asarray(y_true), floating(y_pred)
    y = y[..., 0] if y.ndim == p.ndim and y.shape[-1:] == (1,) else y
    if p.ndim == 0 or y.shape != p.shape[:-1]:
        raise ShapeError(
            "sparse_top_k_categorical_accuracy: `y_true` must hold one label an entry, of shape"
            f" {p.shape[:-1]}; got {np.shape(y_true)}. One-hot targets go with"
            " `top_k_categorical_accuracy`."
        )
    if from_sorted_ids:
        return np.any(y[..., None] == p[..., :k], axis=-1).astype(p.dtype)
    return _among(y, p, k)


def _among(label: Array, p: Array, k: int) -> Array:
    """Return 1 where fewer than k classes are more probable than the label's.

    Where a prediction is not finite nothing can be said, which counts as 0, as in TensorFlow; so
    does a label that is no class.
    """
    known = (label >= 0) & (label < p.shape[-1])
    own = np.take_along_axis(p, np.where(known, label, 0).astype(np.intp)[..., None], axis=-1)
    better = np.count_nonzero(p > own, axis=-1)
    return (known & np.isfinite(p).all(axis=-1) & (better < k)).astype(p.dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of one-hot targets whose class is among the k most probable.

    >>> TopKCategoricalAccuracy(k=1)([[0, 0, 1], [0, 1, 0]], [[0.1, 0.2, 0.7], [0.9, 0.1, 0.0]])
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: str | None = None,
    ) -> None:
        self.k = _check.integer(type(self).__name__, "k", k)
        super().__init__(top_k_categorical_accuracy, name, dtype, k=self.k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of labels that are among the k most probable classes.

    >>> SparseTopKCategoricalAccuracy(k=1)([2, 1], [[0.1, 0.2, 0.7], [0.9, 0.1, 0.0]])
    0.5
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        self.k = _check.integer(type(self).__name__, "k", k)
        self.from_sorted_ids = from_sorted_ids
        options = {"k": self.k, "from_sorted_ids": from_sorted_ids}
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, **options)
