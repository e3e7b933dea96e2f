"""Functions of two arrays, number by number, broadcast against each other."""

from typing import Any

import numpy as np

from elman._operation import constant, gradient, operation


@operation
def add(x1: Any, x2: Any) -> Any:
    """Return x1 + x2.

    >>> add(np.array([1, 2]), 0.5).dtype
    dtype('float32')
    """
    return np.add(x1, x2)


@operation
def subtract(x1: Any, x2: Any) -> Any:
    """Return x1 - x2."""
    return np.subtract(x1, x2)


@operation
def multiply(x1: Any, x2: Any) -> Any:
    """Return x1 * x2, number by number."""
    return np.multiply(x1, x2)


@operation
def divide(x1: Any, x2: Any) -> Any:
    """Return x1 / x2."""
    return np.true_divide(x1, x2)


@operation
def true_divide(x1: Any, x2: Any) -> Any:
    """Return x1 / x2."""
    return np.true_divide(x1, x2)


@operation
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Return x1 / x2, and 0 where x2 is 0.

    >>> divide_no_nan([1.0, 2.0], [0.0, 4.0])
    array([0. , 0.5], dtype=float32)
    """
    there = np.not_equal(x2, 0)
    return np.divide(x1, np.where(there, x2, 1)) * there


@gradient(divide_no_nan)
def ddivide_no_nan(dy: Any, x1: Any, y: Any, x2: Any) -> tuple[Any, Any]:
    """Gradient of `divide_no_nan`: dy / x2 and -dy y / x2, and 0 where x2 is 0."""
    dx1 = dy / np.where(x2 == 0, 1, x2) * (x2 != 0)
    return dx1, -dx1 * y


@operation
def power(x1: Any, x2: Any) -> Any:
    """Return x1 to the power of x2."""
    return np.power(x1, x2)


@operation
def mod(x1: Any, x2: Any) -> Any:
    """Return what is left of x1 after whole times x2, with the sign of x2."""
    return np.mod(x1, x2)


@constant
def floor_divide(x1: Any, x2: Any) -> Any:
    """Return how many whole times x2 is in x1; its gradient is zero."""
    return np.floor_divide(x1, x2)


@operation
def maximum(x1: Any, x2: Any) -> Any:
    """Return the larger; both get half of the gradient where they are equal."""
    return np.maximum(x1, x2)


@operation
def minimum(x1: Any, x2: Any) -> Any:
    """Return the smaller; both get half of the gradient where they are equal."""
    return np.minimum(x1, x2)


@operation
def clip(x: Any, x_min: Any, x_max: Any) -> Any:
    """Return x, or the limit where it is beyond one."""
    return np.clip(x, x_min, x_max)


@gradient(clip)
def dclip(dy: Any, x: Any, y: Any, x_min: Any, x_max: Any) -> tuple[Any, Any, Any]:
    """Gradient of `clip`: that of x from limit to limit, both included; else that of the limit."""
    below = False if x_min is None else x < x_min
    above = False if x_max is None else x > x_max
    return dy * np.logical_not(np.logical_or(below, above)), dy * below, dy * above


@operation
def arctan2(x1: Any, x2: Any) -> Any:
    """Return the angle of the point (x2, x1), in (-pi, pi]."""
    return np.arctan2(x1, x2)


@operation
def hypot(x1: Any, x2: Any) -> Any:
    """Return sqrt(x1^2 + x2^2)."""
    return np.hypot(x1, x2)


@operation
def logaddexp(x1: Any, x2: Any) -> Any:
    """Return log(exp(x1) + exp(x2)), without overflow."""
    return np.logaddexp(x1, x2)


@constant
def equal(x1: Any, x2: Any) -> Any:
    """Say where x1 is x2."""
    return np.equal(x1, x2)


@constant
def not_equal(x1: Any, x2: Any) -> Any:
    """Say where x1 is not x2."""
    return np.not_equal(x1, x2)


@constant
def less(x1: Any, x2: Any) -> Any:
    """Say where x1 is less than x2."""
    return np.less(x1, x2)


@constant
def less_equal(x1: Any, x2: Any) -> Any:
    """Say where x1 is at most x2."""
    return np.less_equal(x1, x2)


@constant
def greater(x1: Any, x2: Any) -> Any:
    """Say where x1 is greater than x2."""
    return np.greater(x1, x2)


@constant
def greater_equal(x1: Any, x2: Any) -> Any:
    """Say where x1 is at least x2."""
    return np.greater_equal(x1, x2)


@constant
def logical_and(x1: Any, x2: Any) -> Any:
    """Say where both are true."""
    return np.logical_and(x1, x2)


@constant
def logical_or(x1: Any, x2: Any) -> Any:
    """Say where one or both are true."""
    return np.logical_or(x1, x2)


@constant
def logical_xor(x1: Any, x2: Any) -> Any:
    """Say where one alone is true."""
    return np.logical_xor(x1, x2)


@constant
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Say where |x1 - x2| is at most atol + rtol |x2|."""
    return np.isclose(x1, x2, rtol, atol, equal_nan)


@constant
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Say whether |x1 - x2| is at most atol + rtol |x2| everywhere."""
    return np.allclose(x1, x2, rtol, atol, equal_nan)
