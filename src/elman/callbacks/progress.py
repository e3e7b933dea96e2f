"""Progress while a model trains: a bar with loss and metrics, or a line an epoch."""

import sys
import time
from typing import Any

from elman import _check
from elman._settings import is_interactive_logging_enabled, say
from elman.callbacks.base import Callback

INTERVAL = 0.1  # seconds between two drawings of the bar


def reporter(owner: str, verbose: Any) -> list[Callback]:
    """Return what reports progress for `verbose`: nothing, a bar, or a line an epoch.

    Where nobody watches, in a pipe or a log file, it is lines and no bar.
    """
    if isinstance(verbose, bool):
        verbose = int(verbose)
    _check.one_of(owner, "verbose", verbose, ("auto", 0, 1, 2))
    if verbose in ("auto", 1) and _someone_watches():
        return [ProgressBar()]
    return [EpochLines()] if verbose else []


def _someone_watches() -> bool:
    """Say whether output goes to a terminal or a notebook, where a moving bar makes sense."""
    if not is_interactive_logging_enabled():
        return False
    if "ipykernel" in sys.modules:
        return True
    return _is_terminal(sys.stderr)


def _is_terminal(stream: Any) -> bool:
    """Say whether a stream, which is None in a program without a console, is a terminal."""
    return stream is not None and bool(stream.isatty())


def _numbers(logs: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items())


class EpochLines(Callback):
    """Prints one line an epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Print the line."""
        seconds = time.perf_counter() - self._start
        say(f"epoch {epoch + 1}/{self.params['epochs']}  {seconds:.1f}s  {_numbers(logs or {})}")


class ProgressBar(Callback):
    """Draws a bar with the epochs done, the time left, and loss and metrics."""

    lazy_logs = True  # worked out only when the bar is drawn

    def __init__(self) -> None:
        self._progress: Any = None

    def _begin(self, description: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[numbers]}"),
            console=Console(stderr=True),
            auto_refresh=False,
            redirect_stdout=_is_terminal(sys.stdout),  # prints that go to a file stay out of it
        )
        self._progress.start()
        self._task = self._progress.add_task(description, total=total, numbers="")
        self._drawn = 0.0

    def _advance(self, steps: float, logs: Any) -> None:
        self._progress.advance(self._task, steps)
        now = time.perf_counter()
        if now - self._drawn > INTERVAL:
            numbers = _numbers(logs() if callable(logs) else logs or {})
            self._progress.update(self._task, numbers=numbers)
            self._progress.refresh()
            self._drawn = now

    def close(self) -> None:
        """Give the terminal back, after an error too."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Show the bar."""
        self._begin("epoch", self.params["epochs"])

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar by a batch's share of an epoch."""
        steps = self.params.get("steps")
        if steps:
            self._advance(1 / steps, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Move the bar to the end of the epoch."""
        self._progress.update(self._task, completed=epoch + 1, numbers=_numbers(logs or {}))
        self._advance(0, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the bar as it stands."""
        self.close()

    def on_predict_begin(self, logs: Any = None) -> None:
        """Show the bar."""
        self._begin("predict", self.params.get("steps"))

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar by a batch."""
        self._advance(1, {})

    def on_predict_end(self, logs: Any = None) -> None:
        """Leave the bar as it stands."""
        self._progress.refresh()
        self.close()
