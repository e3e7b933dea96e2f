"""ModelCheckpoint: save the model while it trains."""

import os
from typing import Any

from elman import _check, _filenames
from elman._settings import say
from elman.callbacks.base import Callback
from elman.callbacks.monitor import Monitor
from elman.errors import ArgumentError


class ModelCheckpoint(Callback):
    """Save the model after an epoch or after so many batches, always or when a number got better.

    Args:
        filepath: where to; may hold `{epoch:02d}` and `{batch}`, both from 1, and names of the
            logs, such as `{val_loss:.2f}`. Ends in ".keras" or ".h5", or with `save_weights_only`
            in ".weights.h5". A folder that is not there is made.
        monitor: the number that `save_best_only` watches.
        verbose: 1 to say so.
        save_best_only: save only when the number got better. Where the logs do not have it, that is
            warned of and the model saved, as in Keras.
        save_weights_only: save weights, not the model.
        mode: "min", "max" or "auto", which goes by the metric of that name.
        save_freq: "epoch", or a number of batches, counted on from epoch to epoch.
        initial_value_threshold: what must be beaten for the first time.

    Attributes:
        best: the best value so far, None before the first.

    Raises:
        ArgumentError: an argument is out of range; or, in training, the file cannot be named or
            written, or which way is better is not known.

    >>> import elman, os, tempfile
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> folder = tempfile.mkdtemp()
    >>> save = ModelCheckpoint(folder + "/{epoch:02d}-{loss:.1f}.keras")
    >>> _ = model.fit([[0, 0]], [[1]], epochs=2, callbacks=[save], verbose=0)
    >>> sorted(os.listdir(folder))
    ['01-1.0.keras', '02-1.0.keras']
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
        self.save_best_only = _check.flag(owner, "save_best_only", save_best_only)
        self.save_weights_only = _check.flag(owner, "save_weights_only", save_weights_only)
        endings = (_filenames.WEIGHTS,) if save_weights_only else _filenames.MODELS
        self.filepath = _filenames.to_write(owner, "filepath", filepath, *endings)
        if save_freq != "epoch":
            _check.integer(owner, "save_freq", save_freq)
        if initial_value_threshold is not None:
            _check.number(owner, "initial_value_threshold", initial_value_threshold)
        self.monitor, self.verbose, self.save_freq = monitor, verbose, save_freq
        self.watch = Monitor(owner, monitor, mode, best=initial_value_threshold)
        self._batches = self._batch = 0
        self._epoch = 0

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self.watch.best

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember which epoch it is."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save after every `save_freq` batches."""
        self._batches, self._batch = self._batches + 1, batch
        if self.save_freq != "epoch" and self._batches % int(self.save_freq) == 0:
            self._save(logs() if callable(logs) else logs or {})

    lazy_logs = True  # of most batches it needs none

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            self._epoch = epoch
            self._save(logs or {})

    def _save(self, logs: dict[str, float]) -> None:
        why = self._reason(logs) if self.save_best_only else "saved"
        if why is None:
            return
        path = self._path(logs)
        if os.path.isdir(path):
            raise ArgumentError(
                f"ModelCheckpoint: `filepath` must name a file; got {path!r}, which is a folder."
            )
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        save = self.model.save_weights if self.save_weights_only else self.model.save
        save(path)
        if self.verbose:
            say(f"Epoch {self._epoch + 1}: {why} to {path}")

    def _reason(self, logs: dict[str, float]) -> str | None:
        """Return why the model is saved, or None if it is not, where only the best one is."""
        value, best = self.watch.value(self.model, logs), self.best
        if value is None:
            return "saved"
        before = "nothing" if best is None else f"{best:.5f}"
        if self.watch.improves(value):
            return f"{self.monitor} improved from {before} to {value:.5f}, saved"
        if self.verbose:
            say(f"Epoch {self._epoch + 1}: {self.monitor} did not improve from {before}")
        return None

    def _path(self, logs: dict[str, float]) -> str:
        """Return where to save, with the numbers filled in."""
        numbers = {"epoch": self._epoch + 1, "batch": self._batch + 1, **logs}
        try:
            return self.filepath.format(**numbers)
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
