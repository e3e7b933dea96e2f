"""LayerNormalization: each sample on its own scale, its mean 0 and its variance 1.

    m    = mean(x)                     of the D numbers of a row
    d    = x - m
    s    = 1 / sqrt(mean(d^2) + epsilon)
    xhat = d s
    y    = gamma xhat + beta

    x     (N, D)   rows, see `elman.layers.axes`     N  everything but the axes
    m, s  (N,)     of each row                       D  the numbers along the axes
    gamma, beta  (D,)

With g = gamma dy:   dx = s (g - mean(g) - xhat mean(g xhat)),
because a shift of x changes m as much, and a stretch changes 1/s as much.

Source: J. L. Ba, J. R. Kiros and G. E. Hinton 2016, "Layer normalization", equation 3.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask, Shape
from elman.bound import Bound
from elman.layers import axes
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.parameters import Initialize, Weight


class LayerNormalization(Layer):
    """Give the numbers along an axis of each sample mean 0 and variance 1, then gamma x + beta.

    Args:
        axis: which, or a list of several that are taken together; of known sizes.
        epsilon: added to the variance, so that it is never 0.
        center: whether there is beta.
        scale: whether there is gamma.
        beta_initializer, gamma_initializer: of both, (size of the axis,).
        beta_regularizer, gamma_regularizer: what penalises them, see `elman.regularizers`.
        beta_constraint, gamma_constraint: what they are put through after each step, see
            `elman.constraints`.
        rms_scaling: divide x itself, not x - mean, by the standard deviation, and leave out
            beta; what Keras has and calls deprecated. See `RMSNormalization`.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.LayerNormalization()(np.array([[1.0, 2.0, 3.0]])).round(3)
    array([[-1.224,  0.   ,  1.224]], dtype=float32)

    Source: J. L. Ba et al. 2016, "Layer normalization".
    """

    checks = {
        "axis": axes.axis,
        "epsilon": partial(_check.number, low=0),
        "center": _check.flag,
        "scale": _check.flag,
        "beta_initializer": settings.initializer,
        "gamma_initializer": settings.initializer,
        "beta_regularizer": settings.regularizer,
        "gamma_regularizer": settings.regularizer,
        "beta_constraint": settings.constraint,
        "gamma_constraint": settings.constraint,
        "rms_scaling": _check.flag,
    }
    fixed = ("axis", "center", "scale", "rms_scaling", *settings.of_weights("beta", "gamma"))
    takes_one = True

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        *,
        rms_scaling: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis: int | tuple[int, ...] = axis
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer: Initialize = beta_initializer
        self.gamma_initializer: Initialize = gamma_initializer
        self.beta_regularizer = beta_regularizer
        self.gamma_regularizer = gamma_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_constraint = gamma_constraint
        self.rms_scaling = rms_scaling
        self.gamma: Weight | None = None
        self.beta: Weight | None = None

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make gamma and beta, of the sizes of the axes."""
        (x,) = shapes
        sizes = tuple(int(x[axis] or 0) for axis in axes.of(self.owner, self.axis, x))
        if self.scale or self.rms_scaling:
            self.gamma = self.make_weight("gamma", sizes)
        if self.center and not self.rms_scaling:
            self.beta = self.make_weight("beta", sizes)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the axes are there, of the sizes that the weights have."""
        found = axes.of(self.owner, self.axis, shapes[0])
        for weight in self.weights[:1]:
            axes.check_sizes(self.owner, found, shapes[0], weight.shape)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Normalise."""
        (x,) = inputs
        along = axes.of(self.owner, self.axis, x.shape)
        rows = axes.to_rows(x, along)
        gamma, beta = (None if w is None else w.array.ravel() for w in (self.gamma, self.beta))
        normalize = normalize_by_deviation if self.rms_scaling else normalize_rows
        y, tape = normalize(rows, gamma, beta, self.epsilon)
        return (axes.from_rows(y, along, x.shape),), (along, tape)

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return both passes at one shape, where the axis is the last."""
        last = axes.of(self.owner, self.axis, shape) == (len(shape) - 1,)
        if self.rms_scaling or not last:
            return None
        gamma, beta = (None if w is None else w.array for w in (self.gamma, self.beta))
        return BoundRows(tuple(int(n or 0) for n in shape), gamma, beta, self.epsilon)

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[Array], Sequence[Array]]:
        """Return dx, dgamma and dbeta."""
        (dy,), (along, tape) = doutputs, tape
        backward = normalize_by_deviation_backward if self.rms_scaling else normalize_rows_backward
        gamma = None if self.gamma is None else self.gamma.array.ravel()
        dx, dgamma, dbeta = backward(axes.to_rows(dy, along), gamma, tape)
        pairs = ((self.gamma, dgamma), (self.beta, dbeta))
        dweights = [d.reshape(weight.shape) for weight, d in pairs if weight is not None]
        for place, dweight in zip(out or (), dweights, strict=out is not None):
            place[...] = dweight
        return (axes.from_rows(dx, along, dy.shape),), dweights if out is None else out


class BoundRows:
    """Normalisation along the last axis at one shape; see `elman.bound`.

    Attributes:
        shape: of the output, (batch, …, D).
    """

    def __init__(
        self, shape: tuple[int, ...], gamma: Array | None, beta: Array | None, epsilon: float
    ) -> None:
        self.shape, self._rows = shape, (-1, shape[-1])
        self._gamma, self._beta, self._epsilon = gamma, beta, epsilon

    def forward(self, x: Array, mask: Mask | None, mode: Mode) -> tuple[Array, Mask | None, Any]:
        """Normalise."""
        y, tape = normalize_rows(x.reshape(self._rows), self._gamma, self._beta, self._epsilon)
        return y.reshape(self.shape), mask, tape

    def backward(self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool) -> Array:
        """Return dx, and leave dgamma and dbeta in `out`."""
        dx, dgamma, dbeta = normalize_rows_backward(dy.reshape(self._rows), self._gamma, tape)
        wanted = [d for w, d in ((self._gamma, dgamma), (self._beta, dbeta)) if w is not None]
        for place, dweight in zip(out, wanted, strict=False):
            place[...] = dweight
        return dx.reshape(self.shape)


def normalize_rows(
    x: Array, gamma: Array | None, beta: Array | None, epsilon: float
) -> tuple[Array, Any]:
    """Return y, and xhat and s for the way back."""
    D = x.shape[1]
    m = axes.sum_along(x) / D  # (N,)
    xhat = x - m[:, None]  # (N, D), d until it is scaled
    s = 1 / np.sqrt(np.einsum("nd,nd->n", xhat, xhat) / D + epsilon)  # (N,)
    xhat *= s[:, None]
    return scaled(xhat, gamma, beta), (xhat, s)


def normalize_rows_backward(
    dy: Array, gamma: Array | None, tape: Any
) -> tuple[Array, Array, Array]:
    """Return dx, dgamma and dbeta."""
    xhat, s = tape
    D = xhat.shape[1]
    dgamma, dbeta = np.einsum("nd,nd->d", dy, xhat), axes.sum_rows(dy)  # (D,)
    dx = scaled(dy, gamma, None)  # (N, D), g
    along = np.einsum("nd,nd->n", dx, xhat) / D  # (N,), mean(g xhat)
    dx -= (axes.sum_along(dx) / D)[:, None]
    dx -= xhat * along[:, None]
    dx *= s[:, None]
    return dx, dgamma, dbeta


def normalize_by_deviation(
    x: Array, gamma: Array | None, beta: Array | None, epsilon: float
) -> tuple[Array, Any]:
    """Return y = gamma x s, with the s of `normalize_rows`, and what the way back reads."""
    _, (xhat, s) = normalize_rows(x, None, None, epsilon)
    xs = x * s[:, None]  # (N, D)
    return scaled(xs, gamma, beta), (xs, xhat, s)


def normalize_by_deviation_backward(
    dy: Array, gamma: Array | None, tape: Any
) -> tuple[Array, Array, Array]:
    """Return dx, dgamma and dbeta; ds/dx = -s^2 xhat / D."""
    xs, xhat, s = tape
    D = xs.shape[1]
    dgamma, dbeta = np.einsum("nd,nd->d", dy, xs), axes.sum_rows(dy)  # (D,)
    g = dy if gamma is None else dy * gamma  # (N, D)
    along = np.einsum("nd,nd->n", g, xs) / D  # (N,)
    return (g - xhat * along[:, None]) * s[:, None], dgamma, dbeta


def scaled(xhat: Array, gamma: Array | None, beta: Array | None) -> Array:
    """Return gamma xhat + beta in an array of its own."""
    y = xhat.copy() if gamma is None else xhat * gamma
    if beta is not None:
        y += beta
    return y
