"""Nadam: Adam that looks ahead along its momentum, as Nesterov's does.

mu_t = beta_1 (1 - 0.96^t / 2)                    how much momentum step t takes
U    = mu_1 mu_2 … mu_t
m <- m + (1 - beta_1) (g - m)
v <- v + (1 - beta_2) (g^2 - v)
d  = mu_{t+1} m / (1 - U mu_{t+1}) + (1 - mu_t) g / (1 - U)
w <- w - eta d / (sqrt(v / (1 - beta_2^t)) + epsilon)

w, g, m, v, d  (size,)    eta  the learning rate    t  the number of this step, from 1
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.moments import follow_mean, follow_square, too_small
from elman.optimizers.options import Options, fraction, nonnegative


class Nadam(Optimizer):
    """Adam with Nesterov's momentum.

    Args:
        learning_rate: a positive number, or a schedule.
        beta_1: how much of the old mean gradient a step keeps, in [0, 1].
        beta_2: how much of the old mean square a step keeps, in [0, 1].
        epsilon: what is added to the root.
        **options: see `Optimizer`.

    Source: Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2.

    >>> Nadam().slots
    (('momentum', 'velocity'),)
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
        self._product = (0, 1.0)  # t and U after step t

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean gradient and the mean square."""
        return (("momentum", "velocity"),)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        m, v, (a, b) = slots["momentum"], slots["velocity"], work
        type_, t = eta.dtype.type, self.iterations + 1
        one, product = type_(1), type_(self.product(t))
        mu, mu_next = self._share(t, type_), self._share(t + 1, type_)
        follow_mean(m, g, one - type_(self.beta_1), a)
        follow_square(v, g, one - type_(self.beta_2), a)
        np.multiply(m, mu_next, out=a)
        a /= one - product * mu_next
        np.multiply(g, one - mu, out=b)
        b /= one - product
        a += b  # a = d
        a *= eta
        np.divide(v, too_small(self.beta_2, t, eta), out=b)
        np.sqrt(b, out=b)
        b += self.epsilon
        a /= b
        w -= a

    rule = "nadam"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return beta_1, beta_2, epsilon and U of the step that is being taken."""
        return self.beta_1, self.beta_2, self.epsilon, self.product(self._iterations + 1)

    def _share(self, t: int, type_: Any) -> Any:
        """Return mu_t."""
        return type_(self.beta_1) * self._look(t, type_)

    def _look(self, t: int, type_: Any) -> Any:
        """Return mu_t / beta_1."""
        return type_(1) - type_(0.5) * type_(0.96) ** type_(t)

    def product(self, steps: int) -> float:
        """Return U after so many steps, in the first weight's dtype, as Keras does."""
        t, last = self._product if self._product[0] <= steps else (0, 1.0)
        type_ = self._order[0].dtype.type if self._order else np.float32
        for s in range(t + 1, steps + 1):
            last = float(type_(last) * type_(self.beta_1) * self._look(s, type_))
        self._product = (steps, last)
        return last

    def extra_state(self) -> dict[str, Array]:
        """Return U, which Keras saves after the slots."""
        return {"u_product": np.array(self.product(self._iterations))}

    def load_extra_state(self, given: Mapping[str, Array]) -> None:
        """Take over U."""
        self._product = (self._iterations, float(given["u_product"]))
