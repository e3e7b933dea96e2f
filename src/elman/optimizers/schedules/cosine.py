"""Learning rates that fall along half a cosine, with f the share of its length that is over:

c(f) = (1 + cos(pi f)) / 2
eta  = eta_0 ((1 - alpha) c(f) + alpha)

Warmup, with t batches seen out of T_w = `warmup_steps`:

eta = eta_0 + (eta_w - eta_0) t / T_w                 t < T_w; then from eta_w along the cosine

Restarts: piece i = 0, 1, … is T t_mul^i long and begins at m_mul^i times eta_0. With x = t / T,

i = floor(log(1 - x (1 - t_mul)) / log(t_mul))        t_mul > 1
f = (x - (1 - t_mul^i) / (1 - t_mul)) / t_mul^i
i = floor(x),   f = x - i                             t_mul = 1

Source: Loshchilov and Hutter 2016, arXiv:1608.03983, equation 5; warmup: Goyal et al. 2017,
arXiv:1706.02677, section 2.2.
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError
from elman.optimizers.schedules.base import (
    LearningRateSchedule,
    length,
    number,
    single,
    steps,
    title,
)


def cosine(f: Array) -> Array:
    """Return c(f), in float32."""
    return single(0.5) * (single(1) + np.cos(single(np.pi) * f))


def _log(x: Any) -> Any:
    """Return the logarithm rounded to the nearest float32: restarts come when Keras's do."""
    return np.log(x, dtype=np.float64).astype(single)


class CosineDecay(LearningRateSchedule):
    """A learning rate that rises along a line, if it is told to, and falls along half a cosine.

    Args:
        initial_learning_rate: eta_0.
        decay_steps: how long the cosine is, positive.
        alpha: the share of the learning rate that stays at the end.
        name: what to call it.
        warmup_target: eta_w, where the line ends and the cosine begins; None for no line.
        warmup_steps: T_w, how long the line is.

    >>> schedule = CosineDecay(0.0, decay_steps=10, warmup_target=1.0, warmup_steps=4)
    >>> [round(float(schedule(t)), 3) for t in (0, 2, 4, 9, 14)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate, 0)
        self.decay_steps = length(self, "decay_steps", decay_steps)
        self.alpha = number(self, "alpha", alpha, 0)
        self.name = title(self, name)
        self.warmup_target = (
            None if warmup_target is None else number(self, "warmup_target", warmup_target, 0)
        )
        number(self, "warmup_steps", warmup_steps, 0)
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        t, whole = steps(step), single(self.decay_steps)
        first, alpha = single(self.initial_learning_rate), single(self.alpha)
        if self.warmup_target is None:
            return first * ((single(1) - alpha) * cosine(np.minimum(t, whole) / whole) + alpha)
        target, warm = single(self.warmup_target), single(self.warmup_steps)
        t = np.minimum(t, whole + warm)
        risen = (target - first) * (t / (warm or single(1))) + first
        fallen = target * ((single(1) - alpha) * cosine((t - warm) / whole) + alpha)
        return np.where(t < warm, risen, fallen)[()]


class CosineDecayRestarts(LearningRateSchedule):
    """A learning rate that falls along half a cosine again and again.

    Args:
        initial_learning_rate: eta_0.
        first_decay_steps: T, how long the first piece is, positive.
        t_mul: by what each piece is longer than the last, at least 1.
        m_mul: by what each piece begins higher than the last, at least 0.
        alpha: the share of eta_0 that stays at the end of a piece.
        name: what to call it.

    >>> schedule = CosineDecayRestarts(1.0, first_decay_steps=10)
    >>> [round(float(schedule(t)), 3) for t in (0, 5, 10, 20)]
    [1.0, 0.5, 1.0, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = number(self, "initial_learning_rate", initial_learning_rate, 0)
        self.first_decay_steps = length(self, "first_decay_steps", first_decay_steps)
        self.t_mul = number(self, "t_mul", t_mul)
        self.m_mul = number(self, "m_mul", m_mul, 0)
        self.alpha = number(self, "alpha", alpha, 0)
        self.name = title(self, name)
        if self.t_mul < 1:
            raise ArgumentError(
                f"{type(self).__name__}: `t_mul` must be at least 1; got {t_mul!r}. Shorter and"
                " shorter pieces would come to an end."
            )

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        one, factor, alpha = single(1), single(self.t_mul), single(self.alpha)
        x = steps(step) / single(self.first_decay_steps)
        if factor == 1:
            i = np.floor(x)
            f = x - i
        else:
            i = np.floor(_log(one - x * (one - factor)) / _log(factor))
            longer = np.power(factor, i)
            f = (x - (one - longer) / (one - factor)) / longer
        decayed = np.power(single(self.m_mul), i) * cosine(f)
        return single(self.initial_learning_rate) * ((one - alpha) * decayed + alpha)
