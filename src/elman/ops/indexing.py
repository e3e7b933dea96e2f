"""Functions that read and write at places: take, where, slice, scatter, one_hot …"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._operation import constant, exact, gradient, operation
from elman._settings import floatx
from elman.errors import ArgumentError


@operation
def get_item(x: Any, key: Any) -> Any:
    """Return `x[key]`."""
    return x[key]


@gradient(get_item)
def dget_item(dy: Any, x: Any, y: Any, key: Any) -> Any:
    """Gradient of `get_item`: dy at the places that were read, zeros elsewhere."""
    return put(dy, key, x.shape)


@operation
def put(values: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Return zeros of a shape to which these values are added at `[key]`, however often."""
    y = np.zeros(shape, values.dtype)
    parts = key if isinstance(key, tuple) else (key,)
    if all(isinstance(part, (int, slice, type(None), type(...))) for part in parts):
        y[key] = values  # no place twice
    else:
        np.add.at(y, key, values)
    return y


@gradient(put)
def dput(dy: Any, values: Any, y: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """Gradient of `put`: what is at the places."""
    return get_item(dy, key)


@operation
def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return what lies at these places along an axis; by default among all numbers.

    >>> take(np.float32([[1, 2, 3], [4, 5, 6]]), [2, 0], axis=1)
    array([[3., 1.],
           [6., 4.]], dtype=float32)
    """
    return np.take(x, indices, axis)


@gradient(take)
def dtake(dy: Any, x: Any, y: Any, indices: Any, axis: int | None) -> Any:
    """Gradient of `take`: dy added up at the places that were read."""
    indices = np.asarray(indices)
    if axis is None:
        return np.reshape(put(dy, (indices,), (x.size,)), x.shape)
    return put(dy, (*[slice(None)] * (axis % x.ndim), indices), x.shape)


@operation
def take_along_axis(x: Any, indices: Any, axis: int | None = None) -> Any:
    """Return what lies at these places along an axis, other places for each row."""
    return np.take_along_axis(x, np.asarray(indices), axis)


@gradient(take_along_axis)
def dtake_along_axis(dy: Any, x: Any, y: Any, indices: Any, axis: int | None) -> Any:
    """Gradient of `take_along_axis`: dy added up at the places that were read."""
    indices = np.asarray(indices)
    if axis is None:
        return np.reshape(put(dy, (indices,), (x.size,)), x.shape)
    axis %= x.ndim
    key = [
        indices
        if i == axis
        else np.arange(indices.shape[i] if x.shape[i] == 1 else x.shape[i]).reshape(
            [-1 if i == j else 1 for j in range(x.ndim)]
        )
        % n
        for i, n in enumerate(x.shape)
    ]
    return put(dy, tuple(key), x.shape)


@operation
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Return x1 where the condition is true, and x2 elsewhere; without them, the places."""
    if x1 is None and x2 is None:
        return np.nonzero(condition)
    return np.where(condition, x1, x2)


@gradient(where)
def dwhere(dy: Any, condition: Any, y: Any, x1: Any, x2: Any) -> tuple[Any, Any, Any]:
    """Gradient of `where`: that of the one that was chosen."""
    chosen = np.not_equal(condition, 0)
    return dy * 0, dy * chosen, dy * np.logical_not(chosen)


@operation
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """Return of each number the choice of the first condition that is true."""
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = where(condition, choice, y)
    return y


@exact
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """Return 1 at the class that each number names along a new axis, and 0 elsewhere.

    Args:
        x: integers; what is below 0 or not below `num_classes` gives zeros alone.
        num_classes: the size of the new axis.
        axis: where it stands.
        dtype: by default `floatx()`.
        sparse: False; elman has no sparse arrays.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    if sparse:
        raise ArgumentError("one_hot: `sparse` must be False; got True.")
    classes = np.arange(num_classes)
    y = np.equal(np.expand_dims(np.asarray(x), -1), classes).astype(dtype or floatx())
    return y if axis == -1 else np.moveaxis(y, -1, axis)


@exact
def multi_hot(
    inputs: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Any:
    """Return 1 at every class that is named along the last axis, and 0 elsewhere."""
    return np.max(one_hot(inputs, num_classes, axis, dtype, sparse), axis=np.ndim(inputs) - 1)


@constant
def nonzero(x: Any) -> Any:
    """Return where x is not zero, one array of indices an axis."""
    return np.nonzero(x)


@constant
def searchsorted(sorted_sequence: Any, values: Any, side: str = "left") -> Any:
    """Return where values would have to be put in to keep a sequence sorted."""
    return np.searchsorted(sorted_sequence, values, side=side)  # type: ignore[call-overload]


@constant
def digitize(x: Any, bins: Any) -> Any:
    """Return the number of the bin that each number is in."""
    return np.digitize(x, bins)


@constant
def isin(x1: Any, x2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Say which numbers of x1 are in x2."""
    return np.isin(x1, x2, assume_unique=assume_unique, invert=invert)
