"""Layers that bend what is below a threshold: ReLU, LeakyReLU, PReLU, ELU.

    LeakyReLU  y = x             if x > 0, else  s x                 s  slope
    PReLU      y = x             if x > 0, else  alpha x             alpha  learned, one a feature
    ELU        y = x             if x > 0, else  alpha (e^x - 1)
    ReLU       y = min(x, m)     if x > t, else  s (x - t)           t  threshold, m  largest value

`dy` times the derivative of these gives dx. At the bend it is that of the part below, but 0 for
PReLU, and for ReLU with a threshold or a largest value, as in Keras.
"""

from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.parameters import Initialize

_at_least_0 = partial(_check.number, low=0)


class LeakyReLU(Layer):
    """Return x above zero, and a fraction of it below.

    Args:
        negative_slope: the fraction.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.LeakyReLU(0.5)([[-1.0, 2.0]])
    array([[-0.5,  2. ]])
    """

    checks = {"negative_slope": _at_least_0}
    takes_one = True
    keeps_dtype = True

    def __init__(self, negative_slope: float = 0.3, **options: Any) -> None:
        super().__init__(**options)
        self.negative_slope = negative_slope

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x, or s x."""
        (x,) = inputs
        return (np.maximum(x, 0) + self.negative_slope * np.minimum(x, 0),), x

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy, or s dy."""
        x, (dy,) = tape, doutputs
        above = (x > 0).astype(dy.dtype)
        return (dy * (above + self.negative_slope * (1 - above)),), []


class ELU(Layer):
    """Return x above zero, and alpha (exp(x) - 1) below.

    Args:
        alpha: what it tends to, with the other sign.
        options: `name`, `dtype`, `trainable`.

    Source: D. Clevert, T. Unterthiner and S. Hochreiter, ICLR 2016.

    >>> from elman import layers
    >>> layers.ELU()([[-100.0, 2.0]])
    array([[-1.,  2.]])
    """

    checks = {"alpha": _check.number}
    takes_one = True
    keeps_dtype = True

    def __init__(self, alpha: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.alpha = alpha

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x, or alpha (exp(x) - 1)."""
        (x,) = inputs
        below = self.alpha * np.expm1(np.minimum(x, 0))
        return (np.maximum(x, 0) + below,), (x, below)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy, or below zero dy alpha exp(x) = dy (y + alpha)."""
        (x, below), (dy,) = tape, doutputs
        above = (x > 0).astype(dy.dtype)
        return (dy * (above + (below + self.alpha) * (1 - above)),), []


class ReLU(Layer):
    """Return x above a threshold, up to a largest value, and a fraction of x below.

    Args:
        max_value: the largest value, None for any.
        negative_slope: the fraction of x - threshold that is returned below.
        threshold: above which x is returned.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.ReLU(max_value=6.0)([[-1.0, 2.0, 10.0]])
    array([[0., 2., 6.]])
    """

    checks = {
        "max_value": _check.optional(_at_least_0),
        "negative_slope": _at_least_0,
        "threshold": _at_least_0,
    }
    takes_one = True
    keeps_dtype = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.max_value = max_value
        self.negative_slope = negative_slope
        self.threshold = threshold

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x, m or s (x - t)."""
        (x,) = inputs
        y = np.where(x > self.threshold, x, x.dtype.type(0)) if self.threshold else np.maximum(x, 0)
        if self.max_value is not None:
            y = np.minimum(y, x.dtype.type(self.max_value))
        if self.negative_slope:
            y -= self.negative_slope * np.maximum(self.threshold - x, 0)
        return (y,), x

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy, 0 or s dy."""
        x, (dy,) = tape, doutputs
        above = x > self.threshold
        if self.max_value is not None:
            above &= x <= self.max_value
        dx = dy * above
        if self.negative_slope:
            plain = self.max_value is None and not self.threshold  # LeakyReLU, with its bend
            below = x <= 0 if plain else x < self.threshold
            dx += self.negative_slope * dy * below
        return (dx,), []


def _shared(owner: str, name: str, value: Any) -> list[int] | None:
    """Return axes as a list; None for none."""
    if value is None:
        return None
    several = isinstance(value, (list, tuple))
    return [_check.integer(owner, name, axis) for axis in (value if several else [value])]


class PReLU(Layer):
    """Return x above zero, and below a fraction of it that is learned, one for each feature.

    Args:
        alpha_initializer: of the fractions alpha, of the shape of a sample.
        alpha_regularizer: what penalises them, see `elman.regularizers`.
        alpha_constraint: what they are put through after each step, see `elman.constraints`.
        shared_axes: axes along which there is one fraction for all, such as `[1]` for all
            timesteps; counted with the batch as 0.
        options: `name`, `dtype`, `trainable`.

    Source: K. He et al., "Delving Deep into Rectifiers", ICCV 2015.

    >>> from elman import layers
    >>> layers.PReLU(alpha_initializer="ones")([[-1.0, 2.0]]).tolist()
    [[-1.0, 2.0]]
    """

    checks = {
        "alpha_initializer": settings.initializer,
        "alpha_regularizer": settings.regularizer,
        "alpha_constraint": settings.constraint,
        "shared_axes": _shared,
    }
    fixed = (*settings.of_weights("alpha"), "shared_axes")
    takes_one = True

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.alpha_initializer: Initialize = alpha_initializer
        self.alpha_regularizer = alpha_regularizer
        self.alpha_constraint = alpha_constraint
        self.shared_axes: list[int] | None = shared_axes

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make alpha, of the shape of a sample, 1 along shared axes."""
        self.alpha = self.make_weight("alpha", self._alpha_shape(shapes[0]))

    def _alpha_shape(self, x: Shape) -> Any:
        shared = self.shared_axes or ()
        return tuple(1 if i in shared else n for i, n in enumerate(x) if i)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that sizes are known where there are fractions, and those that they were."""
        (x,) = shapes
        if any(axis >= len(x) for axis in self.shared_axes or ()):
            raise ShapeError(
                f"{self.owner}: `shared_axes` must be among the axes 1 to {len(x) - 1} of the "
                f"input; got {self.shared_axes} for an input of shape {x}."
            )
        wanted = self._alpha_shape(x)
        if not self.built and None in wanted:
            open_axes = [i for i, n in enumerate(wanted, start=1) if n is None]
            raise ShapeError(
                f"{self.owner}: `x` must have a known size along axes that are not shared; got "
                f"{x}. Share one fraction along it with `shared_axes={open_axes}`."
            )
        if (
            self.built
            and any(
                n is not None and n != m for n, m in zip(wanted, self.alpha.shape, strict=False)
            )
        ) or (self.built and len(wanted) != self.alpha.ndim):
            raise ShapeError(
                f"{self.owner}: `x` must have samples of shape {self.alpha.shape}, where 1 is any "
                f"size along shared axes; got {x}."
            )

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x, or alpha x."""
        (x,) = inputs
        self.check_shapes([x.shape])  # known only now where an axis was open
        return (np.maximum(x, 0) + self.alpha.array * np.minimum(x, 0),), x

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy or alpha dy, and dalpha = dy x below zero, summed over what shares it."""
        x, (dy,) = tape, doutputs
        alpha = self.alpha.array
        dx = dy * ((x > 0) + alpha * (x < 0))
        axes = (0, *(i for i, n in enumerate(alpha.shape, start=1) if n == 1))
        dalpha = (dy * np.minimum(x, 0)).sum(axis=axes)
        return (dx,), [dalpha.reshape(alpha.shape)]
