"""The loss of directions: the angle between a prediction and its target, whatever their lengths.

    v = -sum_F t_f u_f      u = p / |p|,  t = y / |y|      in [-1, 1], -1 where both point alike

    y  y_true    p  y_pred    (…, F) each

A vector no longer than 1e-7 is multiplied by 1e7 instead, so that zeros stay zeros, as in Keras.
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.losses.base import FunctionLoss, last_axis, pair
from elman.losses.crossentropy import EPSILON


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Return minus the cosine of the angle between target and prediction.

    Args:
        y_true: targets, (…, F).
        y_pred: predictions, (…, F).
        axis: -1.

    >>> cosine_similarity([[3.0, 0.0]], [[1.0, 1.0]]).round(4)
    array([-0.7071])
    """
    y, p = pair("cosine_similarity", y_true, y_pred)
    last_axis("cosine_similarity", axis, p)
    return -np.sum(y * _scale(y) * (p * _scale(p)), axis=-1)


def d_cosine_similarity(dvalues: Array, y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Return dL/d(y_pred) given dL/d(values): du/dp = (1 - u u') / |p|."""
    y, p = pair("cosine_similarity", y_true, y_pred)
    last_axis("cosine_similarity", axis, p)
    u, du = p * _scale(p), -np.asarray(dvalues, p.dtype)[..., None] * y * _scale(y)
    along = np.where(_length(p) > EPSILON, np.sum(u * du, axis=-1, keepdims=True), 0)
    return _scale(p) * (du - along * u)


def _length(x: Array) -> Array:
    """Return |x|, (…, 1)."""
    return np.sqrt(np.sum(np.square(x), axis=-1, keepdims=True))


def _scale(x: Array) -> Array:
    """Return 1 / |x|, at most 1e7."""
    return 1 / np.maximum(_length(x), EPSILON)


class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle between target and prediction.

    >>> round(CosineSimilarity()([[3.0, 0.0]], [[1.0, 1.0]]), 4)
    -0.7071
    """

    elementwise = False
    functions = (cosine_similarity, d_cosine_similarity)

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis
