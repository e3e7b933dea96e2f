"""Functions of each number by itself, such as exp and log; every gradient is y'(x) dy."""

import math
from typing import Any

import numpy as np

from elman._operation import constant, gradient, operation


@operation
def absolute(x: Any) -> Any:
    """Return |x|; its gradient at zero is zero."""
    return np.abs(x)


@operation
def abs(x: Any) -> Any:
    """Return |x|; its gradient at zero is zero."""
    return np.abs(x)


@operation
def negative(x: Any) -> Any:
    """Return -x."""
    return np.negative(x)


@operation
def square(x: Any) -> Any:
    """Return x^2."""
    return np.square(x)


@operation
def sqrt(x: Any) -> Any:
    """Return the square root."""
    return np.sqrt(x)


@operation
def rsqrt(x: Any) -> Any:
    """Return 1 / sqrt(x).

    >>> float(rsqrt(np.float32(4)))
    0.5
    """
    return 1 / np.sqrt(x)


@operation
def cbrt(x: Any) -> Any:
    """Return the cube root, of negative numbers too."""
    return np.cbrt(x)


@gradient(cbrt)
def dcbrt(dy: Any, x: Any, y: Any) -> Any:
    """Chain rule of `cbrt`: 1 / (3 y^2)."""
    return dy / (3 * y * y)


@operation
def reciprocal(x: Any) -> Any:
    """Return 1 / x."""
    return 1 / np.asarray(x) if isinstance(x, int) else 1 / x


@operation
def exp(x: Any) -> Any:
    """Return e^x."""
    return np.exp(x)


@operation
def exp2(x: Any) -> Any:
    """Return 2^x."""
    return np.exp2(x)


@operation
def expm1(x: Any) -> Any:
    """Return e^x - 1, right to the last digits near zero."""
    return np.expm1(x)


@operation
def log(x: Any) -> Any:
    """Return the natural logarithm."""
    return np.log(x)


@operation
def log2(x: Any) -> Any:
    """Return the logarithm to base 2."""
    return np.log2(x)


@operation
def log10(x: Any) -> Any:
    """Return the logarithm to base 10."""
    return np.log10(x)


@operation
def log1p(x: Any) -> Any:
    """Return log(1 + x), right to the last digits near zero."""
    return np.log1p(x)


@operation
def sin(x: Any) -> Any:
    """Return the sine of radians."""
    return np.sin(x)


@operation
def cos(x: Any) -> Any:
    """Return the cosine of radians."""
    return np.cos(x)


@operation
def tan(x: Any) -> Any:
    """Return the tangent of radians."""
    return np.tan(x)


@operation
def arcsin(x: Any) -> Any:
    """Return the radians in [-pi/2, pi/2] whose sine is x."""
    return np.arcsin(x)


@operation
def arccos(x: Any) -> Any:
    """Return the radians in [0, pi] whose cosine is x."""
    return np.arccos(x)


@operation
def arctan(x: Any) -> Any:
    """Return the radians in (-pi/2, pi/2) whose tangent is x."""
    return np.arctan(x)


@operation
def sinh(x: Any) -> Any:
    """Return the hyperbolic sine."""
    return np.sinh(x)


@operation
def cosh(x: Any) -> Any:
    """Return the hyperbolic cosine."""
    return np.cosh(x)


@operation
def arcsinh(x: Any) -> Any:
    """Return the number whose hyperbolic sine is x."""
    return np.arcsinh(x)


@operation
def arccosh(x: Any) -> Any:
    """Return the number of at least 0 whose hyperbolic cosine is x."""
    return np.arccosh(x)


@operation
def arctanh(x: Any) -> Any:
    """Return the number whose hyperbolic tangent is x."""
    return np.arctanh(x)


@operation
def deg2rad(x: Any) -> Any:
    """Return degrees as radians."""
    return np.deg2rad(x)


@operation
def rad2deg(x: Any) -> Any:
    """Return radians as degrees."""
    return np.rad2deg(x)


@operation
def erf(x: Any) -> Any:
    """Return 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    NumPy has none, so it is Python's, value by value.
    """
    values = np.asarray(np.frompyfunc(math.erf, 1, 1)(np.asarray(x, np.float64)), np.float64)
    dtype = np.asarray(x).dtype
    return values.astype(dtype) if dtype.kind == "f" else values


@gradient(erf)
def derf(dy: Any, x: Any, y: Any) -> Any:
    """Chain rule of `erf`: 2 / sqrt(pi) exp(-x^2)."""
    return dy * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


@operation
def erfc(x: Any) -> Any:
    """Return 1 - erf(x)."""
    return 1 - erf(x)


@operation
def nan_to_num(x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return x with numbers in place of NaN and infinities, by default 0 and the largest."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@gradient(nan_to_num)
def dnan_to_num(dy: Any, x: Any, y: Any, *others: Any) -> Any:
    """Chain rule of `nan_to_num`: nothing where a number was put in."""
    return dy * np.isfinite(x)


@constant
def sign(x: Any) -> Any:
    """Return -1, 0 or 1; its gradient is zero."""
    return np.sign(x)


@constant
def floor(x: Any) -> Any:
    """Return the largest integer that is not above x; its gradient is zero."""
    return np.floor(x)


@constant
def ceil(x: Any) -> Any:
    """Return the smallest integer that is not below x; its gradient is zero."""
    return np.ceil(x)


@constant
def trunc(x: Any) -> Any:
    """Return x without what stands behind the point; its gradient is zero."""
    return np.trunc(x)


@constant
def round(x: Any, decimals: int = 0) -> Any:
    """Return x rounded to so many decimals, halves to even; its gradient is zero."""
    return np.round(x, decimals)


@constant
def isnan(x: Any) -> Any:
    """Say where x is NaN."""
    return np.isnan(x)


@constant
def isinf(x: Any) -> Any:
    """Say where x is infinite."""
    return np.isinf(x)


@constant
def isposinf(x: Any) -> Any:
    """Say where x is plus infinity."""
    return np.isposinf(x)


@constant
def isneginf(x: Any) -> Any:
    """Say where x is minus infinity."""
    return np.isneginf(x)


@constant
def isfinite(x: Any) -> Any:
    """Say where x is neither NaN nor infinite."""
    return np.isfinite(x)


@constant
def logical_not(x: Any) -> Any:
    """Say where x is zero."""
    return np.logical_not(x)


@constant
def signbit(x: Any) -> Any:
    """Say where the sign is negative, that of -0.0 included."""
    return np.signbit(x)
