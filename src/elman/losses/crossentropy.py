"""Losses of probabilities: how surprised a prediction is by its target.

    binary               v = mean_F -(y log q + (1 - y) log(1 - q))     (…)
    categorical          v = -sum_C y_c log q_c                         (…)
    sparse categorical   v = -log q_k,  k the label                     (…)

    F  independent yes/no questions        C  classes, of which one holds

From logits `a`, q is sigmoid(a) or softmax(a), computed together with the logarithm, which keeps
both exact. From probabilities `p`, q is p, divided by its sum where it is over classes, and then
clipped to [1e-7, 1 - 1e-7] as in Keras; a clipped entry passes no gradient on.
"""

import math
from typing import Any

import numpy as np

from elman import _check, fused
from elman._settings import EPSILON
from elman._typing import Array, Mask
from elman.activations import log_softmax, sigmoid
from elman.errors import ArgumentError, ShapeError
from elman.losses.base import FunctionLoss, floating, last_axis, pair


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return the mean over the last axis of each question's crossentropy.

    Args:
        y_true: 0 or 1, or a probability, (…, F).
        y_pred: probabilities, or logits, (…, F).
        from_logits: whether `y_pred` holds logits.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: -1.

    >>> binary_crossentropy([[1.0, 0.0]], [[0.5, 0.5]]).round(4)
    array([0.6931])
    """
    y, p = pair("binary_crossentropy", y_true, y_pred)
    last_axis("binary_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=2)
    if from_logits:  # log(sigmoid(a)) = -log(1 + e^-a), and e^-|a| cannot overflow
        v = np.maximum(p, 0) - p * y + np.log1p(np.exp(-np.abs(p)))
    else:
        q = clip(p)
        v = -(y * np.log(q) + (1 - y) * np.log(1 - q))
    return np.mean(v, axis=-1)


def d_binary_crossentropy(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("binary_crossentropy", y_true, y_pred)
    last_axis("binary_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=2)
    dv = np.asarray(dvalues, p.dtype)[..., None] / p.shape[-1]
    if from_logits:
        return dv * (sigmoid(p) - y)
    q = clip(p)
    return dv * ((1 - y) / (1 - q) - y / q) * inside(p)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return the crossentropy of one-hot targets.

    Args:
        y_true: one-hot targets or probabilities, (…, C).
        y_pred: probabilities, or logits, (…, C).
        from_logits: whether `y_pred` holds logits.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / C.
        axis: -1.

    >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
    array([0.6931])
    """
    y, p = one_hot_pair(y_true, y_pred)
    last_axis("categorical_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=p.shape[-1])
    log_q = log_softmax(p) if from_logits else np.log(clip(normalize(p)))
    return -np.sum(y * log_q, axis=-1)


def d_categorical_crossentropy(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = one_hot_pair(y_true, y_pred)
    last_axis("categorical_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=p.shape[-1])
    dv = np.asarray(dvalues, p.dtype)[..., None]
    if from_logits:
        return dv * (np.sum(y, axis=-1, keepdims=True) * np.exp(log_softmax(p)) - y)
    q = normalize(p)
    dq = -y / clip(q) * inside(q)
    return dv * d_normalize(dq, p, q)


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Array:
    """Return the crossentropy of labels, whole numbers from 0 to C - 1.

    Args:
        y_true: labels, (…) or (…, 1).
        y_pred: probabilities, or logits, (…, C).
        from_logits: whether `y_pred` holds logits.
        ignore_class: a label whose entries get the value 0.
        axis: -1.

    >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
    array([0.6931])
    """
    k, p, counts = label_pair(y_true, y_pred, ignore_class)
    last_axis("sparse_categorical_crossentropy", axis, p)
    log_q = log_softmax(p) if from_logits else np.log(clip(normalize(p)))
    v = -np.take_along_axis(log_q, k[..., None], axis=-1)[..., 0]
    return np.where(counts, v, 0)


def d_sparse_categorical_crossentropy(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    k, p, counts = label_pair(y_true, y_pred, ignore_class)
    last_axis("sparse_categorical_crossentropy", axis, p)
    y = np.zeros_like(p)
    np.put_along_axis(y, k[..., None], 1, axis=-1)  # the labels one-hot, (…, C)
    return d_categorical_crossentropy(np.where(counts, dvalues, 0), y, p, from_logits)


def clip(p: Array) -> Array:
    """Return probabilities kept away from 0 and 1."""
    return np.clip(p, EPSILON, 1 - EPSILON)


def inside(p: Array) -> Array:
    """Return clip'(p): 1 where `clip` keeps p, 0 where it moves it."""
    return (clip(p) == p).astype(p.dtype)


def normalize(p: Array) -> Array:
    """Return p divided by its sum over the classes."""
    return p / np.sum(p, axis=-1, keepdims=True)


def d_normalize(dq: Array, p: Array, q: Array) -> Array:
    """Return dp: q = p / S, so dq_c/dp_j = (1[c = j] - q_c) / S."""
    return (dq - np.sum(dq * q, axis=-1, keepdims=True)) / np.sum(p, axis=-1, keepdims=True)


def smooth(y: Array, label_smoothing: float, classes: int) -> Array:
    """Return targets moved towards 1 / classes."""
    if not label_smoothing:
        return y
    return y * (1 - label_smoothing) + label_smoothing / classes


def one_hot_pair(
    y_true: Any, y_pred: Any, owner: str = "categorical_crossentropy"
) -> tuple[Array, Array]:
    """Return one-hot targets and predictions, (…, C) each."""
    y, p = np.asarray(y_true), floating(y_pred)
    if y.shape != p.shape or p.ndim == 0:
        labels = y.ndim == p.ndim - 1 or y.shape[-1:] == (1,)
        fix = " Labels go with `sparse_categorical_crossentropy`." if labels else ""
        raise ShapeError(
            f"{owner}: `y_true` must be one-hot and have the shape of `y_pred`,"
            f" {p.shape}; got {y.shape}.{fix}"
        )
    return y.astype(p.dtype, copy=False), p


def label_pair(
    y_true: Any,
    y_pred: Any,
    ignore_class: int | None = None,
    owner: str = "sparse_categorical_crossentropy",
) -> tuple[Array, Array, Mask]:
    """Return labels (…), predictions (…, C) and whether an entry counts (…)."""
    y, p = np.asarray(y_true), floating(y_pred)
    if y.ndim == p.ndim and y.shape[-1:] == (1,):
        y = y[..., 0]
    if p.ndim == 0 or y.shape != p.shape[:-1]:
        one_hot = y.shape == p.shape
        fix = " One-hot targets go with `categorical_crossentropy`." if one_hot else ""
        raise ShapeError(
            f"{owner}: `y_true` must hold one label an entry, of shape"
            f" {p.shape[:-1]}; got {np.shape(y_true)}.{fix}"
        )
    counts = np.ones(y.shape, bool) if ignore_class is None else y != ignore_class
    wrong = counts & ~((y >= 0) & (y < p.shape[-1]) & (y == np.floor(y)))
    if wrong.any():
        raise ArgumentError(
            f"{owner}: `y_true` must hold whole numbers from 0 to"
            f" {p.shape[-1] - 1}, as `y_pred` has {p.shape[-1]} classes; got {y[wrong][0]:g}."
        )
    return np.where(counts, y, 0).astype(np.intp), p, counts


def _binary_rows(
    y_true: Array,
    y_pred: Array,
    keep: Mask | None,
    from_logits: bool,
    label_smoothing: float,
    axis: int,
) -> fused.Rows:
    """Return the targets for `elman.fused`."""
    y, p = pair("binary_crossentropy", y_true, y_pred)
    last_axis("binary_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=2)
    return fused.Rows("binary_crossentropy" + "_from_logits" * from_logits, y)


def _one_hot_rows(
    y_true: Array,
    y_pred: Array,
    keep: Mask | None,
    from_logits: bool,
    label_smoothing: float,
    axis: int,
) -> fused.Rows:
    """Return the targets for `elman.fused`."""
    y, p = one_hot_pair(y_true, y_pred)
    last_axis("categorical_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=p.shape[-1])
    return fused.Rows("categorical_crossentropy" + "_from_logits" * from_logits, y)


def _label_rows(
    y_true: Array,
    y_pred: Array,
    keep: Mask | None,
    from_logits: bool,
    ignore_class: int | None,
    axis: int,
) -> fused.Rows:
    """Return the labels for `elman.fused`; what a mask leaves out may be anything."""
    if keep is not None and y_true.size == keep.size:
        y_true = np.where(keep, y_true.reshape(keep.shape), 0)
    k, p, _ = label_pair(y_true, y_pred, None)
    last_axis("sparse_categorical_crossentropy", axis, p)
    return fused.Rows(
        "sparse_categorical_crossentropy" + "_from_logits" * from_logits, None, labels=k
    )


def smoothing(owner: str, value: float) -> float:
    """Return a label smoothing in [0, 1]."""
    return _check.number(owner, "label_smoothing", value, low=0, high=1)


class BinaryCrossentropy(FunctionLoss):
    """The mean crossentropy of independent yes/no questions.

    >>> round(BinaryCrossentropy()([[1.0], [0.0]], [[0.8], [0.2]]), 4)
    0.2231
    """

    functions = (binary_crossentropy, d_binary_crossentropy, _binary_rows)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(type(self).__name__, label_smoothing)
        self.axis = axis


class CategoricalCrossentropy(FunctionLoss):
    """The crossentropy of one-hot targets.

    >>> round(CategoricalCrossentropy()([[0.0, 1.0]], [[0.2, 0.8]]), 4)
    0.2231
    """

    elementwise = False
    functions = (categorical_crossentropy, d_categorical_crossentropy, _one_hot_rows)

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(type(self).__name__, label_smoothing)
        self.axis = axis


class SparseCategoricalCrossentropy(FunctionLoss):
    """The crossentropy of labels. Entries whose label is `ignore_class` do not count.

    >>> round(SparseCategoricalCrossentropy()([1], [[0.2, 0.8]]), 4)
    0.2231
    """

    elementwise = False
    functions = (
        sparse_categorical_crossentropy,
        d_sparse_categorical_crossentropy,
        _label_rows,
    )

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def counts(self, y_true: Array, shape: tuple[int, ...], mask: Mask | None) -> Mask | None:
        """Leave out the entries whose label is `ignore_class`."""
        if self.ignore_class is None or y_true.size != math.prod(shape):
            return mask
        counted = y_true.reshape(shape) != self.ignore_class
        return counted if mask is None else counted & mask
