"""Adagrad: divide each gradient by the root of the sum of all its squares so far.

G <- G + g^2                              G starts at initial_accumulator_value
w <- w - eta g / sqrt(G + epsilon)

w, g, G  (size,)    eta  the learning rate
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options, nonnegative


class Adagrad(Optimizer):
    """Gradient descent with a step size for each number, which only falls.

    Args:
        learning_rate: a positive number, or a schedule.
        initial_accumulator_value: where the sums of squares start, at least 0.
        epsilon: what is added under the root.
        **options: see `Optimizer`.

    Source: Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and
    stochastic optimization", figure 1.

    >>> Adagrad().slots
    (('accumulator',),)
    """

    checks = {"initial_accumulator_value": nonnegative, "epsilon": nonnegative}

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The sum of squares."""
        return (("accumulator",),)

    def initial(self, slot: str) -> float:
        """Return where the sums start."""
        return self.initial_accumulator_value if slot == "accumulator" else 0.0

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        total, (a, b) = slots["accumulator"], work
        total += np.multiply(g, g, out=a)
        np.add(total, self.epsilon, out=a)
        np.sqrt(a, out=a)
        np.multiply(g, eta, out=b)
        b /= a
        w -= b

    rule = "adagrad"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return epsilon."""
        return self.epsilon, 0.0, 0.0, 0.0
