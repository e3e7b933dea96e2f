"""Axes that are normalised together: what they may be, and an input as rows of their numbers.

    x (batch, …)  ->  rows (N, D)    D  the numbers along the axes, N  everything else

so that the maths has two axes, whichever those of the input are. For the last axes a row is a
view into x; for others the numbers move.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError


def one_or_list(owner: str, name: str, value: Any) -> int | list[int]:
    """Return an axis, or a list of axes."""
    if isinstance(value, (list, tuple)):
        return [_check.integer(owner, name, axis, minimum=None) for axis in value]
    return _check.integer(owner, name, value, minimum=None)


def check(owner: str, axes: Sequence[int], shape: Shape) -> None:
    """Check that an input of this shape has these axes."""
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"{owner}: `axis` must be among the input's {len(shape)} axes; got {axis} for an "
                f"input of shape {shape}."
            )


def axis(owner: str, name: str, value: Any) -> int | tuple[int, ...]:
    """Return one axis, or several of which none stands twice."""
    if not isinstance(value, (list, tuple)):
        return _check.integer(owner, name, value, minimum=None)
    found = tuple(_check.integer(owner, name, each, minimum=None) for each in value)
    if not found or len(set(found)) < len(found) or len({each < 0 for each in found}) > 1:
        raise ArgumentError(
            f"{owner}: `{name}` must be an axis or a list of different ones, all counted from the "
            f"front or all from the back; got {_check.shown(value)}."
        )
    return found


def of(owner: str, axis: int | tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """Return the axes of an input of this shape, counted from the front and sorted.

    Raises:
        ShapeError: one of them is not there, is the batch, or has no known size.
    """
    given = axis if isinstance(axis, tuple) else (axis,)
    found = tuple(sorted(each % len(shape) for each in given)) if shape else ()
    if any(not -len(shape) <= each < len(shape) for each in given) or 0 in found:
        raise ShapeError(
            f"{owner}: `axis` must be one of the input's axes after the batch; got "
            f"{axis} for an input of shape {shape}."
        )
    if any(not shape[each] for each in found):
        raise ShapeError(
            f"{owner}: `x` must have a known size above 0 along axis {axis}; got {shape}."
        )
    return found


def check_sizes(owner: str, axes: Sequence[int], shape: Shape, wanted: Sequence[int]) -> None:
    """Check that an input has along its axes the sizes that the weights were made for."""
    sizes = tuple(shape[each] for each in axes)
    if sizes != tuple(wanted):
        raise ShapeError(
            f"{owner}: `x` must have size {_shown(wanted)} along axis {_shown(axes)}; got {shape}."
        )


def _shown(sizes: Sequence[int | None]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else str(tuple(sizes))


def to_rows(x: Array, axes: Sequence[int]) -> Array:
    """Return x as rows (N, D) of the numbers along these axes, in C order."""
    size = math.prod(x.shape[each] for each in axes)
    last = np.moveaxis(x, axes, range(-len(axes), 0))
    return np.ascontiguousarray(last).reshape(-1, size)


def from_rows(rows: Array, axes: Sequence[int], shape: Sequence[int]) -> Array:
    """Return rows (N, D) as an array of the shape that `to_rows` was given."""
    if tuple(axes) == tuple(range(len(shape) - len(axes), len(shape))):
        return rows.reshape(shape)
    others = [n for each, n in enumerate(shape) if each not in axes]
    last = rows.reshape(*others, *(shape[each] for each in axes))
    return np.ascontiguousarray(np.moveaxis(last, range(-len(axes), 0), axes))


def sum_along(rows: Array) -> Array:
    """Return the sum (N,) of each row, whose bits do not depend on the rows beside it.

    (Those of `rows @ ones` would: they are BLAS's. `rows.sum(axis=1)` takes three times as long.)
    """
    return np.einsum("nd->n", rows)


def sum_rows(rows: Array) -> Array:
    """Return the sum (D,) of all rows."""
    return np.einsum("nd->d", rows)
