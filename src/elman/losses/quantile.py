"""The loss whose best prediction is a quantile: a number that targets stay below so often.

    e = y - p                               (…, F)
    v = mean_F max(tau e, (tau - 1) e)      (…)      tau  the quantile, in (0, 1)

A target above its prediction costs tau a unit, one below it 1 - tau, so that the loss is smallest
where a share tau of the targets lies below: tau = 0.5 is half the absolute error, and gives the
median. With a list of quantiles, column i of the prediction is quantile i of one target.

Source: Koenker and Bassett 1978, "Regression Quantiles".
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.losses.base import FunctionLoss, entry, floating, pair


def pinball(y_true: Any, y_pred: Any, quantile: float | Sequence[float] = 0.5) -> Array:
    """Return the mean pinball loss over the last axis.

    Args:
        y_true: targets, (…, F); with a list of Q quantiles (…), (…, 1) or (…, Q).
        y_pred: predictions, (…, F); with a list of Q quantiles (…, Q).
        quantile: tau, or a list of them, one for each column of `y_pred`.

    >>> pinball([[10.0]], [[6.0]], quantile=0.75)
    array([3.])
    >>> pinball([10.0], [[6.0, 12.0]], quantile=[0.25, 0.75])
    array([0.75])
    """
    y, p, tau = _prepare(y_true, y_pred, quantile)
    e = y - p
    return np.mean(np.maximum(tau * e, (tau - 1) * e), axis=-1)


def d_pinball(
    dvalues: Array, y_true: Any, y_pred: Any, quantile: float | Sequence[float] = 0.5
) -> Array:
    """Return dL/d(y_pred) given dL/d(values); 0 where the error is 0."""
    y, p, tau = _prepare(y_true, y_pred, quantile)
    e = y - p
    return entry(dvalues, p) * np.where(e > 0, -tau, np.where(e < 0, 1 - tau, 0))


def _prepare(
    y_true: Any, y_pred: Any, quantile: float | Sequence[float]
) -> tuple[Array, Array, Array]:
    """Return targets and predictions, (…, F) each, and tau, () or (F,)."""
    p, y = floating(y_pred), np.asarray(y_true)
    tau = np.asarray(quantile, p.dtype)
    if not tau.ndim:
        return *pair("pinball", y_true, y_pred), tau
    if tau.shape != p.shape[-1:]:
        raise ShapeError(
            f"pinball: `y_pred` must have a last axis of size {tau.size}, one column a quantile;"
            f" got {p.shape}."
        )
    y = y[..., None] if y.shape == p.shape[:-1] else y
    if y.shape not in (p.shape, (*p.shape[:-1], 1)):
        raise ShapeError(
            f"pinball: `y_true` must have shape {p.shape[:-1]}, {(*p.shape[:-1], 1)} or {p.shape};"
            f" got {np.shape(y_true)}."
        )
    return y.astype(p.dtype, copy=False), p, tau


class Pinball(FunctionLoss):
    """The loss whose best prediction is a quantile of the target. Keras has none.

    Args:
        quantile: tau in (0, 1), or a list of them, one for each column of the prediction.
        reduction: see `Loss`.
        name: what to call it.

    >>> Pinball(quantile=0.75)([[10.0], [10.0]], [[6.0], [14.0]])
    2.0
    """

    functions = (pinball, d_pinball)

    def __init__(
        self,
        quantile: float | Sequence[float] = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "pinball",
    ) -> None:
        super().__init__(name, reduction)
        self.quantile = _checked(quantile)


def _checked(quantile: Any) -> Any:
    """Return a quantile, or a list of them, as plain numbers."""
    listed = isinstance(quantile, (list, tuple, np.ndarray))
    for q in quantile if listed else [quantile]:
        number = isinstance(q, (int, float, np.integer, np.floating)) and not isinstance(q, bool)
        if not number or not 0 < q < 1:
            fix = f" Did you mean {q / 100:g}?" if number and 1 < q < 100 else ""
            raise ArgumentError(f"Pinball: `quantile` must be between 0 and 1; got {q!r}.{fix}")
    if listed and not len(quantile):
        raise ArgumentError("Pinball: `quantile` must name at least one quantile; got [].")
    return [float(q) for q in quantile] if listed else float(quantile)
