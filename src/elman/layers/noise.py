"""Noise in training: GaussianNoise, GaussianDropout.

GaussianNoise      y = x + n        n drawn from N(0, stddev^2)            dx = dy
GaussianDropout    y = x n          n drawn from N(1, rate / (1 - rate))   dx = dy n
"""

from functools import partial
from typing import Any

import numpy as np

from elman import _check, draws
from elman._typing import Array
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode


class GaussianNoise(Layer):
    """Add Gaussian noise to the inputs in training.

    Args:
        stddev: its standard deviation, from 0 to 1.
        seed: of the noise.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.GaussianNoise(0.1)([[1.0, 2.0]])
    array([[1., 2.]])
    """

    checks = {"stddev": partial(_check.number, low=0, high=1), "seed": _check.seed}
    seed = settings.Seed()
    generator: "np.random.Generator"
    takes_one = True
    keeps_dtype = True

    def __init__(self, stddev: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.stddev = stddev
        self.seed = seed

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x + n in training, and x otherwise."""
        (x,) = inputs
        if not mode.training or self.stddev == 0:
            return (x,), None
        return (x + draws.normal(self.generator, x.shape, x.dtype, self.stddev),), None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy."""
        return doutputs, []


class GaussianDropout(Layer):
    """Multiply the inputs in training by Gaussian noise around 1.

    Args:
        rate: its variance is rate / (1 - rate), that of `Dropout`'s mask; in [0, 1).
        seed: of the noise.
        options: `name`, `dtype`, `trainable`.

    Source: N. Srivastava et al., "Dropout", JMLR 15 (2014), section 10.

    >>> from elman import layers
    >>> layers.GaussianDropout(0.1)([[1.0, 2.0]])
    array([[1., 2.]])
    """

    checks = {"rate": _check.rate, "seed": _check.seed}
    seed = settings.Seed()
    generator: "np.random.Generator"
    takes_one = True
    keeps_dtype = True

    def __init__(self, rate: float, seed: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate
        self.seed = seed

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x n in training, and x otherwise."""
        (x,) = inputs
        if not mode.training or self.rate == 0:
            return (x,), None
        n = draws.normal(self.generator, x.shape, x.dtype, np.sqrt(self.rate / (1 - self.rate)))
        n += 1
        return (x * n,), n

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dy n."""
        (dy,) = doutputs
        return (dy if tape is None else dy * tape,), []
