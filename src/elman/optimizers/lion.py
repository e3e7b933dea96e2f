"""Lion: steps of one size, in the direction of a mean of the gradients.

w <- w - eta sign(beta_1 m + (1 - beta_1) g)
m <- beta_2 m + (1 - beta_2) g

w, g, m  (size,)    eta  the learning rate
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options, fraction


def _above_zero(owner: str, name: str, value: Any) -> float:
    """Return `value` as a float in (0, 1]."""
    if _check.number(owner, name, value, high=1) <= 0:
        raise ArgumentError(
            f"{owner}: `{name}` must be above 0; got {value!r}. With 0 only the sign of the last"
            " gradient would count."
        )
    return float(value)


class Lion(Optimizer):
    """Gradient descent by the sign of the momentum; it wants a third of Adam's learning rate.

    Args:
        learning_rate: a positive number, or a schedule.
        beta_1: how much of the momentum a step takes, in (0, 1].
        beta_2: how much of the old momentum a step keeps, in [0, 1].
        **options: see `Optimizer`.

    Source: Chen et al. 2023, arXiv:2302.06675, program 1.

    >>> Lion().slots
    (('momentum',),)
    """

    checks = {"beta_1": _above_zero, "beta_2": fraction}

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The momentum."""
        return (("momentum",),)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        m, (a, b), type_ = slots["momentum"], work, eta.dtype.type
        beta_1, beta_2, one = type_(self.beta_1), type_(self.beta_2), type_(1)
        np.multiply(m, beta_1, out=a)
        a += np.multiply(g, one - beta_1, out=b)
        np.sign(a, out=a)
        a *= eta
        w -= a
        m *= beta_2
        m += np.multiply(g, one - beta_2, out=a)

    rule = "lion"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return beta_1 and beta_2."""
        return self.beta_1, self.beta_2, 0.0, 0.0
