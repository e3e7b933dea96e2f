"""Lamb: Adam's direction, with a step for each weight that is in proportion to the weight.

m <- m + (1 - beta_1) (g - m)
v <- v + (1 - beta_2) (g^2 - v)
d  = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon)
w <- w - eta |w| / |d| d                  |w| / |d| = 1 where either is zero

w, g, m, v, d  the weight's shape    |.|  the Euclidean norm    eta  the learning rate
t  the number of this step, from 1
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.moments import follow_mean, follow_square, too_small
from elman.optimizers.options import Options, fraction, nonnegative


class Lamb(Optimizer):
    """Adam with a step size for each weight as a whole, for large batches.

    Args:
        learning_rate: a positive number, or a schedule.
        beta_1: how much of the old mean gradient a step keeps, in [0, 1].
        beta_2: how much of the old mean square a step keeps, in [0, 1].
        epsilon: what is added to the root.
        **options: see `Optimizer`.

    Source: You et al. 2020, arXiv:1904.00962, algorithm 2.

    >>> Lamb().slots
    (('momentum', 'velocity'),)
    """

    checks = {"beta_1": fraction, "beta_2": fraction, "epsilon": nonnegative}
    shaped = True

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
        """The mean gradient and the mean square."""
        return (("momentum", "velocity"),)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule to one weight."""
        m, v, (d, a), t = slots["momentum"], slots["velocity"], work, self.iterations + 1
        follow_mean(m, g, 1 - self.beta_1, a)
        follow_square(v, g, 1 - self.beta_2, a)
        np.divide(v, too_small(self.beta_2, t, eta), out=a)
        np.sqrt(a, out=a)
        a += self.epsilon
        np.divide(m, too_small(self.beta_1, t, eta), out=d)
        d /= a
        size, length = (np.sqrt(np.sum(np.multiply(x, x, out=a))) for x in (w, d))
        d *= (size / length if size > 0 and length > 0 else eta.dtype.type(1)) * eta
        w -= d
