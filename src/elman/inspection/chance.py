"""How well does one guess who does not look at the inputs?

classes          the entropy of the classes' frequencies, -sum p log p, smoothed as the loss does
mean squares     the variance of the targets, as the best guess is their mean
mean distances   the mean distance from their median
others, SOUGHT   the loss of the constant at which the derivative goes from below zero to above
"""

from typing import Any

import numpy as np

from elman import losses
from elman._typing import Array, Mask
from elman.losses.crossentropy import smooth

SOUGHT = (
    losses.Huber, losses.LogCosh, losses.MeanAbsolutePercentageError,
    losses.MeanSquaredLogarithmicError,
)  # fmt: skip
HALVINGS = 30  # of the way between the least and the largest target, to find that constant
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")  # reductions to compare with


def of(loss: Any, y: Array, mask: Mask | None, classes: int) -> float | None:
    """Return the loss of the best guess, None for losses of which it is not known.

    Args:
        loss: of `elman.losses`.
        y: targets (batch, …).
        mask: of an output per step, (batch, timesteps), True where a step counts.
        classes: the size of the output's last axis.
    """
    if getattr(loss, "reduction", None) not in MEANS:
        return None
    kind, y = type(loss), counted(y, mask)
    if kind is losses.SparseCategoricalCrossentropy and loss.ignore_class is not None:
        y = y[y != loss.ignore_class]
    if len(y) == 0:
        return None
    if kind is losses.SparseCategoricalCrossentropy:
        p = np.bincount(y.astype(np.int64).ravel().clip(0, classes - 1)) / y.size
        return _entropy(p)
    if kind is losses.CategoricalCrossentropy:
        p = y.reshape(-1, y.shape[-1]).mean(axis=0)
        return _entropy(smooth(p, loss.label_smoothing, classes))
    y = y.reshape(len(y), -1)
    if kind is losses.BinaryCrossentropy:
        p = smooth(y.mean(axis=0).clip(0, 1), loss.label_smoothing, classes=2)
        return float(np.mean([_entropy(np.array([each, 1 - each])) for each in p]))
    if kind is losses.MeanSquaredError:
        return float(y.var(axis=0).mean())
    if kind is losses.MeanAbsoluteError:
        return float(abs(y - np.median(y, axis=0)).mean())
    return _sought(loss, y.astype(np.float64)) if kind in SOUGHT else None


def _sought(loss: Any, y: Array) -> float:
    """Return the loss of the best constant a column of the targets (rows, columns)."""
    low, high = y.min(axis=0), y.max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        _, slopes = loss.value_and_gradient(y, np.broadcast_to(middle, y.shape))
        falls = slopes.sum(axis=0) < 0
        low, high = np.where(falls, middle, low), np.where(falls, high, middle)
    value, _ = loss.value_and_gradient(y, np.broadcast_to(high, y.shape))
    return float(value)


def counted(y: Array, mask: Mask | None) -> Array:
    """Return targets of the steps that count, in float64 where they are floats."""
    found = y if mask is None or y.shape[:2] != mask.shape else y[mask]
    return found.astype(np.float64) if found.dtype.kind == "f" else found


def _entropy(p: Array) -> float:
    there = p[p > 0]
    return float(-(there * np.log(there)).sum())
