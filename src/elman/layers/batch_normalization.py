"""BatchNormalization: each feature on one scale, in training that of the batch.

    m = sum_n k_n x_n / c              mean      in inference the moving mean
    v = sum_n k_n (x_n - m)^2 / c      variance  in inference the moving variance
    s = 1 / sqrt(v + epsilon)
    xhat = (x - m) s
    y = gamma xhat + beta

    x     (N, C)  rows, see `elman.layers.axes`    N  everything but the axis
    m, v, s, gamma, beta  (C,)                     C  the size of the axis
    k     (N,)    the mask, 1 where a step counts  c  sum_n k_n + 1e-7; without a mask N

Every training pass moves the averages:   moving = momentum moving + (1 - momentum) m   (or v).

With renorm the batch's scale is corrected to that of earlier batches: r xhat + o in place of xhat,

    sigma = sqrt(v + epsilon),   r = sigma / renorm_stddev,   o = (m - renorm_mean) / renorm_stddev

where r and o are clipped, and are constants on the way back.

Sources: S. Ioffe and C. Szegedy 2015, "Batch normalization", algorithm 1; S. Ioffe 2017, "Batch
renormalization", algorithm 1.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array, Mask, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers import axes
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.parameters import Initialize, Weight

SPARE = 1e-7  # what Keras adds to the number of steps that count
CLIPPING = ("rmin", "rmax", "dmax")


def _clipping(owner: str, name: str, value: Any) -> dict[str, float | None]:
    """Return the bounds of r and o, by Keras's names."""
    if not isinstance(value, dict) or not set(value) <= set(CLIPPING):
        raise ArgumentError(
            f"{owner}: `{name}` must be a dictionary with the keys 'rmin', 'rmax' and 'dmax', or "
            f"some of them; got {_check.shown(value)}."
        )
    bounds = {
        key: None if bound is None else _check.number(owner, f"{name}['{key}']", bound, low=0)
        for key, bound in value.items()
    }
    low, high = bounds.get("rmin"), bounds.get("rmax")
    if low is not None and high is not None and low > high:
        raise ArgumentError(
            f"{owner}: `{name}['rmax']` must be at least rmin={low:g}; got {high:g}."
        )
    return bounds


class Moments(NamedTuple):
    """Mean and variance of a batch.

    Attributes:
        mean, variance: (C,).
        centred: x - mean, (N, C).
        keep: which numbers count, (N, 1) or (N, C); None for all.
        c: what the sums were divided by, (1,) or (C,).
    """

    mean: Array
    variance: Array
    centred: Array
    keep: Mask | None
    c: Array


def moments(x: Array, keep: Mask | None) -> Moments:
    """Return the moments of the rows (N, C) that count."""
    counts = np.array([len(x)]) if keep is None else keep.sum(axis=0) + SPARE
    c = counts.astype(x.dtype)  # (1,) or (C,)
    m = axes.sum_rows(x if keep is None else np.where(keep, x, 0)) / c  # (C,)
    d = x - m  # (N, C)
    counted = d if keep is None else np.where(keep, d, 0)
    v = np.einsum("nc,nc->c", counted, counted) / c  # (C,)
    return Moments(m, v, d, keep, c)


def moments_backward(dm: Array, dv: Array, found: Moments) -> Array:
    """Return dx (N, C)."""
    m, _, d, keep, c = found
    if keep is not None:  # d of the rows that count add up to m (c - sum k), and not to 0
        dm = dm - dv * (2 / c) * m * (c - keep.sum(axis=0, dtype=c.dtype))
    dx = d * (2 / c * dv)  # (N, C)
    dx += dm / c
    return dx if keep is None else np.where(keep, dx, 0)


def normalize(d: Array, s: Array, gamma: Array | None, beta: Array | None) -> Array:
    """Return y (N, C) from d = x - m."""
    y = d * (s if gamma is None else s * gamma)
    if beta is not None:
        y += beta
    return y


def normalize_backward(
    dy: Array, d: Array, s: Array, gamma: Array | None
) -> tuple[Array, Array, Array, Array, Array]:
    """Return dd (N, C), and dm, dv, dgamma and dbeta (C,)."""
    dbeta, dgamma = axes.sum_rows(dy), np.einsum("nc,nc->c", dy, d) * s
    slope = s if gamma is None else s * gamma  # (C,), dy/dd
    dm, dv = -slope * dbeta, -0.5 * s * slope * dgamma  # ds/dv = -s^3 / 2, and d s = xhat
    return dy * slope, dm, dv, dgamma, dbeta


class BatchNormalization(Layer):
    """Give each feature mean 0 and variance 1 over the batch, then gamma x + beta.

    Args:
        axis: the features', along which nothing is summed; of a known size.
        momentum: of the moving averages; the share of the old in each step.
        epsilon: added to the variance, so that it is never 0.
        center: whether there is beta.
        scale: whether there is gamma.
        beta_initializer, gamma_initializer: of both, (size of the axis,).
        moving_mean_initializer, moving_variance_initializer: of the moving averages.
        beta_regularizer, gamma_regularizer: what penalises them, see `elman.regularizers`.
        beta_constraint, gamma_constraint: what they are put through after each step, see
            `elman.constraints`.
        renorm: whether training too goes by what earlier batches were like; see the source.
        renorm_clipping: bounds of the correction, {"rmin": …, "rmax": …, "dmax": …}.
        renorm_momentum: of the averages that the correction is made from.
        synchronized: accepted, and without effect: there is one process.
        options: `name`, `dtype`, `trainable`.

    In training the moments are those of the batch (of the steps that the mask counts), and the
    moving averages follow them. Otherwise the moments are the moving averages; so they are in
    training if the layer is frozen, `trainable = False`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.BatchNormalization(momentum=0.5)
    >>> layer(np.array([[1.0], [3.0]]), training=True).round(2).tolist()
    [[-1.0], [1.0]]
    >>> layer.moving_mean.numpy().tolist()
    [1.0]

    Source: S. Ioffe and C. Szegedy 2015, "Batch normalization".
    """

    checks = {
        "axis": partial(_check.integer, minimum=None),
        "momentum": partial(_check.number, low=0, high=1),
        "epsilon": partial(_check.number, low=0),
        "center": _check.flag,
        "scale": _check.flag,
        "beta_initializer": settings.initializer,
        "gamma_initializer": settings.initializer,
        "moving_mean_initializer": settings.initializer,
        "moving_variance_initializer": settings.initializer,
        "beta_regularizer": settings.regularizer,
        "gamma_regularizer": settings.regularizer,
        "beta_constraint": settings.constraint,
        "gamma_constraint": settings.constraint,
        "renorm": _check.flag,
        "renorm_clipping": _check.optional(_clipping),
        "renorm_momentum": partial(_check.number, low=0, high=1),
        "synchronized": _check.flag,
    }
    fixed = (
        "axis", "center", "scale", "renorm", "moving_mean_initializer",
        "moving_variance_initializer", *settings.of_weights("beta", "gamma"),
    )  # fmt: skip
    takes_one = True
    mixes_samples = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.axis = axis
        self.momentum, self.epsilon = momentum, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer: Initialize = beta_initializer
        self.gamma_initializer: Initialize = gamma_initializer
        self.moving_mean_initializer: Initialize = moving_mean_initializer
        self.moving_variance_initializer: Initialize = moving_variance_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        self.renorm, self.renorm_momentum = renorm, renorm_momentum
        clipping = {} if renorm and renorm_clipping is None else renorm_clipping  # as in Keras
        self.renorm_clipping: dict[str, float | None] | None = clipping
        self.synchronized = synchronized
        self.gamma: Weight | None = None
        self.beta: Weight | None = None

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make gamma, beta, and the averages, all (size of the axis,)."""
        (axis,) = axes.of(self.owner, self.axis, shapes[0])
        size = (int(shapes[0][axis] or 0),)
        self.gamma = self.make_weight("gamma", size) if self.scale else None
        self.beta = self.make_weight("beta", size) if self.center else None
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer

        def stddev(shape: tuple[int, ...], dtype: Any) -> Array:
            return np.sqrt(variance(shape, dtype))

        def average(name: str, initializer: Initialize) -> Weight:
            return self.add_weight(size, initializer, trainable=False, name=name)

        self.moving_mean = average("moving_mean", mean)
        self.moving_variance = average("moving_variance", variance)
        if self.renorm:
            self.moving_stddev = average("moving_stddev", stddev)
            self.renorm_mean = average("renorm_mean", mean)
            self.renorm_stddev = average("renorm_stddev", stddev)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the axis is there, of the size that the weights have."""
        found = axes.of(self.owner, self.axis, shapes[0])
        if self.built:
            axes.check_sizes(self.owner, found, shapes[0], self.moving_mean.shape)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Normalise; in training, move the averages."""
        (x,), (mask,) = inputs, masks
        along = axes.of(self.owner, self.axis, x.shape)
        rows, keep = axes.to_rows(x, along), self._rows_that_count(mask, x, along)
        gamma, beta = (None if w is None else w.array for w in (self.gamma, self.beta))
        if not (mode.training and self.trainable):
            s = 1 / np.sqrt(self.moving_variance.array + self.epsilon)  # (C,)
            d = rows - self.moving_mean.array
            y = normalize(d, s, gamma, beta)
            return (axes.from_rows(y, along, x.shape),), (along, d, s, gamma, None, None)
        if not x.size:
            raise ShapeError(f"{self.owner}: `x` must not be empty in training; got {x.shape}.")
        found = moments(rows, keep)
        s, correction = 1 / np.sqrt(found.variance + self.epsilon), None
        if self.renorm:
            correction = r, o = self._correction(found)
            beta = o * (1 if gamma is None else gamma) + (0 if beta is None else beta)
            gamma = r if gamma is None else r * gamma
        self._move(found)
        y = normalize(found.centred, s, gamma, beta)
        tape = (along, found.centred, s, gamma, found, correction)
        return (axes.from_rows(y, along, x.shape),), tape

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[Array], Sequence[Array]]:
        """Return dx, dgamma, dbeta, and what the averages did: in training nothing."""
        (dy,), (along, d, s, gamma, found, correction) = doutputs, tape
        dx, dm, dv, dgamma, dbeta = normalize_backward(axes.to_rows(dy, along), d, s, gamma)
        if found is not None:
            dx += moments_backward(dm, dv, found)
            dm = dv = np.zeros_like(dm)
        if correction is not None:
            dgamma = correction[0] * dgamma + correction[1] * dbeta
        dweights = [
            d for weight, d in ((self.gamma, dgamma), (self.beta, dbeta)) if weight is not None
        ]
        dweights += [dm, dv] + [np.zeros_like(dm)] * (3 * self.renorm)
        for place, dweight in zip(out or (), dweights, strict=out is not None):
            place[...] = dweight
        return (axes.from_rows(dx, along, dy.shape),), dweights if out is None else out

    def _rows_that_count(self, mask: Mask | None, x: Array, along: tuple[int, ...]) -> Mask | None:
        """Return the mask over the rows, (N, 1) or (N, C): it has all axes of x but the last."""
        if mask is None:
            return None
        if mask.ndim != x.ndim - 1:
            raise ShapeError(
                f"{self.owner}: `mask` must have the shape of the input without its last axis, "
                f"{x.shape[:-1]}; got {mask.shape}."
            )
        if along == (x.ndim - 1,):
            return mask.reshape(-1, 1)
        return axes.to_rows(np.broadcast_to(mask[..., None], x.shape), along)

    def _correction(self, found: Moments) -> tuple[Array, Array]:
        """Return r and o, clipped."""
        bounds = dict.fromkeys(CLIPPING) | (self.renorm_clipping or {})
        sigma = np.sqrt(found.variance + self.epsilon)
        earlier = np.maximum(self.renorm_stddev.array, sigma.dtype.type(self.epsilon) ** 0.5)
        r, o = sigma / earlier, (found.mean - self.renorm_mean.array) / earlier
        for bound, clip in ((bounds["rmin"], np.maximum), (bounds["rmax"], np.minimum)):
            r = r if bound is None else clip(r, bound)
        most = bounds["dmax"]
        return r, o if most is None else np.clip(o, -most, most)

    def _move(self, found: Moments) -> None:
        """Move the averages towards the moments of a batch."""
        _follow(self.moving_mean, found.mean, self.momentum)
        if not self.renorm:
            _follow(self.moving_variance, found.variance, self.momentum)
            return
        sigma = np.sqrt(found.variance + self.epsilon)
        _follow(self.renorm_mean, found.mean, self.renorm_momentum)
        _follow(self.renorm_stddev, sigma, self.renorm_momentum)
        _follow(self.moving_stddev, sigma, self.momentum)
        square = self.moving_stddev.array**2
        self.moving_variance.assign(np.maximum(square - self.epsilon, 0))


def _follow(average: Weight, value: Array, momentum: float) -> None:
    average.array[...] = average.array * momentum + value * (1 - momentum)
