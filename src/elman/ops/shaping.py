"""Functions that move numbers about and leave them what they are: reshape, transpose, stack …"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._operation import gradient, operation
from elman.errors import ArgumentError
from elman.ops.indexing import put, take


@operation
def reshape(x: Any, newshape: Any) -> Any:
    """Return the same numbers in another shape; one size may be -1.

    >>> reshape(np.zeros((4, 3)), (2, -1)).shape
    (2, 6)
    """
    return np.reshape(x, newshape)


@operation
def ravel(x: Any) -> Any:
    """Return all numbers in one axis."""
    return np.ravel(x)


@operation
def expand_dims(x: Any, axis: Any) -> Any:
    """Return x with an axis of size 1 put in at `axis`, or at each of several."""
    return np.expand_dims(x, tuple(axis) if isinstance(axis, list) else axis)


@operation
def squeeze(x: Any, axis: Any = None) -> Any:
    """Return x without the axes of size 1, or without those named alone."""
    return np.squeeze(x, tuple(axis) if isinstance(axis, list) else axis)


@operation
def transpose(x: Any, axes: Any = None) -> Any:
    """Return x with its axes in this order, by default turned round."""
    return np.transpose(x, axes)


@gradient(transpose)
def dtranspose(dy: Any, x: Any, y: Any, axes: Any) -> Any:
    """Gradient of `transpose`: the order undone."""
    back = None if axes is None else np.argsort([axis % x.ndim for axis in axes])
    return np.transpose(dy, back)


@operation
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Return x with two axes in each other's place."""
    return np.swapaxes(x, axis1, axis2)


@operation
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Return x with an axis, or several, moved to other places."""
    return np.moveaxis(x, source, destination)


@operation
def broadcast_to(x: Any, shape: Any) -> Any:
    """Return x repeated along new axes and along those of size 1, so that it has this shape."""
    return np.broadcast_to(x, shape)


@gradient(broadcast_to)
def dbroadcast_to(dy: Any, x: Any, y: Any, shape: Any) -> Any:
    """Gradient of `broadcast_to`: dy, which is summed over what was repeated."""
    return dy


@operation
def concatenate(xs: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays end to end along an axis that they have.

    >>> concatenate([np.zeros((2, 3)), np.ones((2, 1))], axis=-1).shape
    (2, 4)
    """
    return np.concatenate(xs, axis)


@operation
def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Return arrays of one shape beside each other along a new axis."""
    return np.stack(x, axis)


@operation
def hstack(xs: Sequence[Any]) -> Any:
    """Return arrays end to end along axis 1, or along 0 where they have no other."""
    return np.hstack(xs)


@operation
def vstack(xs: Sequence[Any]) -> Any:
    """Return arrays, or rows, end to end along axis 0."""
    return np.vstack(xs)


@operation
def append(x1: Any, x2: Any, axis: int | None = None) -> Any:
    """Return x1 and x2 end to end along an axis; by default as one axis of all numbers."""
    return np.append(x1, x2, axis)


@operation
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return x cut along an axis.

    Args:
        x: the array.
        indices_or_sections: into how many parts of one size; or a list of where to cut.
        axis: which.

    >>> [part.shape for part in split(np.zeros((2, 5)), [1, 3], axis=1)]
    [(2, 1), (2, 2), (2, 2)]
    """
    return list(np.split(x, indices_or_sections, axis))


@operation
def array_split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Return x cut into so many parts of nearly one size along an axis."""
    return list(np.array_split(x, indices_or_sections, axis))


@operation
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[Any]:
    """Return the arrays that lie beside each other along an axis.

    Args:
        x: the array.
        num: how many there are, which need not be said.
        axis: which.
    """
    turned = np.moveaxis(x, axis, 0)
    return [turned[i] for i in range(len(turned))]


@operation
def tile(x: Any, repeats: Any) -> Any:
    """Return x as a whole repeated along its axes so many times."""
    return np.tile(x, repeats)


@gradient(tile)
def dtile(dy: Any, x: Any, y: Any, repeats: Any) -> Any:
    """Gradient of `tile`: the sum over what is the same."""
    shape = (1,) * (dy.ndim - x.ndim) + x.shape
    pairs = [size for n, m in zip(dy.shape, shape, strict=True) for size in (n // max(m, 1), m)]
    return np.reshape(np.sum(np.reshape(dy, pairs), tuple(range(0, len(pairs), 2))), x.shape)


@operation
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    """Return x with each number, or each slice along an axis, repeated so many times."""
    return np.repeat(x, repeats, axis)


@gradient(repeat)
def drepeat(dy: Any, x: Any, y: Any, repeats: Any, axis: int | None) -> Any:
    """Gradient of `repeat`: the sum over what is the same."""
    if axis is None:
        places = np.repeat(np.arange(x.size), repeats)
        return np.reshape(put(dy, (places,), (x.size,)), x.shape)
    places = np.repeat(np.arange(x.shape[axis]), repeats)
    return put(dy, (*[slice(None)] * (axis % x.ndim), places), x.shape)


@operation
def roll(x: Any, shift: Any, axis: Any = None) -> Any:
    """Return x moved on by so many places along an axis; what falls off comes in in front."""
    return np.roll(x, shift, axis)


@gradient(roll)
def droll(dy: Any, x: Any, y: Any, shift: Any, axis: Any) -> Any:
    """Gradient of `roll`: moved back."""
    return np.roll(dy, np.negative(shift), axis)


@operation
def flip(x: Any, axis: Any = None) -> Any:
    """Return x turned round along an axis, or along all."""
    return np.flip(x, tuple(axis) if isinstance(axis, list) else axis)


@gradient(flip)
def dflip(dy: Any, x: Any, y: Any, axis: Any) -> Any:
    """Gradient of `flip`: turned round again."""
    return flip(dy, axis)


@operation
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Any:
    """Return x with an edge around it.

    Args:
        x: the array.
        pad_width: how wide, before and after, along each axis: `((1, 0), (2, 2))`; one pair, or one
            number, for all.
        mode: "constant"; or "reflect", "symmetric", "edge" or "wrap", which repeat what is there.
        constant_values: what a constant edge is filled with, by default 0.
    """
    numpy_pad: Any = np.pad
    if mode == "constant":
        return numpy_pad(x, pad_width, mode, constant_values=constant_values or 0)
    widths = np.broadcast_to(pad_width, (np.ndim(x), 2))
    for axis, width in enumerate(widths):
        if width.any():
            x = take(x, numpy_pad(np.arange(np.shape(x)[axis]), width, mode), axis)
    return x


@operation
def tril(x: Any, k: int = 0) -> Any:
    """Return matrices with zeros above diagonal k."""
    return np.tril(x, k)


@operation
def triu(x: Any, k: int = 0) -> Any:
    """Return matrices with zeros below diagonal k."""
    return np.triu(x, k)


@operation
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the diagonal of the matrices that lie along two axes."""
    turned = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = _places(turned.shape[-2], turned.shape[-1], offset)
    return turned[..., rows, columns]


@operation
def diag(x: Any, k: int = 0) -> Any:
    """Return the diagonal k of a matrix; or the matrix that has these numbers on it."""
    if np.ndim(x) == 2:
        return diagonal(x, k)
    n = np.shape(x)[0] + (k if k > 0 else -k)
    return put(x, _places(n, n, k), (n, n))


@operation
def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the sum of the diagonal of the matrices that lie along two axes."""
    return np.sum(diagonal(x, offset, axis1, axis2), -1)


def _places(rows: int, columns: int, offset: int) -> tuple[Any, Any]:
    """Return where a diagonal lies."""
    i = np.arange(max(0, min(rows, columns - offset) - max(0, -offset))) + max(0, -offset)
    return i, i + offset


@operation
def meshgrid(*x: Any, indexing: str = "xy") -> list[Any]:
    """Return the coordinates of all points of a grid, one array an axis.

    Args:
        x: the coordinates along each axis.
        indexing: "ij" for arrays whose axes are in this order, "xy" to swap the first two.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"meshgrid: `indexing` must be 'xy' or 'ij'; got {indexing!r}.")
    shape = tuple(np.size(axis) for axis in x)
    found = []
    for i, axis in enumerate(x):
        ahead = [-1 if i == j else 1 for j in range(len(x))]
        grid = broadcast_to(np.reshape(axis, ahead), shape)
        found.append(np.swapaxes(grid, 0, 1) if indexing == "xy" and len(x) > 1 else grid)
    return found
