"""EarlyStopping: stop when a number has stopped getting better."""

from typing import Any

from elman import _check
from elman.callbacks.base import Callback
from elman.callbacks.monitor import Monitor


class EarlyStopping(Callback):
    """Stop training when a number has stopped getting better.

    Args:
        monitor: the number, such as "val_loss".
        min_delta: by how much it must get better to count.
        patience: epochs without improvement after which training stops.
        verbose: 1 to say so.
        mode: "min", "max" or "auto".
        baseline: what must be beaten at least, or training stops after `patience`.
        restore_best_weights: end with the weights of the best epoch, not of the last.
        start_from_epoch: epochs to wait before watching.
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
        self.monitor = monitor
        self.patience = _check.integer("EarlyStopping", "patience", patience, minimum=0)
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.min_delta, self.mode = min_delta, mode
        self.watch = self._new_watch()

    def on_train_begin(self, logs: Any = None) -> None:
        """Start watching."""
        self.watch = self._new_watch()
        self.wait, self.stopped_epoch, self.best_epoch = 0, 0, 0
        self.best_weights: list[Any] | None = None

    def _new_watch(self) -> Monitor:
        return Monitor("EarlyStopping", self.monitor, self.mode, self.min_delta)

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self.watch.best

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the number, and stop if it has not got better for too long."""
        value = self.watch.value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
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
            print(f"stopped after epoch {self.stopped_epoch + 1}; best was {self.best_epoch + 1}")
        if self.restore_best_weights and self.best_weights is not None:
            self.model.set_weights(self.best_weights)
