"""CSVLogger: the logs of every epoch as a line of a table."""

import csv
import io
import os
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np

from elman import _check
from elman.callbacks.base import Callback
from elman.errors import ArgumentError


class CSVLogger(Callback):
    """Write the logs of every epoch to a CSV file.

    The first column is the epoch, from 0; then come the names of the first epoch's logs, sorted. As
    in Keras, if none of them is of a validation, columns for one are there all the same, and what
    an epoch does not have is written NA. A line is written at once and whole, so that what breaks
    training off leaves whole lines.

    Args:
        filename: of the file.
        separator: what stands between two values, one character.
        append: go on behind what is in the file, rather than replace it.

    Raises:
        ArgumentError: an argument is out of range; the file cannot be written; or the file that is
            appended to has other columns.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> name = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
    >>> _ = model.fit([[0, 0]], [[1]], callbacks=[CSVLogger(name)], verbose=0)
    >>> print(name.read_text().strip())
    epoch,loss,val_loss
    0,1.0,NA
    """

    def __init__(
        self, filename: "str | os.PathLike[str]", separator: str = ",", append: bool = False
    ) -> None:
        owner = "CSVLogger"
        self.filename = os.fspath(filename)
        if len(_check.string(owner, "separator", separator)) != 1 or separator in '"\r\n':
            raise ArgumentError(
                f"{owner}: `separator` must be one character, and no quote or end of line; got "
                f"{separator!r}."
            )
        self.sep = separator
        self.append = _check.flag(owner, "append", append)
        self.keys: list[str] | None = None
        self._file: TextIO | None = None
        self._found: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the file."""
        self.close()
        self.keys, self._found, ended = None, [], True
        if self.append and os.path.exists(self.filename):
            with open(self.filename, encoding="utf-8", newline="") as file:
                text = file.read()
            self._found = next(csv.reader(text.splitlines(), delimiter=self.sep), [])
            ended = text.endswith(("\n", "\r")) or not text
        try:
            self._file = open(  # noqa: SIM115 - it stays open until training ends
                self.filename, "a" if self.append else "w", encoding="utf-8", newline=""
            )
        except OSError as error:
            raise ArgumentError(
                f"CSVLogger: `filename` must be a file that may be written; got {self.filename!r}: "
                f"{error.strerror}."
            ) from error
        if not ended:  # something else broke off in the middle of a line
            self._file.write("\r\n")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write a line."""
        logs = logs or {}
        if self.keys is None:
            self.keys = _columns(logs)
            if not self._found:
                self._write(["epoch", *self.keys])
            elif self._found != ["epoch", *self.keys]:
                raise ArgumentError(
                    f"CSVLogger: `filename` must hold the columns {', '.join(self.keys)} to be "
                    f"appended to; got {', '.join(self._found[1:])}, in {self.filename!r}."
                )
        self._write([epoch, *(_plain(logs.get(key, "NA")) for key in self.keys)])

    def on_train_end(self, logs: Any = None) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, values: list[Any]) -> None:
        """Write a line in one piece."""
        line = io.StringIO()
        csv.writer(line, delimiter=self.sep).writerow(values)
        assert self._file is not None
        self._file.write(line.getvalue())
        self._file.flush()


def _columns(logs: dict[str, Any]) -> list[str]:
    """Return the names of the columns after the epoch's."""
    names = sorted(logs)
    validated = any(name.startswith("val_") for name in names)
    return names if validated else [*names, *(f"val_{name}" for name in names)]


def _plain(value: Any) -> Any:
    """Return a value as it is written: several numbers as "[1, 2]", in quotes."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f'"[{", ".join(map(str, value))}]"'
    return value
