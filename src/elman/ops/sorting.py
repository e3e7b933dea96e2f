"""Functions that depend on the order of the numbers: sort, argmax, top_k, median …"""

from typing import Any, NamedTuple

import numpy as np

from elman._operation import constant, gradient, operation
from elman.errors import ArgumentError
from elman.ops.indexing import take, take_along_axis
from elman.ops.reduction import Axis, axes_of


class TopK(NamedTuple):
    """What `top_k` returns."""

    values: Any
    indices: Any


@constant
def argsort(x: Any, axis: int | None = -1) -> Any:
    """Return the places of the numbers from the smallest on; of equal ones in their order."""
    return np.argsort(x, axis=axis, kind="stable")


@operation
def sort(x: Any, axis: int = -1) -> Any:
    """Return the numbers from the smallest on."""
    return np.sort(x, axis)


@gradient(sort)
def dsort(dy: Any, x: Any, y: Any, axis: int) -> Any:
    """Gradient of `sort`: back to where each number was."""
    return take_along_axis(dy, argsort(argsort(x, axis), axis), axis)


@constant
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the place of the largest, the first where several are."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@constant
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the place of the smallest, the first where several are."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@operation
def top_k(x: Any, k: int, sorted: bool = True) -> TopK:
    """Return the k largest along the last axis, and their places.

    Args:
        x: the array.
        k: how many.
        sorted: accepted as in Keras; they come from the largest on either way.

    >>> values, indices = top_k([1.0, 5.0, 3.0], 2)
    >>> values.tolist(), indices.tolist()
    ([5.0, 3.0], [1, 2])
    """
    if not 0 <= k <= np.shape(x)[-1]:
        raise ArgumentError(
            f"top_k: `k` must be at most the size of the last axis, {np.shape(x)[-1]}; got {k}."
        )
    places = argsort(np.negative(x))[..., :k]
    return TopK(take_along_axis(x, places, -1), places.astype(np.int32))


@constant
def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Say of each row whether its target is among the k largest predictions.

    Args:
        targets: (batch,) integers.
        predictions: (batch, classes).
        k: how many.
    """
    targets = np.asarray(targets)
    of_target = np.take_along_axis(np.asarray(predictions), targets[:, None], 1)
    return np.sum(predictions > of_target, axis=1) < k


@operation
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return what half of the numbers are not above."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@operation
def quantile(
    x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False
) -> Any:
    """Return what a share q of the numbers are not above.

    Args:
        x: the array.
        q: one share in [0, 1], or a list of them, which makes a new first axis.
        axis, keepdims: along what.
        method: what to take between two numbers: "linear", "lower", "higher", "midpoint",
            "nearest".

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    np.float32(3.0)
    """
    ndim, shape = np.ndim(x), np.shape(x)
    axes = axes_of(axis, ndim)
    kept = [i for i in range(ndim) if i not in axes]
    rows = np.reshape(np.transpose(x, (*kept, *axes)), (*(shape[i] for i in kept), -1))
    rows = sort(rows)
    place = np.asarray(q, np.float64) * (rows.shape[-1] - 1)
    low, high = np.floor(place).astype(int), np.ceil(place).astype(int)
    share = {
        "linear": place - low,
        "lower": np.zeros(place.shape),
        "higher": np.ones(place.shape),
        "midpoint": np.full(place.shape, 0.5),
        "nearest": np.round(place) - low,
    }.get(method)
    if share is None:
        raise ArgumentError(
            "quantile: `method` must be one of 'linear', 'lower', 'higher', 'midpoint', "
            f"'nearest'; got {method!r}."
        )
    share = share.astype(rows.dtype if rows.dtype.kind == "f" else np.float64)
    y = take(rows, low, -1) * (1 - share) + take(rows, high, -1) * share
    if keepdims:
        ones = [1 if i in axes else n for i, n in enumerate(shape)]
        y = np.reshape(y, (*ones, *place.shape))
    for _ in range(place.ndim):
        y = np.moveaxis(y, -1, 0)
    return y


@constant
def unique(
    x: Any,
    sorted: bool = True,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    size: Any = None,
    fill_value: Any = None,
) -> Any:
    """Return each number that there is once, from the smallest on.

    Args:
        x: the array.
        sorted, size, fill_value: accepted as in Keras where they say nothing: True, None, None.
        return_index, return_inverse, return_counts: what to return beside them, see `np.unique`.
        axis: None for numbers, or along which slices are compared.
    """
    if size is not None or fill_value is not None:
        raise ArgumentError(f"unique: `size` must be None, as must `fill_value`; got {size!r}.")
    find: Any = np.unique
    return find(x, return_index, return_inverse, return_counts, axis)
