"""Adadelta: steps of the size that steps have had, for gradients of the size that they have had.

v <- rho v + (1 - rho) g^2
d  = -sqrt(s + epsilon) g / sqrt(v + epsilon)
s <- rho s + (1 - rho) d^2
w <- w + eta d

w, g, v, s, d  (size,)    eta  the learning rate, 1 in the paper
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options, fraction, nonnegative


class Adadelta(Optimizer):
    """Gradient descent whose step sizes come from the last gradients and the last steps.

    Args:
        learning_rate: a positive number, or a schedule; 1.0 gives the paper's rule.
        rho: how much of the old mean squares a step keeps, in [0, 1].
        epsilon: what is added under the roots.
        **options: see `Optimizer`.

    Source: Zeiler 2012, arXiv:1212.5701, algorithm 1.

    >>> Adadelta().slots
    (('accumulated_grad', 'accumulated_delta_var'),)
    """

    checks = {"rho": fraction, "epsilon": nonnegative}

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = rho
        self.epsilon = epsilon

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean squares of gradients and of steps."""
        return (("accumulated_grad", "accumulated_delta_var"),)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        v, s, (d, a) = slots["accumulated_grad"], slots["accumulated_delta_var"], work
        np.multiply(g, g, out=a)
        a *= 1 - self.rho
        v *= self.rho
        v += a
        np.add(s, self.epsilon, out=d)
        np.sqrt(d, out=d)
        d *= g
        np.add(v, self.epsilon, out=a)
        np.sqrt(a, out=a)
        d /= a  # d is what is taken off here, and added in the equations
        np.multiply(d, d, out=a)
        a *= 1 - self.rho
        s *= self.rho
        s += a
        d *= eta
        w -= d

    rule = "adadelta"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return rho and epsilon."""
        return self.rho, self.epsilon, 0.0, 0.0
