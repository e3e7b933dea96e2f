"""What metrics over classes or features see of a batch: rows of numbers that count."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.losses.base import floating, pair, spread


def rows(
    owner: str, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any
) -> tuple[Array, Array, Array]:
    """Return targets, predictions and weights of the entries that count, (n, F) each.

    Args:
        owner: who speaks, for messages.
        y_true: targets.
        y_pred: predictions, (batch,), (batch, F) or (batch, timesteps, F).
        sample_weight: (batch,), (batch, timesteps) or one for each number; None for 1.
        mask: (batch,) or (batch, timesteps), True where an entry counts; None for all.

    Raises:
        ShapeError: one does not fit the predictions.
    """
    p = floating(y_pred)
    p = p[:, None] if p.ndim == 1 else p
    y, p = pair(owner, y_true, p)
    w = np.ones(p.shape)
    if sample_weight is not None:
        w = spread(owner, "sample_weight", sample_weight, p.shape).astype(float)
    if mask is not None:
        keep = spread(owner, "mask", mask, p.shape[:-1]).astype(bool)
        y, p, w = y[keep], p[keep], w[keep]
    size = p.shape[-1]
    return y.reshape(-1, size), p.reshape(-1, size), w.reshape(-1, size)


def ratio(a: Array, b: Array) -> Array:
    """Return a / b, and 0 where b is 0."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b != 0)
