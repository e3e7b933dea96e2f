"""Functions that make one number of many, along an axis, several, or all: sum, mean, max …

`axis` is an integer, a list or tuple of them, or None for all; `keepdims` leaves each at size 1.
"""

import math
from typing import Any

import numpy as np

from elman._operation import constant, gradient, operation
from elman._settings import floatx
from elman.ops.arithmetic import divide, multiply
from elman.ops.cumulative import cumprod
from elman.ops.elementwise import sqrt

Axis = Any  # int, sequence of int, or None


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return axes as a tuple, counted from the first."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(i % ndim for i in (axis if isinstance(axis, (list, tuple)) else (axis,)))


def _tuple(axis: Axis) -> Any:
    return tuple(axis) if type(axis) is list else axis


def _expanded(y: Any, x: Any, axis: Axis) -> Any:
    """Return what a reduction of x made, or its gradient, with the axes that it lost."""
    axes = axes_of(axis, x.ndim)
    return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)])


@operation
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the sum.

    >>> sum(np.float32([[1, 2], [3, 4]]), axis=0)
    array([4., 6.], dtype=float32)
    """
    return np.sum(x, axis=_tuple(axis), keepdims=keepdims)


@gradient(sum)
def dsum(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """Gradient of `sum`: dy for every summand."""
    return np.broadcast_to(_expanded(dy, x, axis), x.shape) + np.zeros((), x.dtype)


@operation
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean."""
    return np.mean(x, axis=_tuple(axis), keepdims=keepdims)


@gradient(mean)
def dmean(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """Gradient of `mean`: dy / n for every one of n summands."""
    n = math.prod(x.shape[i] for i in axes_of(axis, x.ndim))
    return dsum(dy / n, x, y, axis, keepdims)


@operation
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the variance, the mean of (x - mean)^2."""
    return np.var(x, axis=_tuple(axis), keepdims=keepdims)


@gradient(var)
def dvar(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """Gradient of `var`: 2 (x - mean) / n."""
    n = math.prod(x.shape[i] for i in axes_of(axis, x.ndim))
    return _expanded(dy, x, axis) * (x - mean(x, axis, True)) * (2 / n)


@operation
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the standard deviation, the square root of the variance."""
    return sqrt(var(x, axis, keepdims))


@operation
def average(x: Any, axis: Axis = None, weights: Any = None) -> Any:
    """Return the mean, with weights that are of the shape of x or of the axis.

    >>> average([1.0, 2.0, 6.0], weights=[1.0, 1.0, 2.0])
    np.float32(3.75)
    """
    if weights is None:
        return mean(x, axis)
    if np.ndim(weights) == 1 and np.ndim(x) > 1:
        (i,) = axes_of(axis, np.ndim(x))
        weights = np.reshape(weights, [-1 if i == j else 1 for j in range(np.ndim(x))])
    total = sum(multiply(weights, np.ones(np.shape(x), floatx())), axis)
    return divide(sum(multiply(x, weights), axis), total)


@operation
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Return the largest; where several are, each gets its share of the gradient.

    Args:
        x: the array.
        axis, keepdims: along what.
        initial: what the result is at least.
    """
    if initial is None:
        return np.max(x, axis=_tuple(axis), keepdims=keepdims)
    return np.max(x, axis=_tuple(axis), keepdims=keepdims, initial=initial)


@gradient(max)
def dmax(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool, initial: Any) -> Any:
    """Gradient of `max` and `min`: dy, shared by all that equal y."""
    chosen = np.equal(x, _expanded(y, x, axis))
    count = np.sum(chosen, axis=_tuple(axis), keepdims=True)
    return _expanded(dy, x, axis) * chosen / np.maximum(count, 1).astype(x.dtype)


@operation
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Any:
    """Return the smallest; where several are, each gets its share of the gradient.

    Args:
        x: the array.
        axis, keepdims: along what.
        initial: what the result is at most.
    """
    if initial is None:
        return np.min(x, axis=_tuple(axis), keepdims=keepdims)
    return np.min(x, axis=_tuple(axis), keepdims=keepdims, initial=initial)


gradient(min)(dmax)


@operation
def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest, as `max` does."""
    return max(x, axis, keepdims)


@operation
def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the smallest, as `min` does."""
    return min(x, axis, keepdims)


@operation
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest minus the smallest."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


@operation
def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """Return the product.

    Args:
        x: the array.
        axis, keepdims: along what.
        dtype: of the product, by default that of x.
    """
    return np.prod(x, axis=_tuple(axis), keepdims=keepdims, dtype=dtype)


@gradient(prod)
def dprod(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool, dtype: Any) -> Any:
    """Gradient of `prod`: dy times the product of all others, which a zero does not disturb."""
    axes = axes_of(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axes]
    order = (*kept, *axes)
    turned = np.transpose(x, order)
    rows = np.reshape(turned, (*(x.shape[i] for i in kept), -1))
    ones = np.ones_like(rows[..., :1])
    before = np.concatenate([ones, cumprod(rows[..., :-1], -1)], -1)
    after = np.concatenate([ones, cumprod(rows[..., :0:-1], -1)], -1)[..., ::-1]
    others = np.transpose(np.reshape(before * after, turned.shape), np.argsort(order))
    return _expanded(dy, x, axis) * others


@operation
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))), without overflow.

    >>> logsumexp(np.float32([1000, 1000])).round(2)
    np.float32(1000.69)
    """
    x = np.asarray(x)
    top = np.max(x, axis=_tuple(axis), keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    total = np.sum(np.exp(x - top), axis=_tuple(axis), keepdims=True)
    y = np.where(total > 0, np.log(np.where(total > 0, total, 1)) + top, -np.inf)
    y = y.astype(top.dtype)
    return y if keepdims else np.squeeze(y, axes_of(axis, x.ndim))[()]


@gradient(logsumexp)
def dlogsumexp(dy: Any, x: Any, y: Any, axis: Axis, keepdims: bool) -> Any:
    """Gradient of `logsumexp`: the softmax, exp(x - y)."""
    return _expanded(dy, x, axis) * np.exp(x - _expanded(y, x, axis))


@operation
def moments(x: Any, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> Any:
    """Return mean and variance.

    Args:
        x: the array.
        axes, keepdims: along what.
        synchronized: accepted as in Keras; there is one process, so nothing to synchronize.
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@constant
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Say whether all are true."""
    return np.all(x, axis=_tuple(axis), keepdims=keepdims)


@constant
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Say whether one or more are true."""
    return np.any(x, axis=_tuple(axis), keepdims=keepdims)


@constant
def count_nonzero(x: Any, axis: Axis = None) -> Any:
    """Return how many are not zero."""
    return np.count_nonzero(x, axis=_tuple(axis))
