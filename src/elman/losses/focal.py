"""Losses of probabilities that look away from what is easy already.

    binary        v = mean_F w m^gamma b        b  the crossentropy of a question          (…)
                  m = y (1 - p) + (1 - y) p     what is missing to the right answer
                  w = y alpha + (1 - y) (1 - alpha) with class balancing, 1 without
    categorical   v = -sum_C alpha_c y_c (1 - q_c)^gamma log q_c                           (…)

From logits, p is sigmoid(a) and q is softmax(a). From probabilities, q is p divided by its sum.
Both are clipped to [1e-7, 1 - 1e-7] inside logarithms and q everywhere, but for the binary
crossentropy from logits, which is exact. A clipped entry passes no gradient on. All as in Keras.

Source: Lin et al. 2017, "Focal Loss for Dense Object Detection".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.activations import sigmoid, softmax
from elman.errors import ShapeError
from elman.losses.base import FunctionLoss, entry, last_axis, pair
from elman.losses.crossentropy import (
    clip,
    d_normalize,
    inside,
    normalize,
    one_hot_pair,
    smooth,
    smoothing,
)


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return the mean over the last axis of each question's focal crossentropy.

    Args:
        y_true: 0 or 1, or a probability, (…, F).
        y_pred: probabilities, or logits, (…, F).
        apply_class_balancing: whether to weigh the questions by `alpha`.
        alpha: the weight of a yes; that of a no is 1 - alpha.
        gamma: how far to look away from easy questions; 0 is the plain crossentropy.
        from_logits: whether `y_pred` holds logits.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: -1.

    >>> binary_focal_crossentropy([[1.0, 0.0]], [[0.5, 0.1]]).round(4)
    array([0.0872])
    """
    y, p = pair("binary_focal_crossentropy", y_true, y_pred)
    last_axis("binary_focal_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=2)
    b, p = _binary(y, p, from_logits)
    v = _balance(y, alpha if apply_class_balancing else None) * _missing(y, p) ** gamma * b
    return np.mean(v, axis=-1)


def d_binary_focal_crossentropy(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("binary_focal_crossentropy", y_true, y_pred)
    last_axis("binary_focal_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=2)
    b, q = _binary(y, p, from_logits)
    m = _missing(y, q)
    dv = entry(dvalues, p) * _balance(y, alpha if apply_class_balancing else None)
    dq = dv * _slope(m, gamma) * (1 - 2 * y) * b
    if from_logits:
        return dq * q * (1 - q) + dv * m**gamma * (q - y)
    db = ((1 - y) / (1 - clip(p)) - y / clip(p)) * inside(p)
    return dq + dv * m**gamma * db


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return the focal crossentropy of one-hot targets.

    Args:
        y_true: one-hot targets or probabilities, (…, C).
        y_pred: probabilities, or logits, (…, C).
        alpha: the weight of every class, or C weights.
        gamma: how far to look away from easy entries; 0 is the plain crossentropy.
        from_logits: whether `y_pred` holds logits.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / C.
        axis: -1.

    >>> categorical_focal_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
    array([0.0433])
    """
    y, p = one_hot_pair(y_true, y_pred, "categorical_focal_crossentropy")
    last_axis("categorical_focal_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=p.shape[-1]) * _weights(alpha, p)
    q = clip(softmax(p) if from_logits else normalize(p))
    return -np.sum(y * (1 - q) ** gamma * np.log(q), axis=-1)


def d_categorical_focal_crossentropy(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = one_hot_pair(y_true, y_pred, "categorical_focal_crossentropy")
    last_axis("categorical_focal_crossentropy", axis, p)
    y = smooth(y, label_smoothing, classes=p.shape[-1]) * _weights(alpha, p)
    every = softmax(p) if from_logits else normalize(p)
    q = clip(every)
    dv = np.asarray(dvalues, p.dtype)[..., None]
    dq = dv * y * (_slope(1 - q, gamma) * np.log(q) - (1 - q) ** gamma / q) * inside(every)
    if from_logits:
        return every * (dq - np.sum(dq * every, axis=-1, keepdims=True))
    return d_normalize(dq, p, every)


def _binary(y: Array, p: Array, from_logits: bool) -> tuple[Array, Array]:
    """Return each question's crossentropy and its predicted probability."""
    if from_logits:  # see `binary_crossentropy`
        return np.maximum(p, 0) - p * y + np.log1p(np.exp(-np.abs(p))), sigmoid(p)
    q = clip(p)
    return -(y * np.log(q) + (1 - y) * np.log(1 - q)), p


def _missing(y: Array, p: Array) -> Array:
    """Return what is missing to the right answer."""
    return y * (1 - p) + (1 - y) * p


def _balance(y: Array, alpha: float | None) -> Array:
    """Return a question's weight: alpha for a yes, 1 - alpha for a no."""
    return np.ones_like(y) if alpha is None else y * alpha + (1 - y) * (1 - alpha)


def _slope(m: Array, gamma: float) -> Array:
    """Return d(m^gamma)/dm; 0 at m = 0 for gamma below 1, as the loss is 0 there with its slope."""
    if gamma >= 1:
        return gamma * m ** (gamma - 1)
    positive = np.where(m > 0, m, 1)
    return np.where(m > 0, gamma * positive ** (gamma - 1), 0)


def _weights(alpha: float | Sequence[float], p: Array) -> Array:
    """Return the weights of the classes, () or (C,)."""
    weights = np.asarray(alpha, p.dtype)
    if weights.shape not in ((), p.shape[-1:]):
        raise ShapeError(
            "categorical_focal_crossentropy: `alpha` must be a number or one number a class,"
            f" {p.shape[-1]}; got {alpha!r}."
        )
    return weights


class BinaryFocalCrossentropy(FunctionLoss):
    """The mean crossentropy of yes/no questions, those weighing less that are easy already.

    >>> round(BinaryFocalCrossentropy()([[1.0], [0.0]], [[0.5], [0.1]]), 4)
    0.0872
    """

    functions = (binary_focal_crossentropy, d_binary_focal_crossentropy)

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        owner = type(self).__name__
        self.apply_class_balancing = apply_class_balancing
        self.alpha = _check.number(owner, "alpha", alpha)
        self.gamma = _check.number(owner, "gamma", gamma, low=0)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(owner, label_smoothing)
        self.axis = axis


class CategoricalFocalCrossentropy(FunctionLoss):
    """The crossentropy of one-hot targets, those weighing less that are easy already.

    >>> round(CategoricalFocalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
    0.0433
    """

    elementwise = False
    functions = (categorical_focal_crossentropy, d_categorical_focal_crossentropy)

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        owner = type(self).__name__
        if np.ndim(alpha):
            self.alpha: Any = [_check.number(owner, "alpha", a) for a in np.ravel(alpha).tolist()]
        else:
            self.alpha = _check.number(owner, "alpha", alpha)
        self.gamma = _check.number(owner, "gamma", gamma, low=0)
        self.from_logits = from_logits
        self.label_smoothing = smoothing(owner, label_smoothing)
        self.axis = axis
