"""TerminateOnNaN: stop when the loss is no longer a finite number."""

import math
from importlib import import_module
from typing import Any

from elman import _check
from elman._settings import say
from elman.callbacks.base import Callback
from elman.errors import TrainingError


class TerminateOnNaN(Callback):
    """Stop training when the loss is no longer a finite number, and say where that began.

    It names the first value that is not finite: in the data, or a layer, timestep, gate and row of
    the batch; where the class has a `train_step` of its own, what is wrong with the weights.

    To find it, the batch is run once more, with states begun anew and without dropout or noise;
    with `bptt_steps` it is the chunk alone. Where the first one came from a state that was carried
    from batch to batch or chunk to chunk, or from what was drawn at random for that step, it may
    name a later one, a weight that the step has broken since, or none.

    Args:
        raise_error: raise an error, so that no callback hears of an end of training, rather than
            end training after the batch.

    Raises:
        TrainingError: with `raise_error`, the loss is NaN or infinite.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> watch = elman.callbacks.TerminateOnNaN()
    >>> _ = model.fit([[1, 2]], [[float("nan")]], epochs=9, callbacks=watch, verbose=0)
    ... # doctest: +ELLIPSIS
    Batch 0: the loss is nan; training stops. The first value that is not finite: `y` holds nan ...
    """

    heeds_nan = True
    locates_nan = True

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = _check.flag("TerminateOnNaN", "raise_error", raise_error)

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise TrainingError(
                f"TerminateOnNaN: the loss must stay finite; got {loss} at batch {batch}. "
                + (self._place() or "Use a smaller learning rate, or `clipnorm` in the optimizer.")
            )
        place = self._place()
        say(f"Batch {batch}: the loss is {loss}; training stops" + (f". {place}" if place else ""))
        self.model.stop_training = True

    def _place(self) -> str:
        """Return where the first value that is not finite is, if that is known."""
        lookout = self.model.compiled.lookout
        found: str = lookout.found if lookout is not None else ""
        looking = import_module("elman.inspection.not_finite")
        return found or looking.first_not_finite(self.model)
