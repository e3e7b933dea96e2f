"""Activation functions: each f directly above its derivative.

    y = f(x)                    the activation, elementwise but for the two softmaxes
    dx = df(dy, x, y)           its chain rule: dL/dx from dL/dy, with f's own input and output

Formulas and constants are Keras's (`keras.activations`). All keep the dtype of `x`. In a layer or
loss of your own they compute with what a tape watches, and the tape knows their derivatives."""

import math

import numpy as np

from elman._operation import gradient, operation
from elman._typing import Activation, Array

SLOPE = 0.2  # leaky_relu, for x < 0
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al. 2017, eq. 14


@operation
def linear(x: Array) -> Array:
    """Return `x` as it is."""
    return x


def dlinear(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `linear`."""
    return dy


@operation
def relu(x: Array) -> Array:
    """Return max(x, 0)."""
    return np.maximum(x, 0)


def drelu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `relu`: 1 above zero, 0 at and below it."""
    return dy * (x > 0)


@operation
def relu6(x: Array) -> Array:
    """Return min(max(x, 0), 6)."""
    return np.clip(x, 0, 6)


def drelu6(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `relu6`."""
    return dy * ((x > 0) & (x < 6))


@operation
def leaky_relu(x: Array) -> Array:
    """Return x above zero and 0.2 x below."""
    return np.where(x > 0, x, SLOPE * x)


def dleaky_relu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `leaky_relu`."""
    return np.where(x > 0, dy, SLOPE * dy)


@operation
def elu(x: Array) -> Array:
    """Return x above zero and exp(x) - 1 below (Clevert et al. 2016)."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def delu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `elu`: below zero elu'(x) = exp(x) = y + 1."""
    return np.where(x > 0, dy, dy * (y + 1))


@operation
def selu(x: Array) -> Array:
    """Return the self-normalising scale * (x, or alpha (exp(x) - 1) below zero)."""
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


def dselu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `selu`: below zero selu'(x) = y + scale * alpha."""
    return dy * np.where(x < 0, y + SELU_SCALE * SELU_ALPHA, SELU_SCALE)


@operation
def celu(x: Array) -> Array:
    """Return max(x, 0) + min(exp(x) - 1, 0), which with alpha = 1 is `elu`."""
    return elu(x)


def dcelu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `celu`."""
    return delu(dy, x, y)


@operation
def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent."""
    return np.tanh(x)


def dtanh(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `tanh`: tanh'(x) = 1 - y^2."""
    return dy * (1 - y * y)


@operation
def tanh_shrink(x: Array) -> Array:
    """Return x - tanh(x)."""
    return x - np.tanh(x)


def dtanh_shrink(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `tanh_shrink`: 1 - (1 - tanh(x)^2) = (x - y)^2."""
    return dy * (x - y) ** 2


@operation
def hard_tanh(x: Array) -> Array:
    """Return x clipped to [-1, 1]."""
    return np.clip(x, -1, 1)


def dhard_tanh(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `hard_tanh`: 1 from -1 to 1, both included, as in Keras."""
    return dy * (np.abs(x) <= 1)


@operation
def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x))."""
    with np.errstate(over="ignore"):  # exp(-x) = inf is right: the quotient is 0
        return 1 / (1 + np.exp(-x))


def dsigmoid(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `sigmoid`: sigmoid'(x) = y (1 - y)."""
    return dy * y * (1 - y)


@operation
def hard_sigmoid(x: Array) -> Array:
    """Return relu6(x + 3) / 6, as Keras 3 has it."""
    return np.clip(x + 3, 0, 6) / 6


def dhard_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `hard_sigmoid`."""
    return dy * (np.abs(x) < 3) / 6


@operation
def hard_sigmoid_keras2(x: Array) -> Array:
    """Return 0.2 x + 0.5 clipped to [0, 1]: `hard_sigmoid` of Keras 1 and 2, and of ONNX."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def dhard_sigmoid_keras2(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `hard_sigmoid_keras2`."""
    return dy * (np.abs(x) < 2.5) * 0.2


@operation
def log_sigmoid(x: Array) -> Array:
    """Return log(sigmoid(x))."""
    return -softplus(-x)


def dlog_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `log_sigmoid`: sigmoid(-x)."""
    return dy * sigmoid(-x)


@operation
def silu(x: Array) -> Array:
    """Return x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


def dsilu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `silu`: with s = sigmoid(x), s + x s (1 - s) = s + y (1 - s)."""
    s = sigmoid(x)
    return dy * (s + y * (1 - s))


@operation
def softplus(x: Array) -> Array:
    """Return log(1 + exp(x))."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))  # exp of what is not positive


def dsoftplus(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `softplus`: sigmoid(x)."""
    return dy * sigmoid(x)


@operation
def softsign(x: Array) -> Array:
    """Return x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def dsoftsign(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `softsign`: 1 / (1 + |x|)^2."""
    return dy / (1 + np.abs(x)) ** 2


@operation
def mish(x: Array) -> Array:
    """Return x * tanh(softplus(x)) (Misra 2019)."""
    return x * np.tanh(softplus(x))


def dmish(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `mish`: with t = tanh(softplus(x)), t + x (1 - t^2) sigmoid(x)."""
    t = np.tanh(softplus(x))
    return dy * (t + x * (1 - t * t) * sigmoid(x))


def _normal_cdf(x: Array) -> Array:
    """Return (1 + erf(x / sqrt 2)) / 2; NumPy has no erf, so it is Python's, value by value."""
    erf = np.frompyfunc(math.erf, 1, 1)(np.asarray(x, np.float64) / math.sqrt(2))
    return np.asarray((1 + np.asarray(erf, np.float64)) / 2, x.dtype)


@operation
def gelu(x: Array) -> Array:
    """Return x * Phi(x) with the exact normal distribution (Hendrycks & Gimpel 2016)."""
    return x * _normal_cdf(x)


def dgelu(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `gelu`: Phi(x) + x phi(x)."""
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return dy * (_normal_cdf(x) + x * density)


@operation
def exponential(x: Array) -> Array:
    """Return exp(x)."""
    return np.exp(x)


def dexponential(dy: Array, x: Array, y: Array) -> Array:
    """Chain rule of `exponential`: y itself."""
    return dy * y


@operation
def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Return exp(x) divided by its sum along `axis`, so that it sums to 1."""
    shifted = np.exp(x - np.max(x, axis=axis, keepdims=True))  # the shift cancels; no overflow
    return shifted / shifted.sum(axis=axis, keepdims=True)


def dsoftmax(dy: Array, x: Array, y: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Chain rule of `softmax`: dx_i = y_i (dy_i - sum_j dy_j y_j)."""
    return y * (dy - (dy * y).sum(axis=axis, keepdims=True))


@operation
def log_softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Return log(softmax(x))."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def dlog_softmax(dy: Array, x: Array, y: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """Chain rule of `log_softmax`: dx_i = dy_i - softmax_i sum_j dy_j."""
    return dy - np.exp(y) * dy.sum(axis=axis, keepdims=True)


ACTIVATIONS: dict[str, Activation] = {
    "linear": (linear, dlinear),
    "relu": (relu, drelu),
    "relu6": (relu6, drelu6),
    "leaky_relu": (leaky_relu, dleaky_relu),
    "elu": (elu, delu),
    "selu": (selu, dselu),
    "celu": (celu, dcelu),
    "tanh": (tanh, dtanh),
    "tanh_shrink": (tanh_shrink, dtanh_shrink),
    "hard_tanh": (hard_tanh, dhard_tanh),
    "sigmoid": (sigmoid, dsigmoid),
    "hard_sigmoid": (hard_sigmoid, dhard_sigmoid),
    "hard_sigmoid_keras2": (hard_sigmoid_keras2, dhard_sigmoid_keras2),
    "log_sigmoid": (log_sigmoid, dlog_sigmoid),
    "silu": (silu, dsilu),
    "softplus": (softplus, dsoftplus),
    "softsign": (softsign, dsoftsign),
    "mish": (mish, dmish),
    "gelu": (gelu, dgelu),
    "exponential": (exponential, dexponential),
    "softmax": (softmax, dsoftmax),
    "log_softmax": (log_softmax, dlog_softmax),
}
for _f, _df in ACTIVATIONS.values():
    gradient(_f)(_df)
