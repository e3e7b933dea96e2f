"""BackupAndRestore: go on where an interrupted training stopped."""

import os
from pathlib import Path
from typing import Any

from elman import _check, _filenames
from elman._warning import warn
from elman.callbacks import _backup
from elman.callbacks.base import Callback
from elman.errors import ArgumentError, FormatError

NAME, BEFORE = "latest.npz", "latest.npz.bkp"


class BackupAndRestore(Callback):
    """Back training up, and go on from there when the same script runs again.

    Backed up, and given back when `fit` begins: the weights; the optimizer's state with its
    learning rate, and what it keeps of frozen weights; the number of the epoch; the generators that
    draw the order of the samples and the masks of dropout; the states of stateful layers. With the
    same data, what was interrupted and begun again so ends with the same weights as what was not,
    to the bit.

    Not backed up: the history of the epochs before (`fit` returns that of those that it ran, as in
    Keras), what other callbacks have counted, and how far a generator of data has come; nor, with
    `steps_per_epoch`, where in the data an epoch has stopped. With `save_freq` in batches, training
    goes on with the first batch of the epoch that was under way, as in Keras, and so sees some
    batches again.

    Args:
        backup_dir: a folder of its own for the backup.
        save_freq: "epoch", or after how many batches to back up.
        double_checkpoint: keep the backup before as well, for the case that the file is damaged.
        delete_checkpoint: delete the backup when training has come to its end.

    Raises:
        ArgumentError: an argument is out of range; there is a backup and the model is not built;
            or the backup may not be written.
        FormatError: the backup is damaged, or of another model.

    >>> import elman, tempfile
    >>> folder = tempfile.mkdtemp() + "/backup"
    >>> def breaks(epoch, logs):
    ...     if epoch == 4:
    ...         raise KeyboardInterrupt
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> backup, stop = BackupAndRestore(folder), elman.callbacks.LambdaCallback(breaks)
    >>> try:
    ...     _ = model.fit([[1, 2]], [[1]], epochs=10, callbacks=[backup, stop], verbose=0)
    ... except KeyboardInterrupt:
    ...     history = model.fit([[1, 2]], [[1]], epochs=10, callbacks=[backup], verbose=0)
    >>> history.epoch
    [4, 5, 6, 7, 8, 9]
    """

    lazy_logs = True  # it needs none

    def __init__(
        self,
        backup_dir: "str | os.PathLike[str]",
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        owner = "BackupAndRestore"
        if save_freq != "epoch":
            _check.integer(owner, "save_freq", save_freq)
        self.backup_dir = Path(_filenames.path(owner, "backup_dir", backup_dir))
        self.save_freq = save_freq
        self.double_checkpoint = _check.flag(owner, "double_checkpoint", double_checkpoint)
        self.delete_checkpoint = _check.flag(owner, "delete_checkpoint", delete_checkpoint)
        self._batches = self._epoch = 0
        self._order: Any = None  # the state of what draws the order, before the epoch to go on with

    def on_train_begin(self, logs: Any = None) -> None:
        """Give back what was backed up."""
        self._batches = 0
        if self.backup_dir.exists() and not self.backup_dir.is_dir():
            raise ArgumentError(
                "BackupAndRestore: `backup_dir` must name a folder; got "
                f"{str(self.backup_dir)!r}, which is a file."
            )
        latest, before = self.backup_dir / NAME, self.backup_dir / BEFORE
        if not latest.exists() and not before.exists():
            return
        if not self.model.built:
            raise ArgumentError(
                "BackupAndRestore: the model must be built before `fit` to go on from a backup. "
                "Call it on data first, or `build(input_shape)`."
            )
        try:
            self.model.resume_epoch = _backup.restore(self.model, latest)
        except FormatError as error:
            if not before.exists():
                raise
            warn(f"BackupAndRestore: {error} Training goes on from the one before.")
            self.model.resume_epoch = _backup.restore(self.model, before)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember with what the epoch begins."""
        self._epoch = epoch
        self._order = _backup.drawn(self.model.shuffler)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Back up after every `save_freq` batches."""
        self._batches += 1
        if self.save_freq != "epoch" and self._batches % int(self.save_freq) == 0:
            self._save()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Back up after the epoch."""
        self._epoch = epoch + 1
        self._order = _backup.drawn(self.model.shuffler)
        if self.save_freq == "epoch":
            self._save()

    def on_train_end(self, logs: Any = None) -> None:
        """Delete the backup."""
        if self.delete_checkpoint:
            for name in (NAME, BEFORE):
                (self.backup_dir / name).unlink(missing_ok=True)
            if self.backup_dir.is_dir() and not any(self.backup_dir.iterdir()):
                self.backup_dir.rmdir()

    def _save(self) -> None:
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        latest, before = self.backup_dir / NAME, self.backup_dir / BEFORE
        kept = before if self.double_checkpoint else None
        _backup.save(self.model, self._epoch, self._order, latest, kept)
