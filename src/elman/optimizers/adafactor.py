"""Adafactor: the mean square of a matrix from the means of its rows and of its columns.

s   = g^2 + epsilon_1,    beta = 1 - t^beta_2_decay
r  <- beta r + (1 - beta) mean of each row of s
c  <- beta c + (1 - beta) mean of each column of s
v  <- r c / mean(r)                               a weight of two axes or more
v  <- beta v + (1 - beta) s                       of fewer
d   = g / sqrt(v)
eta' = min(eta, 1 / sqrt(t))
w  <- w - eta' max(epsilon_2, rms(w)) d / max(1, rms(d) / clip_threshold)

w, g, s, v, d  (…, R, C)    r  (…, R)    c  (…, C)    rms  the root of the mean square
eta  the learning rate    t  the number of this step, from 1
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import numpy as np

from elman import _check
from elman._typing import Array
from elman.optimizers.base import Optimizer, Schedule
from elman.optimizers.options import Options, nonnegative, positive
from elman.parameters import Weight


class Adafactor(Optimizer):
    """Gradient descent with a step size for each number that only rows and columns are kept for.

    Args:
        learning_rate: a positive number, or a schedule.
        beta_2_decay: how fast the means settle, at most 0.
        epsilon_1: what is added to squares.
        epsilon_2: the least size of a weight that a step is in proportion to.
        clip_threshold: the largest root mean square of a step's direction.
        relative_step: as in Keras, where it changes nothing: steps fall as 1 / sqrt(t) either way.
        **options: see `Optimizer`.

    Source: Shazeer and Stern 2018, arXiv:1804.04235, algorithms 4 and 5. Keras, and so elman, keeps
    v of a matrix too, which costs what the method is there to save.

    >>> Adafactor().slots
    (('r', 'c', 'velocity'),)
    """

    checks = {
        "beta_2_decay": partial(_check.number, high=0),
        "epsilon_1": nonnegative,
        "epsilon_2": nonnegative,
        "clip_threshold": positive,
        "relative_step": _check.flag,
    }
    shaped = True

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The mean squares of rows, of columns, and of each number."""
        return (("r", "c", "velocity"),)

    def slot_shape(self, slot: str, weight: Weight) -> tuple[int, ...] | None:
        """Return the shape of rows and columns; Keras keeps a number for weights that lack them."""
        *rest, last = weight.shape if weight.shape else (1,)
        if slot == "velocity" or len(weight.shape) < 2:
            return weight.shape if slot == "velocity" else () if weight.array.size else None
        return tuple(rest) if slot == "r" else (*rest[:-1], last)

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule to one weight."""
        v, (s, d), type_ = slots["velocity"], work, eta.dtype.type
        one, t = type_(1), type_(self.iterations + 1)
        beta = one - t ** type_(self.beta_2_decay)
        np.multiply(g, g, out=s)
        s += type_(self.epsilon_1)
        if w.ndim < 2:
            _follow(v, s, beta)
        else:
            r, c = slots["r"], slots["c"]
            _follow(r, np.mean(s, axis=-1), beta)
            _follow(c, np.mean(s, axis=-2), beta)
            np.multiply((r / np.mean(r, axis=-1, keepdims=True))[..., None], c[..., None, :], out=v)
        np.divide(g, np.sqrt(v, out=s), out=d)
        size = np.maximum(type_(self.epsilon_2), _rms(w, s)) * np.minimum(eta, one / np.sqrt(t))
        d /= np.maximum(one, _rms(d, s) / type_(self.clip_threshold))
        d *= size
        w -= d


def _follow(mean: Array, value: Array, beta: Any) -> None:
    """Let a mean keep a share of what it was."""
    mean *= beta
    mean += (type(beta)(1) - beta) * value


def _rms(x: Array, out: Array) -> Any:
    """Return the root of the mean square, in the dtype of x."""
    return np.sqrt(np.mean(np.multiply(x, x, out=out)))
