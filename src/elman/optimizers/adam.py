"""Adam: RMSprop's step size and a momentum, both corrected for starting at zero.

    m <- m + (1 - beta_1) (g - m)
    v <- v + (1 - beta_2) (g^2 - v)
    u <- max(u, v)                                amsgrad=True; u = v otherwise
    alpha = eta sqrt(1 - beta_2^t) / (1 - beta_1^t)
    w <- w - alpha m / (sqrt(u) + epsilon)

    w, g, m, v, u  (size,)    eta  the learning rate    t  the number of this step, from 1

`epsilon` is the paper's "epsilon hat" (Kingma and Ba 2015, end of section 2), as in Keras.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.moments import follow_mean, follow_square, too_small
from elman.optimizers.options import Options


class Adam(Optimizer):
    """Gradient descent with momentum and a step size for each number.

    Args:
        learning_rate: a positive number, or a function from the number of steps taken to one.
        beta_1: how much of the old mean gradient a step keeps, in [0, 1].
        beta_2: how much of the old mean square a step keeps, in [0, 1].
        epsilon: what is added to the root.
        amsgrad: whether a step size may only shrink (Reddi et al. 2018).
        **options: see `Optimizer`.

    Source: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1; Reddi, Kale and Kumar 2018,
    arXiv:1904.09237, algorithm 2.

    >>> Adam().slots
    (('momentum', 'velocity'),)
    """

    checks = {
        "beta_1": partial(_check.number, low=0, high=1),
        "beta_2": partial(_check.number, low=0, high=1),
        "epsilon": partial(_check.number, low=0),
        "amsgrad": _check.flag,
    }

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean gradient, the mean square and, where it is used, the largest mean square."""
        return (("momentum", "velocity"), *((("velocity_hat",),) if self.amsgrad else ()))

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule."""
        m, v, (a, b) = slots["momentum"], slots["velocity"], work
        follow_mean(m, g, 1 - self.beta_1, a)
        follow_square(v, g, 1 - self.beta_2, a)
        u = np.maximum(slots["velocity_hat"], v, out=slots["velocity_hat"]) if self.amsgrad else v
        np.sqrt(u, out=a)
        a += self.epsilon
        np.multiply(m, self.alpha(eta), out=b)
        b /= a
        w -= b

    rule = "adam"

    def numbers(self) -> tuple[float, float, float, float]:
        """Return beta_1, beta_2, epsilon and whether a step size may only shrink."""
        return self.beta_1, self.beta_2, self.epsilon, float(self.amsgrad)

    def alpha(self, eta: Any) -> Any:
        """Return the corrected learning rate, in the dtype of the weights."""
        t = self.iterations + 1
        return eta * np.sqrt(too_small(self.beta_2, t, eta)) / too_small(self.beta_1, t, eta)


class AdamW(Adam):
    """Adam with weight decay, which is taken off the weights and not added to the gradient.

    Args:
        learning_rate: a positive number, or a function from the number of steps taken to one.
        weight_decay: the share of a weight, times the learning rate, taken off at each step.
        **options: see `Adam` and `Optimizer`.

    Source: Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2.

    >>> AdamW().weight_decay
    0.004
    """

    checks = {"weight_decay": partial(_check.number, low=0)}

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Any,
    ) -> None:
        if weight_decay is None:
            raise ArgumentError("AdamW: `weight_decay` must be a number; got None. Use `Adam`.")
        options = {**options, "weight_decay": weight_decay}
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **options)
