"""Learning rates that fall by a simple law, with t batches seen out of T = `decay_steps`:

eta_0 r^(t/T)                             exponential
eta_0 / (1 + r t/T)                       inverse time
(eta_0 - eta_1) (1 - t/T)^p + eta_1       polynomial, of t up to T

`staircase` rounds t/T down. `cycle` lengthens T to the next of its multiples where t is beyond it.
"""

from typing import Any

import numpy as np

from elman import _check
from elman.optimizers.schedules.base import (
    LearningRateSchedule,
    length,
    number,
    single,
    steps,
    title,
)


class ExponentialDecay(LearningRateSchedule):
    """A learning rate that falls by the same factor again and again.

    Args:
        initial_learning_rate: eta_0.
        decay_steps: T, positive.
        decay_rate: r, at least 0.
        staircase: whether to fall only when another T batches have been seen.
        name: what to call it.

    >>> schedule = ExponentialDecay(1.0, decay_steps=10, decay_rate=0.25)
    >>> [float(schedule(t)) for t in (0, 5, 10)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = length(self, "decay_steps", decay_steps)
        self.decay_rate = number(self, "decay_rate", decay_rate, 0)
        self.staircase = _check.flag(type(self).__name__, "staircase", staircase)
        self.name = title(self, name)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        p = steps(step) / single(self.decay_steps)
        p = np.floor(p) if self.staircase else p
        return single(self.initial_learning_rate) * np.power(single(self.decay_rate), p)


class InverseTimeDecay(LearningRateSchedule):
    """A learning rate that falls as one over the time.

    Args:
        initial_learning_rate: eta_0.
        decay_steps: T, positive.
        decay_rate: r, at least 0.
        staircase: whether to fall only when another T batches have been seen.
        name: what to call it.

    >>> schedule = InverseTimeDecay(1.0, decay_steps=10, decay_rate=1)
    >>> [float(schedule(t)) for t in (0, 10, 30)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = length(self, "decay_steps", decay_steps)
        self.decay_rate = number(self, "decay_rate", decay_rate, 0)
        self.staircase = _check.flag(type(self).__name__, "staircase", staircase)
        self.name = title(self, name)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        p = steps(step) / single(self.decay_steps)
        p = np.floor(p) if self.staircase else p
        return single(self.initial_learning_rate) / (single(1) + single(self.decay_rate) * p)


class PolynomialDecay(LearningRateSchedule):
    """A learning rate that falls to an end along a power, a straight line by default.

    Args:
        initial_learning_rate: eta_0.
        decay_steps: T, positive.
        end_learning_rate: eta_1.
        power: p, at least 0.
        cycle: whether to begin anew, each time more slowly, and not to stay at the end.
        name: what to call it.

    >>> schedule = PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.5)
    >>> [float(schedule(t)) for t in (0, 5, 10, 15)]
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = length(self, "decay_steps", decay_steps)
        self.end_learning_rate = number(self, "end_learning_rate", end_learning_rate, 0)
        self.power = number(self, "power", power, 0)
        self.cycle = _check.flag(type(self).__name__, "cycle", cycle)
        self.name = title(self, name)

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        t: Any = steps(step)
        whole: Any = single(self.decay_steps)
        if self.cycle:
            whole = whole * np.maximum(np.ceil(t / whole), single(1))
        else:
            t = np.minimum(t, whole)
        end = single(self.end_learning_rate)
        fall = single(self.initial_learning_rate) - end
        return fall * np.power(single(1) - t / whole, single(self.power)) + end
