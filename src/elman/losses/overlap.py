"""Losses of overlap: how little of what is predicted and what is there is common to both.

    Dice       v = 1 - 2 I / (sum y + sum p + eps)
    Tversky    v = 1 - I / (I + alpha sum y (1 - p) + beta sum (1 - y) p + eps)

    I = sum y p    y  y_true, 0 or 1    p  y_pred, probabilities    eps = 1e-7

The sums are over `axis`, over everything by default, as in Keras. `alpha` weighs what is there and
was not predicted, `beta` what was predicted and is not there; Tversky with 1/2 each is Dice.

Sources: Milletari et al. 2016, "V-Net"; Salehi et al. 2017, "Tversky Loss Function for Image
Segmentation Using 3D Fully Convolutional Deep Networks".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._settings import EPSILON
from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.losses.base import pair, spread
from elman.losses.coupled import CoupledLoss

Axis = int | Sequence[int] | None


def dice(y_true: Any, y_pred: Any, axis: Axis = None, mask: Any = None) -> Array:
    """Return 1 less the Dice coefficient.

    Args:
        y_true: 0 or 1, (…, F).
        y_pred: probabilities, (…, F).
        axis: which axes to sum over; all of them if None.
        mask: True where an entry counts, (…).

    >>> dice([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]).round(4)
    np.float64(0.3333)
    """
    y, p, over, keep = _prepare("dice", y_true, y_pred, axis, mask)
    common, whole = np.sum(y * p, axis=over), np.sum(y + p, axis=over)
    return _where(keep, over, 1 - 2 * common / (whole + EPSILON))


def d_dice(dvalues: Array, y_true: Any, y_pred: Any, axis: Axis = None, mask: Any = None) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p, over, keep = _prepare("dice", y_true, y_pred, axis, mask)
    common = np.sum(y * p, axis=over, keepdims=True)
    whole = np.sum(y + p, axis=over, keepdims=True) + EPSILON
    dp = -2 * (y / whole - common / whole**2)
    return _cut(keep, np.asarray(dvalues, p.dtype).reshape(whole.shape) * dp)


def tversky(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis = None,
    mask: Any = None,
) -> Array:
    """Return 1 less the Tversky index.

    Args:
        y_true: 0 or 1, (…, F).
        y_pred: probabilities, (…, F).
        alpha: the weight of what is there and was not predicted.
        beta: the weight of what was predicted and is not there.
        axis: which axes to sum over; all of them if None.
        mask: True where an entry counts, (…).

    >>> tversky([[1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]], alpha=1.0).round(4)
    np.float64(0.5)
    """
    y, p, over, keep = _prepare("tversky", y_true, y_pred, axis, mask)
    common = np.sum(y * p, axis=over)
    missed, wrong = np.sum(y * (1 - p), axis=over), np.sum((1 - y) * p, axis=over)
    return _where(keep, over, 1 - common / (common + alpha * missed + beta * wrong + EPSILON))


def d_tversky(
    dvalues: Array,
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: Axis = None,
    mask: Any = None,
) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p, over, keep = _prepare("tversky", y_true, y_pred, axis, mask)
    common = np.sum(y * p, axis=over, keepdims=True)
    missed = np.sum(y * (1 - p), axis=over, keepdims=True)
    wrong = np.sum((1 - y) * p, axis=over, keepdims=True)
    whole = common + alpha * missed + beta * wrong + EPSILON
    dwhole = y - alpha * y + beta * (1 - y)
    dp = -(y / whole - common / whole**2 * dwhole)
    return _cut(keep, np.asarray(dvalues, p.dtype).reshape(whole.shape) * dp)


def _prepare(
    owner: str, y_true: Any, y_pred: Any, axis: Axis, mask: Any
) -> tuple[Array, Array, tuple[int, ...], Mask | None]:
    """Return targets and predictions, 0 where they do not count, the axes to sum over, the mask."""
    y, p = pair(owner, y_true, y_pred)
    keep = None
    if mask is not None:
        entries = spread(owner, "mask", mask, p.shape[:-1]).astype(bool)
        keep = np.broadcast_to(entries[..., None], p.shape)
        y, p = np.where(keep, y, 0), np.where(keep, p, 0)
    axes = range(p.ndim) if axis is None else np.ravel(axis).tolist()
    if not all(-p.ndim <= each < p.ndim for each in axes):
        raise ArgumentError(
            f"{owner}: `axis` must name axes of `y_pred`, which has {p.ndim}; got {axis!r}."
        )
    return y, p, tuple(sorted({each % p.ndim for each in axes})), keep


def _where(keep: Mask | None, over: tuple[int, ...], values: Array) -> Array:
    """Return values that are 0 where a mask leaves nothing to sum."""
    return values if keep is None else np.where(np.any(keep, axis=over), values, 0)


def _cut(keep: Mask | None, dp: Array) -> Array:
    """Return a gradient that is 0 where a mask leaves entries out."""
    return dp if keep is None else np.where(keep, dp, 0)


class _Overlap(CoupledLoss):
    """What both losses share: their axes, and a last axis that may be left out."""

    axis: Any

    def _arrays(self, y_true: Any, y_pred: Any, mask: Any) -> tuple[Array, Array, Mask | None]:
        if self.axis is None and np.ndim(y_pred) == 1:  # one number a sample
            y_pred = np.asarray(y_pred)[:, None]
        return super()._arrays(y_true, y_pred, mask)

    def counted(self, values: Array, y_pred: Array, mask: Mask | None) -> Mask | None:
        """Return which values have an entry that counts."""
        _, _, over, keep = _prepare(type(self).__name__, y_pred, y_pred, self.axis, mask)
        return None if keep is None else np.asarray(np.any(keep, axis=over))


class Dice(_Overlap):
    """1 less the Dice coefficient of predictions and targets.

    >>> round(Dice()([[1.0], [1.0], [0.0]], [[1.0], [0.0], [0.0]]), 4)
    0.3333
    """

    functions = (dice, d_dice)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = _axis(type(self).__name__, axis)


class Tversky(_Overlap):
    """1 less the Tversky index of predictions and targets.

    >>> round(Tversky(alpha=1.0)([[1.0], [1.0], [0.0]], [[1.0], [0.0], [0.0]]), 4)
    0.5
    """

    functions = (tversky, d_tversky)

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axis = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        owner = type(self).__name__
        self.alpha = _check.number(owner, "alpha", alpha)
        self.beta = _check.number(owner, "beta", beta)
        self.axis = _axis(owner, axis)


def _axis(owner: str, axis: Any) -> Axis:
    """Return an axis, a tuple of them, or None."""
    if isinstance(axis, (list, tuple)):
        return tuple(_check.integer(owner, "axis", each, minimum=None) for each in axis)
    return None if axis is None else _check.integer(owner, "axis", axis, minimum=None)
