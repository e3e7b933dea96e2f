"""Products of vectors and matrices, and norms."""

from typing import Any

import numpy as np

from elman._operation import operation
from elman.errors import ArgumentError
from elman.ops.arithmetic import multiply, power
from elman.ops.elementwise import absolute, sqrt, square
from elman.ops.reduction import Axis, axes_of, max, min, sum


@operation
def matmul(x1: Any, x2: Any) -> Any:
    """Return the matrix product, of the last two axes.

    >>> matmul(np.ones((2, 3)), np.ones((3, 1))).tolist()
    [[3.0], [3.0]]
    """
    return np.matmul(x1, x2)


@operation
def dot(x1: Any, x2: Any) -> Any:
    """Return the products summed over the last axis of x1 and the last but one of x2."""
    return np.dot(x1, x2)


@operation
def vdot(x1: Any, x2: Any) -> Any:
    """Return the sum of all products."""
    return np.dot(np.ravel(x1), np.ravel(x2))


@operation
def inner(x1: Any, x2: Any) -> Any:
    """Return the products summed over the last axes of both."""
    return np.inner(x1, x2)


@operation
def outer(x1: Any, x2: Any) -> Any:
    """Return the product of every number of x1 with every one of x2."""
    return multiply(np.reshape(x1, (-1, 1)), np.reshape(x2, (1, -1)))


@operation
def tensordot(x1: Any, x2: Any, axes: Any = 2) -> Any:
    """Return the products summed over axes.

    Args:
        x1, x2: the arrays.
        axes: how many, the last of x1 and the first of x2; or which of each, two lists.
    """
    return np.tensordot(x1, x2, axes)


@operation
def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Return the sum of products that the subscripts describe, such as "bti,bi->bt"."""
    if kwargs:
        raise ArgumentError(
            f"einsum: `{next(iter(kwargs))}` must be left out; got "
            f"{next(iter(kwargs.values()))!r}. elman's takes subscripts and operands."
        )
    return np.einsum(subscripts, *operands)


@operation
def cross(
    x1: Any, x2: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Return the cross product of vectors of three numbers."""
    first, second, last = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = np.moveaxis(x1, first, 0), np.moveaxis(x2, second, 0)
    parts = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    return np.stack(parts, last)


@operation
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the norm of vectors or matrices.

    Args:
        x: the array.
        ord: of vectors None or 2 (Euclidean), 1, 0, inf, -inf or another power; of matrices None or
            "fro", "nuc", 1, -1, 2, -2, inf, -inf.
        axis: one of vectors, two of matrices; None for all numbers.
        keepdims: whether they stay, at size 1.

    >>> norm(np.array([3.0, 4.0]))
    np.float64(5.0)
    """
    ndim = np.ndim(x)
    axes = axes_of(axis, ndim)
    if ord in (None, "fro") or (ord == 2 and len(axes) == 1):
        if ord == "fro" and len(axes) != 2:
            raise ArgumentError(
                f"norm: `axis` must name two axes where `ord` is 'fro'; got {axis!r}."
            )
        return sqrt(sum(square(x), axes, keepdims))
    if len(axes) == 1:
        return _of_vectors(x, ord, axes, keepdims)
    if len(axes) != 2:
        raise ArgumentError(
            f"norm: `axis` must name one axis or two where `ord` is {ord!r}; got {axis!r}."
        )
    return _of_matrices(x, ord, axes, keepdims)


def _of_vectors(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if isinstance(ord, str):
        raise ArgumentError(f"norm: `ord` must be a number where `axis` is one; got {ord!r}.")
    size = absolute(x)
    if ord == np.inf:
        return max(size, axes, keepdims)
    if ord == -np.inf:
        return min(size, axes, keepdims)
    if ord == 0:
        return sum(power(size, 0) * (size > 0), axes, keepdims)
    if ord == 1:
        return sum(size, axes, keepdims)
    return power(sum(power(size, ord), axes, keepdims), 1.0 / ord)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord not in ("nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise ArgumentError(
            "norm: `ord` must be None, 'fro', 'nuc', 1, -1, 2, -2, inf or -inf for matrices; "
            f"got {ord!r}."
        )
    rows, columns = axes
    if ord in ("nuc", 2, -2):
        return _of_singular_values(x, ord, axes, keepdims)
    over, along = (rows, columns) if ord in (1, -1) else (columns, rows)
    choose = max if ord > 0 else min
    y = choose(sum(absolute(x), over, True), along, True)
    return y if keepdims else squeezed(y, axes)


@operation
def _of_singular_values(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    s = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), full_matrices=False)[1]
    y = {"nuc": sum, 2: max, -2: min}[ord](s, -1)
    return np.expand_dims(y, axes) if keepdims else y


@operation
def squeezed(x: Any, axes: tuple[int, ...]) -> Any:
    """Return x without these axes of size 1."""
    return np.squeeze(x, axes)
