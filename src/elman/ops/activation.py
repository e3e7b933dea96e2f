"""Activation functions that take options, and rarer ones; the others are of `elman.activations`."""

import math
from typing import Any

import numpy as np

from elman._operation import gradient, operation
from elman.activations import sigmoid, tanh
from elman.ops.arithmetic import minimum
from elman.ops.cumulative import cumsum
from elman.ops.elementwise import erf, expm1, sqrt, square
from elman.ops.indexing import take_along_axis, where
from elman.ops.sorting import argsort


@operation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Return x above zero and `negative_slope` x below."""
    return where(np.greater(x, 0), x, np.multiply(negative_slope, x))


@operation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """Return x above zero and alpha (exp(x) - 1) below (Clevert et al. 2016)."""
    return where(np.greater(x, 0), x, alpha * expm1(minimum(x, 0)))


@operation
def celu(x: Any, alpha: float = 1.0) -> Any:
    """Return x above zero and alpha (exp(x / alpha) - 1) below (Barron 2017)."""
    return where(np.greater(x, 0), x, alpha * expm1(minimum(x, 0) / alpha))


@operation
def gelu(x: Any, approximate: bool = True) -> Any:
    """Return x Phi(x), Phi the normal distribution (Hendrycks & Gimpel 2016).

    Args:
        x: the array.
        approximate: whether Phi is (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
    """
    x = np.asarray(x) if isinstance(x, (int, float)) else x
    if approximate:
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


@operation
def glu(x: Any, axis: int = -1) -> Any:
    """Return a sigmoid(b), a and b the halves of x along an axis (Dauphin et al. 2017)."""
    a, b = np.split(x, 2, axis)
    return a * sigmoid(b)


@operation
def hard_silu(x: Any) -> Any:
    """Return x relu6(x + 3) / 6."""
    return np.multiply(x, np.clip(np.add(x, 3), 0, 6) / 6)


@gradient(hard_silu)
def dhard_silu(dy: Any, x: Any, y: Any) -> Any:
    """Chain rule of `hard_silu`: x / 3 + 1 / 2 from -3 to 3, and 1 above."""
    return dy * (np.clip(x + 3, 0, 6) / 6 + x * (np.abs(x) < 3) / 6)


@operation
def hard_swish(x: Any) -> Any:
    """Return x relu6(x + 3) / 6, as `hard_silu` does."""
    return hard_silu(x)


@operation
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x where |x| is above the threshold and 0 elsewhere."""
    return np.multiply(x, np.abs(x) > threshold)


@operation
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Return x moved towards zero by the threshold, and 0 where that is near enough."""
    return np.subtract(x, np.clip(x, -threshold, threshold))


@gradient(soft_shrink)
def dsoft_shrink(dy: Any, x: Any, y: Any, threshold: float) -> Any:
    """Chain rule of `soft_shrink`: 1 beyond the threshold."""
    return dy * (np.abs(x) > threshold)


@operation
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """Return x where it is above the threshold, and the default value elsewhere."""
    return where(np.greater(x, threshold), x, default_value)


@operation
def squareplus(x: Any, b: float = 4) -> Any:
    """Return (x + sqrt(x^2 + b)) / 2 (Barron 2021)."""
    return (x + sqrt(square(x) + b)) / 2


@operation
def sparse_plus(x: Any) -> Any:
    """Return 0 up to -1, (x + 1)^2 / 4 up to 1, and x above."""
    x = np.asarray(x) if isinstance(x, (int, float)) else x
    return where(x <= -1, 0, where(x < 1, square(x + 1) / 4, x))


@operation
def sparse_sigmoid(x: Any) -> Any:
    """Return 0 up to -1, (x + 1) / 2 up to 1, and 1 above."""
    return np.clip(np.add(x, 1) / 2, 0, 1)


@gradient(sparse_sigmoid)
def dsparse_sigmoid(dy: Any, x: Any, y: Any) -> Any:
    """Chain rule of `sparse_sigmoid`: 1/2 from -1 to 1."""
    return dy * (np.abs(x) < 1) / 2


@operation
def sparsemax(x: Any, axis: int = -1) -> Any:
    """Return the nearest probabilities to x, most of which are 0 (Martins & Astudillo 2016).

    With x sorted from the largest on, k is the largest with 1 + k x_k > x_1 + … + x_k, and
    y = max(x - (x_1 + … + x_k - 1) / k, 0).
    """
    x = np.moveaxis(x, axis, -1)
    down = take_along_axis(x, argsort(np.negative(x)), -1)
    sums = cumsum(down, -1)
    ranks = np.arange(1, x.shape[-1] + 1)
    k = np.sum(1 + ranks * down > sums, -1, keepdims=True)
    total = take_along_axis(sums, k - 1, -1)
    y = np.maximum(x - (total - 1) / k, 0)
    return np.moveaxis(y, -1, axis)
