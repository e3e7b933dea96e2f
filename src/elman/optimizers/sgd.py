"""Gradient descent, with momentum or without.

w <- w - eta g                          momentum = 0

m <- mu m - eta g                       momentum mu > 0
w <- w + m                              plain (Polyak 1964)
w <- w + mu m - eta g                   nesterov=True (Nesterov 1983; Sutskever et al. 2013)

w, g, m  (size,)    eta  the learning rate
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options


class SGD(Optimizer):
    """Stochastic gradient descent.

    Args:
        learning_rate: a positive number, or a function from the number of steps taken to one.
        momentum: the share of the last step that is taken again, in [0, 1].
        nesterov: whether to look ahead along the momentum.
        **options: see `Optimizer`.

    Source: Sutskever, Martens, Dahl and Hinton 2013, "On the importance of initialization and
    momentum in deep learning", equations 1 to 4.

    >>> SGD(momentum=0.9).slots
    (('momentum',),)
    """

    checks = {
        "momentum": partial(_check.number, low=0, high=1),
        "nesterov": _check.flag,
    }

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = momentum
        self.nesterov = nesterov

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The momentum, where there is any."""
        return (("momentum",),) if self.momentum else ()

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        eta_g = np.multiply(g, eta, out=work[0])
        if not self.momentum:
            w -= eta_g
            return
        mu, m = self.momentum, slots["momentum"]
        m *= mu
        m -= eta_g
        if self.nesterov:
            w += np.multiply(m, mu, out=work[1])
            w -= eta_g
        else:
            w += m

    rule = "sgd"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return the momentum and whether to look ahead along it."""
        return self.momentum, float(self.nesterov), 0.0, 0.0
