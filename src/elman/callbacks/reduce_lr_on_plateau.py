"""ReduceLROnPlateau: take smaller steps when a number has stopped getting better."""

from typing import Any

from elman import _check
from elman._settings import say
from elman.callbacks.base import Callback
from elman.callbacks.monitor import Monitor
from elman.errors import ArgumentError


class ReduceLROnPlateau(Callback):
    """Make the learning rate smaller when a number has stopped getting better.

    The rate is written to the logs of every epoch as "learning_rate": the one that the epoch was
    trained with.

    Args:
        monitor: the number, such as "val_loss".
        factor: what the rate is multiplied by, above 0 and below 1.
        patience: epochs without improvement after which it is.
        verbose: 1 to say so.
        mode: "min", "max" or "auto", which goes by the metric of that name.
        min_delta: by how much the number must get better to count.
        cooldown: epochs after a reduction in which none are counted.
        min_lr: below this the rate never falls.

    Raises:
        ArgumentError: an argument is out of range; or, in training, the optimizer's learning rate
            is a schedule, or which way is better is not known.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile(elman.optimizers.SGD(0.25), "mse")
    >>> slower = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=9.0)
    >>> history = model.fit([[0.0, 0.0]], [[0.0]], epochs=4, callbacks=[slower], verbose=0)
    >>> history.history["learning_rate"]
    [0.25, 0.25, 0.125, 0.0625]
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        owner = "ReduceLROnPlateau"
        self.monitor = monitor
        self.factor = _check.number(owner, "factor", factor)
        if not 0 < self.factor < 1:
            raise ArgumentError(
                f"{owner}: `factor` must be above 0 and below 1; got {factor!r}. The learning rate "
                "is multiplied by it."
            )
        self.patience = _check.integer(owner, "patience", patience, minimum=0)
        self.verbose = verbose
        self.mode, self.min_delta = mode, min_delta
        self.cooldown = _check.integer(owner, "cooldown", cooldown, minimum=0)
        self.min_lr = _check.number(owner, "min_lr", min_lr, low=0)
        self._begin()

    def _begin(self) -> None:
        self.watch = Monitor("ReduceLROnPlateau", self.monitor, self.mode, self.min_delta)
        self.cooldown_counter, self.wait = 0, 0

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self.watch.best

    def on_train_begin(self, logs: Any = None) -> None:
        """Start watching."""
        self._begin()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the number, and reduce the rate if it has not got better for too long."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self.watch.value(self.model, logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.watch.improves(value):
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter, self.wait = self.cooldown, 0

    def in_cooldown(self) -> bool:
        """Say whether epochs are not counted yet."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> bool:
        """Reduce the rate, and say whether that was still possible."""
        rate = float(self.model.optimizer.learning_rate)
        if rate <= self.min_lr:
            return False
        lower = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = lower
        if self.verbose:
            say(f"Epoch {epoch + 1}: the learning rate is reduced to {lower:g}")
        return True
