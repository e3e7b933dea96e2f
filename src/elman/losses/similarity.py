"""The loss of directions: the angle between a prediction and its target, whatever their lengths.

    v = -sum_F t_f u_f      u = p / |p|,  t = y / |y|      in [-1, 1], -1 where both point alike

    y  y_true    p  y_pred    (…, F) each

Lengths are those of `elman._unit`: a vector no longer than 1e-7 is multiplied by 1e7 instead, so
that zeros stay zeros, as in Keras.
"""

from typing import Any

import numpy as np

from elman._settings import EPSILON
from elman._typing import Array
from elman._unit import d_unit, unit
from elman.losses.base import FunctionLoss, last_axis, pair


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
    (t, _), (u, _) = unit(y, -1, EPSILON), unit(p, -1, EPSILON)
    return -np.sum(t * u, axis=-1)


def d_cosine_similarity(dvalues: Array, y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """Return dL/d(y_pred) given dL/d(values): dv/du = -t, and back through the length of p."""
    y, p = pair("cosine_similarity", y_true, y_pred)
    last_axis("cosine_similarity", axis, p)
    (t, _), (_, cache) = unit(y, -1, EPSILON), unit(p, -1, EPSILON)
    return d_unit(-np.asarray(dvalues, p.dtype)[..., None] * t, -1, cache)


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
