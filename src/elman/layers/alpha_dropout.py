"""AlphaDropout: dropout that keeps the mean and the variance that `selu` gives.

k        1 where an input is kept, with probability 1 - rate, and 0 elsewhere
s        what selu saturates to, -scale * alpha
a        ((1 - rate) (1 + rate s^2))^(-1/2)
y  = a (x k + s (1 - k)) - a s rate
dx = a k dy
"""

from typing import Any

import numpy as np

from elman import draws
from elman._typing import Array
from elman.activations import SELU_ALPHA, SELU_SCALE
from elman.layers.dropout import Dropout
from elman.layers.parts.passes import Arrays, Masks, Mode

SATURATED = -SELU_ALPHA * SELU_SCALE


class AlphaDropout(Dropout):
    """Set inputs in training to what `selu` saturates to, and keep their mean and variance.

    Args:
        rate: share of the inputs to drop, in [0, 1).
        noise_shape: shape of the mask, broadcast over the input; None or 1 where one draw
            serves the whole axis.
        seed: of the mask.
        options: `name`, `dtype`, `trainable`.

    Source: G. Klambauer et al., "Self-Normalizing Neural Networks", NeurIPS 2017.

    >>> from elman import layers
    >>> layers.AlphaDropout(0.1)([[1.0, 2.0]])
    array([[1., 2.]])
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Any
    ) -> None:
        super().__init__(rate, noise_shape, seed, **options)

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return y in training, and x otherwise."""
        (x,) = inputs
        if not mode.training or self.rate == 0:
            return (x,), None
        a = ((1 - self.rate) * (1 + self.rate * SATURATED**2)) ** -0.5
        kept = draws.choose(self.generator, self.rate, self.mask_shape(x), (0, 1), x.dtype)
        y = np.where(kept > 0, x, x.dtype.type(SATURATED)) * x.dtype.type(a)
        return (y - x.dtype.type(a * SATURATED * self.rate),), kept * x.dtype.type(a)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return a k dy."""
        (dy,) = doutputs
        return (dy if tape is None else dy * tape,), []
