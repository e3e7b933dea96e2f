"""Parts of arrays read and overwritten: slice, slice_update, scatter, scatter_update."""

from typing import Any

import numpy as np

from elman._operation import gradient, operation
from elman._settings import floatx
from elman.errors import ArgumentError
from elman.ops.indexing import get_item, put, take


@operation
def slice(inputs: Any, start_indices: Any, shape: Any) -> Any:
    """Return the part of this shape that begins at these indices."""
    return get_item(inputs, _part(start_indices, shape))


@operation
def slice_update(inputs: Any, start_indices: Any, updates: Any) -> Any:
    """Return the array with another part from these indices on.

    >>> slice_update(np.zeros(4), [1], np.ones(2))
    array([0., 1., 1., 0.])
    """
    key = _part(start_indices, np.shape(updates))
    return _written(inputs, updates, key)


def _part(start: Any, shape: Any) -> tuple[Any, ...]:
    starts = [int(i) for i in np.ravel(start)]
    return tuple(np.s_[i : i + int(n)] for i, n in zip(starts, shape, strict=True))


@operation
def _written(x: Any, updates: Any, key: Any) -> Any:
    """Return a copy of x with `[key]` overwritten."""
    y = np.array(x)
    y[key] = updates
    return y


@gradient(_written)
def d_written(dy: Any, x: Any, y: Any, updates: Any, key: Any) -> tuple[Any, Any]:
    """Gradient of `_written`: dy of the places that were written goes to what was written."""
    kept = np.ones(x.shape, bool)
    kept[key] = False
    return dy * kept, get_item(dy, key)


@operation
def scatter(indices: Any, values: Any, shape: Any) -> Any:
    """Return zeros of a shape to which values are added at indices.

    Args:
        indices: (count, axes) of the first axes.
        values: (count, …).
        shape: the result's.

    >>> scatter([[0], [2], [0]], np.array([1.0, 2.0, 4.0]), (3,))
    array([5., 0., 2.])
    """
    return put(_array(values), _places(indices), tuple(shape))


@operation
def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: str | None = None) -> Any:
    """Return an array with other numbers at some places.

    Args:
        inputs: the array.
        indices: (count, axes) of the first axes.
        updates: (count, …).
        reduction: None to overwrite, the last one where a place is named twice; "add" to add.
    """
    if reduction not in (None, "add"):
        raise ArgumentError(
            f"scatter_update: `reduction` must be None or 'add'; got {reduction!r}."
        )
    if reduction == "add":
        return np.add(inputs, put(_array(updates), _places(indices), np.shape(inputs)))
    key = _places(indices)
    places = zip(*(part.ravel().tolist() for part in key), strict=True)
    last = {place: i for i, place in enumerate(places)}
    rows = np.reshape(_array(updates), (-1, *np.shape(inputs)[len(key) :]))
    chosen = tuple(np.array(part) for part in zip(*last, strict=True))
    return _written(inputs, take(rows, list(last.values()), 0), chosen) if last else inputs


def _array(values: Any) -> Any:
    return values if hasattr(values, "dtype") else np.asarray(values, floatx())


def _places(indices: Any) -> tuple[Any, ...]:
    return tuple(np.moveaxis(np.asarray(indices), -1, 0))
