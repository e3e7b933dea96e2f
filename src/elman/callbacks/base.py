"""What a callback is, and the small ones: the history, the watch for NaN, functions as one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check


class Callback:
    """Base class. `self.model` and `self.params` are set before training begins.

    `logs` holds the loss and the metrics so far, by name.

    Attributes:
        lazy_logs: at the end of a batch, take a function that works the logs out in their place.
    """

    lazy_logs = False

    model: Any = None
    params: dict[str, Any]

    def set_model(self, model: Any) -> None:
        """Take the model that is trained."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the number of epochs, of steps an epoch, and `verbose`."""
        self.params = params

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training, by Keras's older name."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training, by Keras's older name."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Before validation or evaluation."""

    def on_test_end(self, logs: Any = None) -> None:
        """After validation or evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of validation or evaluation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of validation or evaluation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of prediction."""

    def close(self) -> None:
        """At the very end, after an error too: give back what was opened."""


class History(Callback):
    """What `fit` returns: the loss and each metric by epoch.

    Attributes:
        epoch: the numbers of the epochs.
        history: name -> one value an epoch.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the epoch down."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class TerminateOnNaN(Callback):
    """Stop training when the loss is no longer a finite number."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss."""
        loss = (logs or {}).get("loss")
        if loss is not None and not np.isfinite(loss):
            print(f"batch {batch}: the loss is {loss}; training stops")
            self.model.stop_training = True


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        functions: by event, such as `on_epoch_end=lambda epoch, logs: print(epoch)`.
    """

    def __init__(self, **functions: Callable[..., None]) -> None:
        events = [name for name in vars(Callback) if name.startswith("on_")]
        for name, function in functions.items():
            _check.one_of("LambdaCallback", "event", name, events)
            if function is not None:
                setattr(self, name, function)
        self._functions = functions
