"""LearningRateScheduler: a learning rate for each epoch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check
from elman._settings import say
from elman.callbacks.base import Callback
from elman.errors import ArgumentError


class LearningRateScheduler(Callback):
    """Set the learning rate at the beginning of every epoch.

    The rate is written to the logs of every epoch as "learning_rate".

    Args:
        schedule: a function of the epoch, from 0, and of the learning rate so far, or of the epoch
            alone, to a learning rate.
        verbose: 1 to say what it is set to.

    Raises:
        ArgumentError: `schedule` is no function; or, in training, returned no float, or the
            optimizer's learning rate is a schedule itself.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile(elman.optimizers.SGD(0.5), "mse")
    >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2 if epoch > 1 else rate)
    >>> history = model.fit([[1.0, 2.0]], [[1.0]], epochs=4, callbacks=[halve], verbose=0)
    >>> history.history["learning_rate"]
    [0.5, 0.5, 0.25, 0.125]
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise ArgumentError(
                "LearningRateScheduler: `schedule` must be a function of the epoch and the learning"
                f" rate; got {_check.shown(schedule)}."
            )
        self.schedule = schedule
        self.verbose = verbose
        self._takes_rate = takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        known = (epoch, float(optimizer.learning_rate)) if self._takes_rate else (epoch,)
        rate = self.schedule(*known)
        if isinstance(rate, np.ndarray) and rate.ndim == 0:
            rate = rate[()]
        if not isinstance(rate, (float, np.floating)):
            raise ArgumentError(
                f"LearningRateScheduler: `schedule` must return a float; got {rate!r} for epoch "
                f"{epoch}."
            )
        optimizer.learning_rate = float(rate)
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is set to {float(rate):g}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the rate to the logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def takes_two(function: Callable[..., Any]) -> bool:
    """Say whether a function takes two arguments; if that cannot be found out, it does."""
    import inspect  # slow to import

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # built in
        return True
    try:
        signature.bind(0, 0.0)
    except TypeError:
        return False
    return True
