"""Adamax: Adam with the largest recent gradient in the place of the mean square.

m <- m + (1 - beta_1) (g - m)
u <- max(beta_2 u, |g|)
w <- w - eta m / ((1 - beta_1^t) (u + epsilon))

w, g, m, u  (size,)    eta  the learning rate    t  the number of this step, from 1
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.moments import follow_mean, too_small
from elman.optimizers.options import Options, fraction, nonnegative


class Adamax(Optimizer):
    """Gradient descent with momentum and a step size for each number, from its largest gradient.

    Args:
        learning_rate: a positive number, or a schedule.
        beta_1: how much of the old mean gradient a step keeps, in [0, 1].
        beta_2: how much of the old largest gradient a step keeps, in [0, 1].
        epsilon: what is added to the largest gradient.
        **options: see `Optimizer`.

    Source: Kingma and Ba 2015, arXiv:1412.6980, algorithm 2.

    >>> Adamax().slots
    (('momentum', 'norm'),)
    """

    checks = {"beta_1": fraction, "beta_2": fraction, "epsilon": nonnegative}

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean gradient and the largest one."""
        return (("momentum", "norm"),)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        m, u, (a, b) = slots["momentum"], slots["norm"], work
        follow_mean(m, g, 1 - self.beta_1, a)
        u *= self.beta_2
        np.maximum(u, np.abs(g, out=a), out=u)
        np.add(u, self.epsilon, out=a)
        a *= too_small(self.beta_1, self.iterations + 1, eta)
        np.multiply(m, eta, out=b)
        b /= a
        w -= b

    rule = "adamax"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return beta_1, beta_2 and epsilon."""
        return self.beta_1, self.beta_2, self.epsilon, 0.0
