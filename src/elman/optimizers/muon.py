"""Muon: momentum whose matrix is made orthogonal before the step. Other weights take Adam's.

M <- mu M + G                                     momentum
X  = G + mu M                                     nesterov=True; X = M otherwise
X <- X / (|X| + 1e-7), and ns_steps times:        |X|  the Frobenius norm
     A = X X^T,   X <- a X + (b A + c A^2) X      Newton-Schulz: singular values come near to 1
W <- W - eta X sqrt(max(R, C)) rms_rate           without the last two factors if rms_rate is None

W, G, M, X  (R, C), transposed while R > C    a, b, c  muon_a, muon_b, muon_c
eta  the learning rate, adam_lr_ratio times which is Adam's
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.moments import follow_mean, follow_square, too_small
from elman.optimizers.options import expressions, fraction, nonnegative
from elman.parameters import Weight


def orthogonal(x: Array, steps: int, a: float, b: float, c: float) -> Array:
    """Return a matrix of nearly the same singular vectors and singular values near to 1."""
    if x.shape[0] > x.shape[1]:
        return orthogonal(x.T, steps, a, b, c).T
    type_ = x.dtype.type
    x = x / (np.sqrt(np.sum(x * x)) + type_(1e-7))
    for _ in range(steps):
        square = x @ x.T  # (R, R)
        x = type_(a) * x + (type_(b) * square + type_(c) * square @ square) @ x
    return x


class Muon(Optimizer):
    """Momentum made orthogonal, for the matrices inside a model; Adam for all other weights.

    Adam's are the weights that have not two axes; those with "embedding" in their path; and those
    in whose path an expression of `exclude_layers` is found, which should be the output layer.

    Args:
        learning_rate: a positive number, or a schedule.
        adam_beta_1, adam_beta_2: `beta_1` and `beta_2` of Adam.
        adam_weight_decay: the weight decay of Adam's weights, None for none.
        epsilon: that of Adam.
        weight_decay: the weight decay of the other weights, None for none.
        exclude_layers: regular expressions; weights in whose path one is found are Adam's.
        exclude_embeddings: whether weights with "embedding" in their path are Adam's.
        muon_a, muon_b, muon_c: the polynomial's coefficients.
        adam_lr_ratio: Adam's learning rate, in units of the other.
        momentum: mu, in [0, 1].
        ns_steps: how often the polynomial is applied.
        nesterov: whether to look ahead along the momentum.
        rms_rate: the root mean square of a step at learning rate 1; None leaves it to the shape.
        **options: see `Optimizer`.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; the
    size of steps: Liu et al. 2025, arXiv:2502.16982, section 2.2.

    >>> Muon(exclude_layers=["dense"]).slots
    (('momentum', 'velocity'),)
    """

    checks = {
        "adam_beta_1": fraction,
        "adam_beta_2": fraction,
        "adam_weight_decay": _check.optional(nonnegative),
        "epsilon": nonnegative,
        "exclude_layers": expressions,
        "exclude_embeddings": _check.flag,
        "muon_a": _check.number,
        "muon_b": _check.number,
        "muon_c": _check.number,
        "adam_lr_ratio": nonnegative,
        "momentum": fraction,
        "ns_steps": lambda owner, name, value: _check.integer(owner, name, value, minimum=0),
        "nesterov": _check.flag,
        "rms_rate": _check.optional(nonnegative),
    }
    shaped = True

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        *,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1.0,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers: Any = exclude_layers
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The momentum, and the mean square of Adam's weights."""
        return (("momentum", "velocity"),)

    def is_adam_s(self, weight: Weight) -> bool:
        """Say whether a weight takes Adam's step."""
        embedding = self.exclude_embeddings and "embedding" in weight.path.lower()
        excluded = any(re.search(each, weight.path) for each in self.exclude_layers)
        return len(weight.shape) != 2 or embedding or excluded

    def slot_shape(self, slot: str, weight: Weight) -> tuple[int, ...] | None:
        """Return the weight's shape; only Adam's weights have a mean square."""
        return weight.shape if slot == "momentum" or self.is_adam_s(weight) else None

    def decay_of(self, weight: Weight) -> float | None:
        """Return the weight decay of this weight's rule."""
        if self._excluded.has(weight):
            return None
        return self.adam_weight_decay if self.is_adam_s(weight) else self.weight_decay

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule to one weight."""
        m, type_ = slots["momentum"], eta.dtype.type
        if "velocity" in slots:
            self._adam(w, g, m, slots["velocity"], work, eta * type_(self.adam_lr_ratio))
            return
        np.multiply(m, self.momentum - 1, out=work[0])
        m += np.add(g, work[0], out=work[0])  # in Keras's order, so that float32 rounds alike
        x = g + self.momentum * m if self.nesterov else m
        x = eta * orthogonal(x, self.ns_steps, self.muon_a, self.muon_b, self.muon_c)
        if self.rms_rate is not None:
            x = x * np.sqrt(type_(max(w.shape))) * type_(self.rms_rate)
        w -= x

    def _adam(
        self, w: Array, g: Array, m: Array, v: Array, work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule of `elman.optimizers.adam`."""
        (a, b), t = work, self.iterations + 1
        beta_1, beta_2 = self.adam_beta_1, self.adam_beta_2
        follow_mean(m, g, 1 - beta_1, a)
        follow_square(v, g, 1 - beta_2, a)
        np.sqrt(v, out=a)
        a += self.epsilon
        np.multiply(m, eta * np.sqrt(too_small(beta_2, t, eta)) / too_small(beta_1, t, eta), out=b)
        b /= a
        w -= b
