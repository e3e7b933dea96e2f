"""ModelCheckpoint: save the model while it trains."""

import os
from typing import Any

from elman import _check
from elman.callbacks.base import Callback
from elman.callbacks.monitor import Monitor
from elman.errors import ArgumentError


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
        except (ValueError, TypeError, IndexError, AttributeError) as error:
            raise ArgumentError(
                "ModelCheckpoint: `filepath` must be a pattern such as 'at{epoch:02d}_{loss:.2f}'; "
                f"got {self.filepath!r}, where: {error}."
            ) from None
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        if self.verbose:
            print(f"epoch {self._epoch + 1}: saved {path}")
