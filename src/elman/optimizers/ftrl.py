"""FTRL-proximal: each step finds the best weights for all gradients so far, under a penalty.

G' = G + g^2                              G starts at initial_accumulator_value
z <- z + g + 2 l_s w - (G'^p - G^p) / eta w
q  = G'^p / eta + 2 l_2 + beta / eta
w <- (clip(z, -l_1, l_1) - z) / q,   G <- G'

w, g, G, z, q  (size,)    eta  the learning rate    p  minus the learning_rate_power
l_1, l_2, l_s  the strengths of the two penalties and of the shrinkage

With l_1 > 0 a weight whose |z| is small becomes exactly zero.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options, nonnegative


class Ftrl(Optimizer):
    """Follow the regularized leader: for models of many features, most of which should be off.

    Args:
        learning_rate: a positive number, or a schedule.
        learning_rate_power: how step sizes fall with the sum of squares, at most 0, which is not
            at all; -0.5 is as in Adagrad.
        initial_accumulator_value: where the sums of squares start, at least 0.
        l1_regularization_strength: of the penalty |w|, at least 0.
        l2_regularization_strength: of the penalty w^2, at least 0.
        l2_shrinkage_regularization_strength: of w^2 as a part of the loss, at least 0.
        beta: what is added to the root of the sum of squares, as in the paper.
        **options: see `Optimizer`.

    Source: McMahan et al. 2013, "Ad click prediction: a view from the trenches", algorithm 1.

    >>> Ftrl().slots
    (('accumulator', 'linear'),)
    """

    checks = {
        "learning_rate_power": partial(_check.number, high=0),
        "initial_accumulator_value": nonnegative,
        "l1_regularization_strength": nonnegative,
        "l2_regularization_strength": nonnegative,
        "l2_shrinkage_regularization_strength": nonnegative,
        "beta": nonnegative,
    }

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The sum of squares, and z."""
        return (("accumulator", "linear"),)

    def initial(self, slot: str) -> float:
        """Return where the sums of squares start."""
        return self.initial_accumulator_value if slot == "accumulator" else 0.0

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        total, z, (a, b) = slots["accumulator"], slots["linear"], work
        type_, power = eta.dtype.type, -self.learning_rate_power
        l1, l2 = self.l1_regularization_strength, type_(self.l2_regularization_strength)
        shrinkage = 2 * self.l2_shrinkage_regularization_strength
        np.power(total, power, out=b)
        total += np.multiply(g, g, out=a)
        np.power(total, power, out=a)  # a = G'^p
        np.subtract(a, b, out=b)
        b /= eta
        b *= w
        np.subtract(g, b, out=b)
        z += b if not shrinkage else np.add(b, w * type_(shrinkage), out=b)
        a /= eta
        a += type_(2) * (l2 + type_(self.beta) / (type_(2) * eta))  # a = q
        np.clip(z, -l1, l1, out=b)
        b -= z
        np.divide(b, a, out=w)
