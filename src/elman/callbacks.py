"""Callbacks: what is told how training goes, and may save, stop or print.

>>> import elman
>>> class Shout(elman.callbacks.Callback):
...     def on_epoch_end(self, epoch, logs=None):
...         print("done with", epoch, sorted(logs))
>>> model = elman.Sequential([elman.Input((2, 1)), elman.layers.SimpleRNN(1)])
>>> model.compile("sgd", "mse")
>>> _ = model.fit([[[1.0], [2.0]]], [[1.0]], callbacks=[Shout()], verbose=0)
done with 0 ['loss']
"""

import contextlib
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError


class Callback:
    """Base class. `self.model` and `self.params` are set before training begins.

    `logs` holds the loss and the metrics so far, by name.
    """

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


class CallbackList:
    """Tells every callback. A batch's results are worked out only if someone reads them."""

    def __init__(self, model: Any, callbacks: Sequence[Callback]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ArgumentError(
                    f"{model.owner}: `callbacks` must hold instances of "
                    f"`elman.callbacks.Callback`; got {callback!r}."
                )
        self.history = History()
        self.callbacks = [self.history, *callbacks]
        self.model = model
        self._last: dict[str, float] = {}
        self._heard = {
            name: [c for c in self.callbacks if _overrides(c, name)]
            for name in vars(Callback)
            if name.startswith("on_")
        }

    @contextlib.contextmanager
    def running(self, what: str, params: dict[str, Any]) -> Iterator[None]:
        """Set the callbacks up; for training, tell them of its beginning and its end.

        The end is told even if training breaks off, so that what was measured is not lost.
        """
        for callback in self.callbacks:
            callback.set_model(self.model)
            callback.set_params(params)
        try:
            if what != "train":
                yield
                return
            self._tell("on_train_begin", {})
            try:
                yield
            finally:
                self._tell("on_train_end", self._last)
        finally:
            for callback in self.callbacks:
                callback.close()

    def _tell(self, event: str, *arguments: Any) -> None:
        for callback in self._heard[event]:
            getattr(callback, event)(*arguments)

    def _tell_batch(self, event: str, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """Tell of a batch's end; the progress bar asks for the results itself when it draws."""
        for callback in self._heard[event]:
            lazy = getattr(callback, "_advance", None) is not None
            getattr(callback, event)(batch, results if lazy else results())

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch."""
        self._tell("on_epoch_begin", epoch, {})

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """After an epoch and its validation."""
        self._last = logs
        self._tell("on_epoch_end", epoch, logs)

    def on_train_batch_begin(self, batch: int) -> None:
        """Before a step of training."""
        self._tell("on_train_batch_begin", batch, {})

    def on_train_batch_end(self, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """After a step of training."""
        self._tell_batch("on_train_batch_end", batch, results)

    def on_test_begin(self) -> None:
        """Before validation or evaluation."""
        self._tell("on_test_begin", {})

    def on_test_end(self, logs: dict[str, float]) -> None:
        """After validation or evaluation."""
        self._tell("on_test_end", logs)

    def on_test_batch_begin(self, batch: int) -> None:
        """Before a batch of validation or evaluation."""
        self._tell("on_test_batch_begin", batch, {})

    def on_test_batch_end(self, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """After a batch of validation or evaluation."""
        self._tell_batch("on_test_batch_end", batch, results)

    def on_predict_begin(self) -> None:
        """Before prediction."""
        self._tell("on_predict_begin", {})

    def on_predict_end(self) -> None:
        """After prediction."""
        self._tell("on_predict_end", {})

    def on_predict_batch_begin(self, batch: int) -> None:
        """Before a batch of prediction."""
        self._tell("on_predict_batch_begin", batch, {})

    def on_predict_batch_end(self, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """After a batch of prediction."""
        self._tell_batch("on_predict_batch_end", batch, results)


def _overrides(callback: Callback, event: str) -> bool:
    """Say whether a callback does anything at an event."""
    names = (event, event.replace("_train_batch_", "_batch_"))
    return any(
        getattr(type(callback), name) is not getattr(Callback, name) or name in vars(callback)
        for name in names
    )


class Monitor:
    """Watches one number of the logs, and says when it got better.

    Args:
        owner: the callback that watches.
        name: of the number, such as "val_loss".
        mode: "min", "max", or "auto": up for accuracies, down for everything else.
        min_delta: by how much it must change to count.
        best: what must be beaten, None for nothing yet.
    """

    def __init__(
        self, owner: str, name: str, mode: str, min_delta: float = 0.0, best: float | None = None
    ) -> None:
        _check.one_of(owner, "mode", mode, ("auto", "min", "max"))
        self.owner, self.name, self.best = owner, name, best
        up = mode == "max" or (mode == "auto" and name.endswith(("acc", "accuracy", "auc")))
        self.sign = 1.0 if up else -1.0
        self.min_delta = abs(_check.number(owner, "min_delta", min_delta))

    def value(self, logs: Any) -> float | None:
        """Return the number, None (with a warning) where the logs do not have it."""
        if self.name not in (logs or {}):
            warnings.warn(
                f"{self.owner}: `monitor` must be among the logs, {', '.join(logs or {})}; got "
                f"{self.name!r}. Give validation data for a 'val_' number.",
                stacklevel=3,
            )
            return None
        return float(logs[self.name])

    def better(self, value: float, than: float | None) -> bool:
        """Say whether `value` beats `than` by more than `min_delta`."""
        if than is None:
            return not math.isnan(value)
        return self.sign * (value - than) > self.min_delta

    def improves(self, value: float) -> bool:
        """Say whether `value` beats the best so far, and remember it if so."""
        if not self.better(value, self.best):
            return False
        self.best = value
        return True


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


class ModelCheckpoint(Callback):
    """Save the model after an epoch, always or when a number got better.

    Args:
        filepath: where to; may hold `{epoch:02d}`, `{batch}` and names of the logs, such as
            `{val_loss:.2f}`. Ends in ".elman", or with `save_weights_only` in ".weights.npz".
        monitor: the number that `save_best_only` watches.
        verbose: 1 to say so.
        save_best_only: save only when the number got better.
        save_weights_only: save weights, not the model.
        mode: "min", "max" or "auto".
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: what must be beaten for the first time.
    """

    def __init__(
        self,
        filepath: "str | os.PathLike[str]",
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        owner = "ModelCheckpoint"
        self.filepath = os.fspath(filepath)
        ending = ".weights.npz" if save_weights_only else ".elman"
        if not self.filepath.endswith(ending):
            raise ArgumentError(
                f"{owner}: `filepath` must end in {ending!r}; got {self.filepath!r}."
            )
        if save_freq != "epoch":
            _check.integer(owner, "save_freq", save_freq)
        self.monitor, self.verbose, self.save_freq = monitor, verbose, save_freq
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.watch = Monitor(owner, monitor, mode, best=initial_value_threshold)
        self._batches = self._batch = 0
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save after every `save_freq` batches."""
        self._batches, self._batch = self._batches + 1, batch
        if self.save_freq != "epoch" and self._batches % int(self.save_freq) == 0:
            self._save(logs or {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._save(logs or {})

    def _save(self, logs: dict[str, float]) -> None:
        if self.save_best_only:
            value = self.watch.value(logs)
            if value is None or not self.watch.improves(value):
                return
        try:
            path = self.filepath.format(epoch=self._epoch + 1, batch=self._batch + 1, **logs)
        except KeyError as error:
            raise ArgumentError(
                f"ModelCheckpoint: `filepath` must name only epoch, batch, "
                f"{', '.join(logs)}; got {error.args[0]!r}."
            ) from None
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        if self.verbose:
            print(f"epoch {self._epoch + 1}: saved {path}")


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


__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "ModelCheckpoint",
    "TerminateOnNaN",
]
