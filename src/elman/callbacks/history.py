"""History: what `fit` returns."""

from importlib import import_module
from typing import Any

from elman.callbacks.base import Callback


class History(Callback):
    """What `fit` returns: the loss and each metric by epoch.

    One that is given among the callbacks is the one that `fit` returns. Given to a second `fit`, it
    counts the epochs anew and goes on with the numbers, as Keras's does.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit([[1.0, 2.0]], [[1.0]], epochs=2, verbose=0)
    >>> history.epoch, list(history.history), len(history.history["loss"])
    ([0, 1], ['loss'], 2)

    Attributes:
        epoch: the numbers of the epochs.
        history: name -> one value an epoch.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Count the epochs anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the epoch down."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self, *, log: bool = False) -> Any:
        """Draw the loss and each metric by epoch; see `elman.inspection.plot_history`."""
        return import_module("elman.inspection").plot_history(self, log=log)
