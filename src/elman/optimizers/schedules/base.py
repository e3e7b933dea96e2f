"""What all learning rate schedules share: a function of the number of batches seen, with a config.

Schedules compute in float32, as Keras's do.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from elman import _check, _config
from elman._construction import Constructed
from elman._typing import Array
from elman.optimizers.options import positive

single = np.float32


class LearningRateSchedule(Constructed):
    """The base of the schedules; a subclass defines `__call__(step)`.

    A schedule of your own that keeps each argument of its constructor in an attribute of the same
    name has its `get_config`, too.

    >>> class Halving(LearningRateSchedule):
    ...     def __init__(self, initial_learning_rate):
    ...         self.initial_learning_rate = initial_learning_rate
    ...
    ...     def __call__(self, step):
    ...         return self.initial_learning_rate * 0.5**step
    >>> Halving(0.8)(2), Halving(0.8).get_config()
    (0.2, {'initial_learning_rate': 0.8})
    """

    def __call__(self, step: Any) -> Any:
        """Return the learning rate after so many batches.

        Args:
            step: a number, or an array of such.

        Returns:
            A float32, or an array of such.
        """
        raise _check.undefined(self, "__call__(self, step)", "returns a rate")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return _config.of(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "LearningRateSchedule":
        """Make a schedule from what `get_config` returned."""
        return _config.instantiate(cls, config)


def number(schedule: LearningRateSchedule, name: str, value: Any, low: float = -np.inf) -> float:
    """Return a schedule's argument as a finite float of at least `low`."""
    return _check.number(type(schedule).__name__, name, value, low=low)


def length(schedule: LearningRateSchedule, name: str, value: Any) -> Any:
    """Return a schedule's argument, a positive number of steps."""
    positive(type(schedule).__name__, name, value)
    return value


def title(schedule: LearningRateSchedule, value: Any) -> str | None:
    """Return a schedule's name."""
    return _check.optional(_check.string)(type(schedule).__name__, "name", value)


def steps(step: Any) -> Array:
    """Return the number of batches seen, one or an array of such, in float32."""
    return np.asarray(step).astype(single)[()]
