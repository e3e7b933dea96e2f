"""The loss of predictions that say how sure they are: a mean and a variance for each target.

    v = mean_F (s + (y - m)^2 e^-s + log(2 pi)) / 2      (…)

    y  y_true  (…, F)      m  means            y_pred[..., :F]
                           s  log variances    y_pred[..., F:]

It is minus the log probability of the target under a normal distribution. The logarithm of the
variance may be any number, so that the model's last layer needs no activation: `Dense(2 * F)`.

Source: Nix and Weigend 1994, "Estimating the Mean and Variance of the Target Probability
Distribution".
"""

import math
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ShapeError
from elman.losses.base import FunctionLoss, floating

_LOG_2_PI = math.log(2 * math.pi)


def gaussian_negative_log_likelihood(y_true: Any, y_pred: Any) -> Array:
    """Return the mean over the targets of minus their log probability.

    Args:
        y_true: targets, (…, F), or (…) where F is 1.
        y_pred: F means, then F log variances, (…, 2 F).

    >>> gaussian_negative_log_likelihood([[1.0]], [[1.0, 0.0]]).round(4)
    array([0.9189])
    """
    y, m, s = _prepare(y_true, y_pred)
    return np.mean(s + np.square(y - m) * np.exp(-s) + _LOG_2_PI, axis=-1) / 2


def d_gaussian_negative_log_likelihood(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values): for the means, then for the log variances."""
    y, m, s = _prepare(y_true, y_pred)
    dv = np.asarray(dvalues, m.dtype)[..., None] / m.shape[-1]
    precision = np.exp(-s)
    dm = dv * (m - y) * precision
    ds = dv * (1 - np.square(y - m) * precision) / 2
    return np.concatenate([dm, ds], axis=-1)


def _prepare(y_true: Any, y_pred: Any) -> tuple[Array, Array, Array]:
    """Return targets, means and log variances, (…, F) each."""
    p, y = floating(y_pred), np.asarray(y_true)
    if p.ndim == 0 or p.shape[-1] % 2 or not p.shape[-1]:
        raise ShapeError(
            "gaussian_negative_log_likelihood: `y_pred` must hold a mean and a log variance for"
            f" each target, so that its last axis is even; got {p.shape}."
            " End the model with `Dense(2 * targets)`."
        )
    shape = (*p.shape[:-1], p.shape[-1] // 2)
    y = y[..., None] if shape[-1] == 1 and y.shape == shape[:-1] else y
    if y.shape != shape:
        raise ShapeError(
            f"gaussian_negative_log_likelihood: `y_true` must have shape {shape}, half of"
            f" `y_pred`'s; got {np.shape(y_true)}."
        )
    return y.astype(p.dtype, copy=False), p[..., : shape[-1]], p[..., shape[-1] :]


class GaussianNegativeLogLikelihood(FunctionLoss):
    """Minus the log probability of targets under predicted means and variances. Keras has none.

    Predictions hold F means, then F log variances: (…, 2 F) for targets (…, F).

    >>> round(GaussianNegativeLogLikelihood()([[1.0]], [[1.0, 0.0]]), 4)
    0.9189
    """

    elementwise = False
    functions = (gaussian_negative_log_likelihood, d_gaussian_negative_log_likelihood)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "gaussian_negative_log_likelihood",
    ) -> None:
        super().__init__(name, reduction)
