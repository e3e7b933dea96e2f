"""The crossentropy that noisy labels mislead less.

    v = (1 - p_k^q) / q      k  the label,  p  probabilities (…, C)

q near 0 is the crossentropy -log p_k, q near 1 the error 1 - p_k, which no outlier rules.

Source: Zhang and Sabuncu 2018, "Generalized Cross Entropy Loss for Training Deep Neural Networks
with Noisy Labels".
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError
from elman.losses.base import FunctionLoss
from elman.losses.crossentropy import label_pair

_NAME = "categorical_generalized_cross_entropy"


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Array:
    """Return the generalized crossentropy of labels, whole numbers from 0 to C - 1.

    Args:
        y_true: labels, (…) or (…, 1).
        y_pred: probabilities, (…, C).
        q: between 0, for the crossentropy, and 1, for the absolute error.

    >>> categorical_generalized_cross_entropy([1], [[0.75, 0.25]], q=0.5)
    array([1.])
    """
    k, p, _ = label_pair(y_true, y_pred, owner=_NAME)
    return (1 - _of_label(p, k) ** q) / q


def d_categorical_generalized_cross_entropy(
    dvalues: Array, y_true: Any, y_pred: Any, q: float
) -> Array:
    """Return dL/d(y_pred) given dL/d(values): -p_k^(q - 1), infinite where p_k is 0."""
    k, p, _ = label_pair(y_true, y_pred, owner=_NAME)
    with np.errstate(divide="ignore"):  # the slope at 0, as in Keras
        dp_k = -np.asarray(dvalues, p.dtype) * _of_label(p, k) ** (q - 1)
    dp = np.zeros_like(p)
    np.put_along_axis(dp, k[..., None], dp_k[..., None], axis=-1)
    return dp


def _of_label(p: Array, k: Array) -> Array:
    """Return the probability of the label."""
    return np.take_along_axis(p, k[..., None], axis=-1)[..., 0]


class CategoricalGeneralizedCrossEntropy(FunctionLoss):
    """The crossentropy of labels that noisy ones mislead less.

    >>> CategoricalGeneralizedCrossEntropy()([1], [[0.75, 0.25]])
    1.0
    """

    elementwise = False
    functions = (categorical_generalized_cross_entropy, d_categorical_generalized_cross_entropy)

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = _NAME,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 < q < 1:
            raise ArgumentError(f"{type(self).__name__}: `q` must be between 0 and 1; got {q!r}.")
        self.q = float(q)
