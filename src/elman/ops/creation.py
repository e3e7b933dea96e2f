"""New arrays: zeros, arange, eye …; floats are of `floatx()` where no dtype is given."""

from typing import Any

import numpy as np

from elman._operation import constant, exact, operation
from elman._settings import floatx


def _dtype(dtype: Any, *values: Any) -> Any:
    """Return the dtype of an array of these values, of which Python's floats have none."""
    if dtype is not None:
        return dtype
    found = np.result_type(*values)
    double = any(getattr(value, "dtype", None) == np.float64 for value in values)
    return np.dtype(floatx()) if found == np.float64 and not double else found


@exact
def zeros(shape: Any, dtype: Any = None) -> Any:
    """Return zeros, by default of `floatx()`.

    >>> zeros((2,)).dtype
    dtype('float32')
    """
    return np.zeros(shape, dtype or floatx())


@exact
def ones(shape: Any, dtype: Any = None) -> Any:
    """Return ones, by default of `floatx()`."""
    return np.ones(shape, dtype or floatx())


@exact
def empty(shape: Any, dtype: Any = None) -> Any:
    """Return an array whose numbers are whatever was there, by default of `floatx()`."""
    return np.empty(shape, dtype or floatx())


@operation
def full(shape: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Return an array filled with a value."""
    y = np.ones(shape, "bool") * np.asarray(fill_value)
    return y if dtype is None else y.astype(dtype)


@constant
def zeros_like(x: Any, dtype: Any = None) -> Any:
    """Return zeros of the shape of x, and by default of its dtype."""
    return np.zeros_like(x, dtype)


@constant
def ones_like(x: Any, dtype: Any = None) -> Any:
    """Return ones of the shape of x, and by default of its dtype."""
    return np.ones_like(x, dtype)


@constant
def empty_like(x: Any, dtype: Any = None) -> Any:
    """Return an array of the shape of x whose numbers are whatever was there."""
    return np.empty_like(x, dtype)


@constant
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Any:
    """Return an array of the shape of x filled with a value."""
    return np.full_like(x, fill_value, dtype)


@exact
def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Any:
    """Return numbers from start to before stop; with start alone, from 0 to before it.

    >>> arange(3), arange(0.0, 1.0, 0.5)
    (array([0, 1, 2]), array([0. , 0.5], dtype=float32))
    """
    if stop is None:
        start, stop = 0, start
    step = 1 if step is None else step
    return np.arange(start, stop, step).astype(_dtype(dtype, start, stop, step), copy=False)


@exact
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return so many numbers at equal distances.

    Args:
        start, stop: the first and, where `endpoint` is True, the last.
        num: how many.
        endpoint: whether `stop` is one of them.
        retstep: whether to return the distance too.
        dtype: by default `floatx()`, or "float64" where start or stop is an array of it.
        axis: along which they lie, where start and stop are arrays.
    """
    y, step = np.linspace(start, stop, num, endpoint, retstep=True, axis=axis)
    y = y.astype(_dtype(dtype, start, stop, 1.0), copy=False)
    return (y, step) if retstep else y


@exact
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """Return the base to the power of so many numbers at equal distances."""
    y = np.logspace(start, stop, num, endpoint, base, axis=axis)
    return y.astype(_dtype(dtype, start, stop, 1.0), copy=False)


@exact
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Return (N, M) zeros with ones on diagonal k, by default of `floatx()`."""
    return np.eye(N, M, k, dtype or floatx())


@exact
def identity(n: int, dtype: Any = None) -> Any:
    """Return the (n, n) identity matrix, by default of `floatx()`."""
    return np.identity(n, dtype or floatx())


@exact
def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Any:
    """Return (N, M) zeros with ones on and below diagonal k, by default of `floatx()`."""
    return np.tri(N, M, k, dtype or floatx())
