"""RMSprop: divide each gradient by the root of its recent mean square.

v <- rho v + (1 - rho) g^2
a <- rho a + (1 - rho) g                      centered=True; a = 0 otherwise
d  = eta g / sqrt(v - a^2 + epsilon)
w <- w - d                                    momentum = 0
m <- mu m + d,   w <- w - m                   momentum mu > 0

w, g, v, a, m, d  (size,)    eta  the learning rate
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options


class RMSprop(Optimizer):
    """Gradient descent with a step size for each number, from its recent gradients.

    Args:
        learning_rate: a positive number, or a function from the number of steps taken to one.
        rho: how much of the old mean square a step keeps, in [0, 1].
        momentum: the share of the last step that is taken again, in [0, 1].
        epsilon: what is added under the root.
        centered: whether to divide by the standard deviation instead.
        **options: see `Optimizer`.

    Source: Tieleman and Hinton 2012, "Neural Networks for Machine Learning", lecture 6e; the
    centered form: Graves 2013, arXiv:1308.0850, equations 38 to 45.

    >>> RMSprop(centered=True).slots
    (('velocity',), ('average_gradient',))
    """

    checks = {
        "rho": partial(_check.number, low=0, high=1),
        "momentum": partial(_check.number, low=0, high=1),
        "epsilon": partial(_check.number, low=0),
        "centered": _check.flag,
    }

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean square, the momentum and the mean, as far as they are used."""
        momentum = (("momentum",),) if self.momentum else ()
        mean = (("average_gradient",),) if self.centered else ()
        return (("velocity",), *momentum, *mean)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        rho, v, (d, root) = self.rho, slots["velocity"], work
        np.multiply(g, g, out=d)
        d *= 1 - rho
        v *= rho
        v += d  # v = rho v + (1 - rho) g^2
        if self.centered:
            a = slots["average_gradient"]
            a *= rho
            a += np.multiply(g, 1 - rho, out=d)  # a = rho a + (1 - rho) g
            np.multiply(a, a, out=root)
            np.subtract(v, root, out=root)
            root += self.epsilon
        else:
            np.add(v, self.epsilon, out=root)
        np.sqrt(root, out=root)
        np.multiply(g, eta, out=d)
        d /= root  # d = eta g / sqrt(v - a^2 + epsilon)
        if self.momentum:
            m = slots["momentum"]
            m *= self.momentum
            m += d
            w -= m
        else:
            w -= d

    rule = "rmsprop"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return rho, the momentum, epsilon and whether it is centered."""
        return self.rho, self.momentum, self.epsilon, float(self.centered)
