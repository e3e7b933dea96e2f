"""Activation functions of your own: the value by the function itself, the gradient by a tape.

    y = f(x)                      of x's shape, and taken in x's dtype
    dx_i = sum_j dy_j df_j/dx_i   f runs again on x, recorded, and then in reverse

So f must return the same each time, and compute with operators, `elman.ops` and what else a tape
can follow. An f that treats its numbers alone has df_j/dx_i = 0 for all i but j.

>>> import numpy as np
>>> x = np.array([1.0, 2.0])
>>> value(lambda x: x**3, x), derivative(lambda x: x**3, np.ones(2), x, x**3)
(array([1., 8.]), array([ 3., 12.]))
"""

from typing import Any

import numpy as np

from elman._typing import Array, Function
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import GradientTape, boxed, paused


def checked(function: Any, owner: str, argument: str) -> Function:
    """Return a function of your own that was given as an activation.

    Raises:
        ArgumentError: it is a class, or cannot be hashed.
    """
    if isinstance(function, type):
        name = function.__name__
        raise ArgumentError(
            f"{owner}: `{argument}` must be a name or a function of an array; got the class "
            f"{name}. Make an object of it, `{name}()`."
        )
    try:
        hash(function)
    except TypeError:
        raise ArgumentError(
            f"{owner}: `{argument}` must be a function, or an object that can be hashed; got a "
            f"{type(function).__name__}. Define its `__hash__`, or give its method."
        ) from None
    found: Function = function
    return found


def value(function: Function, x: Array) -> Array:
    """Return f(x).

    Raises:
        ShapeError: the function does not return a number for each number of x.
        ArgumentError: it returns something else than numbers.
    """
    with paused():
        y = np.asarray(function(x))
    if y.shape != x.shape:
        raise ShapeError(
            f"{_owner(function)}: it must return a number for each number of x, of shape "
            f"{x.shape}; got {y.shape}."
        )
    if y.dtype.kind not in "fiub":
        raise ArgumentError(
            f"{_owner(function)}: it must return an array of real numbers; got {y.dtype}."
        )
    return y.astype(x.dtype, copy=False)


def derivative(function: Function, dy: Array, x: Array, y: Array) -> Array:
    """Return the chain rule of f.

    Raises:
        ArgumentError: the function computes with what no tape can follow.
    """
    with GradientTape() as tape:
        box = tape.watch(x)
        try:
            again: Any = function(box)
        except TypeError as error:
            if "ArrayBox" not in str(error):
                raise
            raise _not_followed(function, str(error)) from error
    if not boxed(again):
        if np.asarray(again).dtype == object:
            raise _not_followed(function, "it made an array of objects")
        return np.zeros_like(x)  # of a constant
    dx = tape.gradient(again, box, dy)
    return np.zeros_like(x) if dx is None else np.asarray(dx)


def _not_followed(function: Function, why: str) -> ArgumentError:
    return ArgumentError(
        f"{_owner(function)}: it must compute with operators and `elman.ops`, so that its gradient "
        f"can be found; got something else: {why.rstrip('.')}."
    )


def _owner(function: Function) -> str:
    """Return how messages name the function."""
    return f"activation {getattr(function, '__name__', type(function).__name__)!r}"
