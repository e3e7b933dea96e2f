"""What layers and losses are made of: crossentropies, normalizations, attention.

Source: Keras 3.15 on TensorFlow, for what is clipped and where.
"""

import math
from typing import Any

import numpy as np

from elman._operation import operation
from elman._settings import EPSILON
from elman.activations import log_softmax, softmax, softplus
from elman.errors import ArgumentError, ShapeError
from elman.ops.arithmetic import clip, divide, maximum, minimum
from elman.ops.core import cast
from elman.ops.elementwise import log, rsqrt, sqrt, square
from elman.ops.indexing import take_along_axis, where
from elman.ops.products import einsum, norm
from elman.ops.reduction import axes_of, mean, sum, var


@operation
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Return -t log(y) - (1 - t) log(1 - y) of each number.

    Args:
        target: t, from 0 to 1.
        output: y, probabilities of the same shape, clipped to [1e-7, 1 - 1e-7]; or logits.
        from_logits: whether y is the sigmoid of the output.

    Raises:
        ShapeError: the shapes differ.
    """
    _same_shapes("binary_crossentropy", target, output)
    if from_logits:
        return softplus(output) - target * output
    y = clip(output, EPSILON, 1 - EPSILON)
    return -(target * log(y) + (1 - target) * log(1 - y))


@operation
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return -sum(t log(y)) along the axis of the classes.

    Args:
        target: t, the probability of each class.
        output: y, of the same shape, divided by its sum and clipped to [1e-7, 1 - 1e-7]; or logits.
        from_logits: whether y is the softmax of the output.
        axis: along which the classes lie.

    Raises:
        ShapeError: the shapes differ.
    """
    _same_shapes("categorical_crossentropy", target, output)
    if from_logits:
        return -sum(target * log_softmax(output, axis), axis)
    y = clip(output / sum(output, axis, True), EPSILON, 1 - EPSILON)
    return -sum(target * log(y), axis)


@operation
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return -log(y_t) of each sample.

    Args:
        target: t, the number of the class, of the shape of `output` without its last axis, or with
            a last axis of 1.
        output: y, the probability of each class, clipped to [1e-7, 1 - 1e-7] and then divided by
            its sum; or logits.
        from_logits: whether y is the softmax of the output.
        axis: along which the classes lie, the last.

    Raises:
        ArgumentError: the axis is another, or a class is none of the output's.
        ShapeError: the shapes do not fit.
    """
    owner, ndim = "sparse_categorical_crossentropy", np.ndim(output)
    if axis not in (-1, ndim - 1):
        raise ArgumentError(f"{owner}: `axis` must be the last, -1; got {axis}.")
    target = cast(target, "int64")
    if np.ndim(target) == ndim and np.shape(target)[-1] == 1:
        target = target[..., 0]
    if np.shape(target) != np.shape(output)[:-1]:
        raise ShapeError(
            f"{owner}: `target` must have shape {np.shape(output)[:-1]}, that of `output` without "
            f"the classes; got {np.shape(target)}."
        )
    classes = np.shape(output)[-1]
    if np.any(target < 0) or np.any(target >= classes):
        wrong = np.ravel(target)[np.argmax(np.ravel((target < 0) | (target >= classes)))]
        raise ArgumentError(
            f"{owner}: `target` must hold classes from 0 to {classes - 1}; got {wrong}."
        )
    logits = output if from_logits else log(clip(output, EPSILON, 1 - EPSILON))
    return -take_along_axis(log_softmax(logits), target[..., None], -1)[..., 0]


def _same_shapes(owner: str, target: Any, output: Any) -> None:
    if np.shape(target) != np.shape(output):
        raise ShapeError(
            f"{owner}: `target` must have the shape of `output`, {np.shape(output)}; "
            f"got {np.shape(target)}."
        )


@operation
def normalize(x: Any, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """Return x divided by its norm, which counts as `epsilon` where it is less.

    Args:
        x: the array.
        axis: along what.
        order: the power in the norm, of at least 1.
        epsilon: by default 1e-7.
    """
    if not isinstance(order, int) or order < 1:
        raise ArgumentError(f"normalize: `order` must be a positive integer; got {order!r}.")
    least = EPSILON if epsilon is None else epsilon
    if order == 2:  # minimum(1 / sqrt(0), …) without the infinity
        squares = sum(square(x), axis, True)
        inverse = minimum(rsqrt(maximum(squares, least * least)), 1 / least)
        return x * inverse
    return divide(x, maximum(norm(x, order, axis, True), least))


@operation
def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Any:
    """Return (x - mean) / sqrt(variance + epsilon) scale + offset (Ioffe & Szegedy 2015).

    Args:
        x: the array.
        mean, variance, offset, scale: one number for each place along the axis.
        axis: the axis of the features.
        epsilon: what keeps the division from zero.
    """
    shape = [1] * np.ndim(x)
    shape[axis] = -1
    factor = rsqrt(np.reshape(variance, shape) + epsilon)
    if scale is not None:
        factor = factor * np.reshape(scale, shape)
    y = (x - np.reshape(mean, shape)) * factor
    return y if offset is None else y + np.reshape(offset, shape)


@operation
def layer_normalization(
    x: Any, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """Return (x - mean) / sqrt(variance + epsilon) gamma + beta, along the axis (Ba et al. 2016).

    Args:
        x: the array.
        gamma, beta: of the axis's size, or of the axes' sizes.
        axis: along what mean and variance are taken.
        epsilon: by default 1e-7.
    """
    axes = axes_of(axis, np.ndim(x))
    shape = [n if i in axes else 1 for i, n in enumerate(np.shape(x))]
    epsilon = EPSILON if epsilon is None else epsilon
    y = (x - mean(x, axes, True)) * rsqrt(var(x, axes, True) + epsilon)
    if gamma is not None:
        y = y * np.reshape(gamma, shape)
    return y if beta is None else y + np.reshape(beta, shape)


@operation
def rms_normalization(
    x: Any, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Any:
    """Return x / sqrt(mean(x^2) + epsilon) scale, along the axis (Zhang & Sennrich 2019)."""
    epsilon = EPSILON if epsilon is None else epsilon
    y = x * rsqrt(mean(square(x), axis, True) + epsilon)
    return y if scale is None else y * scale


@operation
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """Return softmax(q k^T scale + bias) v of each head (Vaswani et al. 2017, equation 1).

    Args:
        query: q, (batch, timesteps, heads, features).
        key, value: k and v, (batch, steps, heads, features).
        bias: what is added to the logits, (batch, heads, timesteps, steps).
        mask: True where a step counts, of the same shape, or broadcast to it.
        scale: by default 1 / sqrt(features).
        is_causal: whether a timestep sees none after it.
        flash_attention: None or False; it is computed as it is written here.
        attn_logits_soft_cap: None; elman has none.
    """
    for name, given in (
        ("flash_attention", flash_attention),
        ("attn_logits_soft_cap", attn_logits_soft_cap),
    ):
        if given:
            raise ArgumentError(f"dot_product_attention: `{name}` must be None; got {given!r}.")
    features = np.shape(query)[-1]
    logits = einsum("bthf,bshf->bhts", query, key)
    logits = logits * (1 / math.sqrt(features) if scale is None else scale)
    if bias is not None:
        logits = logits + bias
    if is_causal:
        causal = np.tri(*np.shape(logits)[-2:]).astype(bool)
        mask = causal if mask is None else np.logical_and(mask, causal)
    if mask is not None:
        logits = where(mask, logits, float(np.finfo(logits.dtype).min) * 0.7)
    return einsum("bhts,bshf->bthf", softmax(logits), value)


@operation
def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """Return the peak signal to noise ratio in decibels, 20 log10(max_val / sqrt(mse))."""
    error = mean(square(x1 - x2))
    return 20 * log(max_val / sqrt(error)) / math.log(10)
