"""Intersection over union: how well predicted classes cover those that are there.

    IoU_c = n_cc / (sum_j n_cj + sum_i n_ic - n_cc + eps)      n_ij  entries of class i, predicted j

    result = mean of IoU_c over the classes asked about that are there or predicted

An entry whose target or prediction is no class, or whose target is `ignore_class`, does not count.
Counts are sums of weights, fractions included; Keras cuts weights to whole numbers unless `dtype`
is a float.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.losses.base import spread
from elman.metrics.base import Metric


class IoU(Metric):
    """The mean intersection over union of some classes.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes asked about.
        name: what to call it.
        dtype: see `Metric`.
        ignore_class: a label whose entries do not count.
        sparse_y_true: whether targets are labels; if not, the largest along `axis` is.
        sparse_y_pred: the same for predictions.
        axis: where the classes are.

    >>> round(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(dtype or "int64", name)
        owner = type(self).__name__
        self.num_classes = n = _check.integer(owner, "num_classes", num_classes)
        self.target_class_ids = [int(each) for each in target_class_ids]
        if not all(0 <= each < n for each in self.target_class_ids):
            raise ArgumentError(
                f"{owner}: `target_class_ids` must be classes from 0 to {n - 1}; got"
                f" {list(target_class_ids)}."
            )
        self.ignore_class = ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_variable((n, n), "zeros", name="total_confusion_matrix")

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: labels, or a number for each class.
            y_pred: the same.
            sample_weight: (batch,), or more of the axes of the labels.
            mask: the same shapes, True where an entry counts.
        """
        owner = type(self).__name__
        y, p = np.asarray(y_true), np.asarray(y_pred)
        y = y if self.sparse_y_true else np.argmax(y, axis=self.axis)
        p = p if self.sparse_y_pred else np.argmax(p, axis=self.axis)
        if y.size != p.size:
            raise ShapeError(
                f"{owner}: `y_true` must hold as many labels as `y_pred`, {p.shape}; got {y.shape}."
            )
        w = np.ones(p.shape)
        if sample_weight is not None:
            w = spread(owner, "sample_weight", sample_weight, p.shape).astype(float)
        if mask is not None:
            w = np.where(spread(owner, "mask", mask, p.shape).astype(bool), w, 0)
        self.total_cm.assign_add(self._matrix(y.ravel(), p.ravel(), w.ravel()))

    def _matrix(self, y: Array, p: Array, w: Array) -> Array:
        """Return the sum of the weights of entries of each class and predicted class."""
        n = self.num_classes
        counts = (w != 0) & (y >= 0) & (y < n) & (p >= 0) & (p < n)
        if self.ignore_class is not None:
            counts &= y != self.ignore_class
        cell = y[counts].astype(np.intp) * n + p[counts].astype(np.intp)
        return np.bincount(cell, w[counts], n * n).reshape(n, n)

    def result(self) -> float:
        """Return the mean over the classes asked about."""
        matrix = self.total_cm.value
        right = np.diag(matrix)
        union = matrix.sum(axis=0) + matrix.sum(axis=1) - right
        right, union = right[self.target_class_ids], union[self.target_class_ids]
        there = union > 1e-9
        each = np.where(there, right / (union + EPSILON), 0)
        return float(np.sum(each) / (np.count_nonzero(there) + EPSILON))


class BinaryIoU(IoU):
    """The mean intersection over union of yes and no.

    Args:
        target_class_ids: the classes asked about, 0 for no and 1 for yes.
        threshold: from which on a prediction says yes.
        name: what to call it.
        dtype: see `Metric`.

    >>> round(BinaryIoU(threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 4)
    0.3333
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = _check.number("BinaryIoU", "threshold", threshold)

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account; see `IoU`."""
        yes = (np.asarray(y_pred) >= self.threshold).astype(int)
        super().update_state(y_true, yes, sample_weight, mask)


class MeanIoU(IoU):
    """The mean intersection over union of all classes; see `IoU` for its arguments.

    >>> round(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1]), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = range(_check.integer(type(self).__name__, "num_classes", num_classes))
        super().__init__(
            num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )


class OneHotIoU(IoU):
    """The mean intersection over union of some classes of one-hot targets; see `IoU`.

    >>> round(OneHotIoU(2, [0])(np.eye(2)[[0, 0, 1, 1]], np.eye(2)[[0, 1, 0, 1]]), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )


class OneHotMeanIoU(MeanIoU):
    """The mean intersection over union of all classes of one-hot targets; see `IoU`.

    >>> round(OneHotMeanIoU(2)(np.eye(2)[[0, 0, 1, 1]], np.eye(2)[[0, 1, 0, 1]]), 4)
    0.3333
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
