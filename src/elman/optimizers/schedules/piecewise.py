"""A learning rate that is constant between boundaries b_1 < b_2 < …, with t batches seen:

eta_0 while t <= b_1,    eta_1 while b_1 < t <= b_2,    …
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.optimizers.schedules.base import LearningRateSchedule, number, single, title


class PiecewiseConstantDecay(LearningRateSchedule):
    """A learning rate that changes at given steps.

    Args:
        boundaries: the last steps of all pieces but the last piece, rising.
        values: the learning rate of each piece, one more than there are boundaries.
        name: what to call it.

    >>> schedule = PiecewiseConstantDecay([10, 20], [0.5, 0.25, 0.125])
    >>> [float(schedule(t)) for t in (0, 10, 11, 21)]
    [0.5, 0.5, 0.25, 0.125]
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str | None = "PiecewiseConstant",
    ) -> None:
        self.boundaries = _numbers(self, "boundaries", boundaries)
        self.values = _numbers(self, "values", values)
        self.name = title(self, name)
        if len(values) != len(boundaries) + 1:
            raise ArgumentError(
                f"PiecewiseConstantDecay: `values` must have one entry more than `boundaries`; got"
                f" {len(values)} for {len(boundaries)}."
            )
        if any(a >= b for a, b in pairwise(boundaries)):
            raise ArgumentError(
                f"PiecewiseConstantDecay: `boundaries` must rise; got {list(boundaries)}."
            )

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after `step` batches."""
        piece = np.searchsorted(np.array(self.boundaries, float), np.asarray(step), side="left")
        return np.array(self.values, single)[piece]


def _numbers(schedule: LearningRateSchedule, name: str, given: Any) -> list[Any]:
    """Return an argument as a list of numbers."""
    if not isinstance(given, Iterable) or isinstance(given, str):
        raise ArgumentError(
            f"{type(schedule).__name__}: `{name}` must be a list of numbers; got "
            f"{_check.shown(given)}."
        )
    listed = list(given)
    for each in listed:
        number(schedule, name, each)
    return listed
