"""EarlyStopping: stop when a number has stopped getting better."""

from typing import Any

from elman import _check
from elman._settings import say
from elman.callbacks.base import Callback
from elman.callbacks.monitor import Monitor


class EarlyStopping(Callback):
    """Stop training when a number has stopped getting better.

    Args:
        monitor: the number, such as "val_loss".
        min_delta: by how much it must get better to count.
        patience: epochs without improvement after which training stops.
        verbose: 1 to say so.
        mode: "min", "max" or "auto", which goes by the metric of that name.
        baseline: what must be beaten at least, or training stops after `patience`.
        restore_best_weights: end with the weights of the best epoch, not of the last.
        start_from_epoch: epochs to wait before watching.

    Attributes:
        best, best_epoch: the best value so far (None before the first), and its epoch.
        wait: epochs since then.
        stopped_epoch: the epoch after which training was stopped, 0 if it was not.

    Raises:
        ArgumentError: an argument is out of range; or, in training, the mode is "auto" and it is
            not known which way is better.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> stop = EarlyStopping("loss", min_delta=9.0, patience=3)
    >>> len(model.fit([[0, 0]], [[1]], epochs=10, callbacks=[stop], verbose=0).epoch)
    4
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        owner = "EarlyStopping"
        self.monitor = monitor
        self.patience = _check.integer(owner, "patience", patience, minimum=0)
        self.verbose = verbose
        self.baseline = baseline if baseline is None else _check.number(owner, "baseline", baseline)
        self.restore_best_weights = _check.flag(owner, "restore_best_weights", restore_best_weights)
        self.start_from_epoch = _check.integer(owner, "start_from_epoch", start_from_epoch, 0)
        self.min_delta, self.mode = min_delta, mode
        self._begin()

    def _begin(self) -> None:
        self.watch = Monitor("EarlyStopping", self.monitor, self.mode, self.min_delta)
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Start watching."""
        self._begin()

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self.watch.best

    def get_monitor_value(self, logs: Any) -> float | None:
        """Return the number that is watched; a subclass may say another."""
        return self.watch.value(self.model, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the number, and stop if it has not got better for too long."""
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.watch.settle(self.model)
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights = self.model.get_weights()
            self.best_epoch = epoch
        self.wait += 1
        if self.watch.improves(value):
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.watch.better(value, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Restore the best weights."""
        if self.verbose and self.stopped_epoch:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                say(f"Restoring the weights of epoch {self.best_epoch + 1}, the best one")
            self.model.set_weights(self.best_weights)
