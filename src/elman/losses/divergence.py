"""Losses of rates and distributions: how badly a prediction explains what was seen.

    Poisson                v = mean_F (p - y log(p + eps))      (…)   p  rates,  y  counts
    Kullback-Leibler       v = sum_C y_c log(y_c / p_c)         (…)   p, y  probabilities

    y  y_true    p  y_pred    (…, F) or (…, C)        eps = 1e-7

Poisson's leaves out log(y!), which no prediction changes. The divergence takes probabilities from
[eps, 1], and a prediction outside gets no gradient. Both as in Keras.
"""

from typing import Any

import numpy as np

from elman._settings import EPSILON
from elman._typing import Array
from elman.losses.base import FunctionLoss, entry, pair


def poisson(y_true: Any, y_pred: Any) -> Array:
    """Return the mean over the last axis of p - y log(p); NaN where a rate is negative.

    >>> poisson([[0.0, 2.0]], [[1.0, 1.0]]).round(4)
    array([1.])
    """
    y, p = pair("poisson", y_true, y_pred)
    with np.errstate(invalid="ignore"):  # as in Keras, a negative rate is NaN and no error
        return np.mean(p - y * np.log(p + p.dtype.type(EPSILON)), axis=-1)


def d_poisson(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("poisson", y_true, y_pred)
    return entry(dvalues, p) * (1 - y / (p + p.dtype.type(EPSILON)))


def kl_divergence(y_true: Any, y_pred: Any) -> Array:
    """Return the Kullback-Leibler divergence of predicted from true probabilities.

    >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]]).round(4)
    array([0.1438])
    """
    y, p = pair("kl_divergence", y_true, y_pred)
    y, q = _probability(y), _probability(p)
    return np.sum(y * np.log(y / q), axis=-1)


def d_kl_divergence(dvalues: Array, y_true: Any, y_pred: Any) -> Array:
    """Return dL/d(y_pred) given dL/d(values)."""
    y, p = pair("kl_divergence", y_true, y_pred)
    y, q = _probability(y), _probability(p)
    return np.where(q == p, -np.asarray(dvalues, p.dtype)[..., None] * y / q, 0)


def _probability(p: Array) -> Array:
    """Return p kept in [eps, 1]."""
    return np.clip(p, EPSILON, 1)


class Poisson(FunctionLoss):
    """The mean of p - y log(p): how badly rates explain counts.

    >>> round(Poisson()([[0.0], [2.0]], [[1.0], [1.0]]), 4)
    1.0
    """

    functions = (poisson, d_poisson)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class KLDivergence(FunctionLoss):
    """The Kullback-Leibler divergence of predicted from true probabilities.

    >>> round(KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]]), 4)
    0.1438
    """

    elementwise = False
    functions = (kl_divergence, d_kl_divergence)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
