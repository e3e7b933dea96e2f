"""TerminateOnNaN: stop when the loss is no longer a finite number."""

import math
from typing import Any

from elman import _check
from elman._settings import say
from elman.callbacks.base import Callback
from elman.errors import TrainingError


class TerminateOnNaN(Callback):
    """Stop training when the loss is no longer a finite number.

    Args:
        raise_error: raise an error, so that no callback hears of an end of training, rather than
            end training after the batch.

    Raises:
        TrainingError: with `raise_error`, the loss is NaN or infinite.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> watch = elman.callbacks.TerminateOnNaN()
    >>> len(model.fit([[1, 2]], [[float("nan")]], epochs=9, callbacks=watch, verbose=0).epoch)
    Batch 0: the loss is nan; training stops
    1
    """

    heeds_nan = True

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = _check.flag("TerminateOnNaN", "raise_error", raise_error)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise TrainingError(
                f"TerminateOnNaN: the loss must stay finite; got {loss} at batch {batch}. Use a "
                "smaller learning rate, or `clipnorm` in the optimizer."
            )
        say(f"Batch {batch}: the loss is {loss}; training stops")
        self.model.stop_training = True
