"""Who is told how training goes, and when."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from elman import _notes
from elman.callbacks.base import Callback
from elman.callbacks.callback_list import CallbackList, close, flatten
from elman.callbacks.history import History
from elman.callbacks.progbar_logger import ProgbarLogger
from elman.callbacks.progress import reporter
from elman.errors import ElmanError


class Listeners:
    """All callbacks of one run. An event costs nothing if none of them hears it.

    As in Keras: those that are given, in order; then the history, which sees what they add to the
    logs; then the progress bar.

    Args:
        model: the model that is run.
        callbacks: what the user gave.
        verbose: which progress is shown.
        remember: whether there must be a history among them.

    Attributes:
        history: the one among the callbacks, or an own one.
    """

    def __init__(self, model: Any, callbacks: Any, verbose: Any, *, remember: bool = False) -> None:
        self.model = model
        self.callbacks = flatten(model.owner, callbacks)
        histories = [c for c in self.callbacks if isinstance(c, History)]
        self.history = histories[-1] if histories else History()
        if remember and not histories:
            self.callbacks.append(self.history)
        shown = reporter(model.owner, verbose)
        own = any(isinstance(c, ProgbarLogger) for c in self.callbacks)
        if not own and not isinstance(callbacks, CallbackList):
            self.callbacks += shown
        self._last: dict[str, Any] = {}  # the logs of the last epoch, as training had them
        self._hearers: dict[str, list[Callback]] = {}  # by event, found when it is first told

    @contextlib.contextmanager
    def running(self, what: str, params: dict[str, Any]) -> Iterator[None]:
        """Set the callbacks up; for training, tell them of its beginning and its end.

        As in Keras, the end is not told if training breaks off. What they have opened they give
        back in any case.
        """
        try:
            for callback in self.callbacks:
                callback.set_model(self.model)
                callback.set_params(params)
            if what == "train":
                self.tell("on_train_begin", {})
            yield
            if what == "train":
                self.tell("on_train_end", self._last)
        finally:
            close(self.callbacks)

    def tell(self, event: str, *arguments: Any) -> None:
        """Tell of an event: its number where it has one, and the logs.

        All share one copy of the logs, so that each sees what those before it have added.
        """
        if event == "on_epoch_end":
            self._last = arguments[1]
        hearers = self._who_hears(event)
        if hearers:
            *number, logs = arguments
            shared = dict(logs)
            for callback in hearers:
                try:
                    getattr(callback, event)(*number, shared)
                except Exception as error:
                    explain(callback, event, error)
                    raise

    def tell_lazily(self, event: str, batch: int, results: Callable[[], dict[str, Any]]) -> None:
        """Tell of a batch's end. The results are worked out only for those who read them.

        A callback with `lazy_logs`, as a progress bar is, asks for them itself when it needs them.
        """
        hearers = self._who_hears(event)
        if hearers:
            shared: dict[str, Any] | None = None
            for callback in hearers:
                if callback.lazy_logs:
                    getattr(callback, event)(batch, results)
                    continue
                shared = results() if shared is None else shared
                try:
                    getattr(callback, event)(batch, shared)
                except Exception as error:
                    explain(callback, event, error)
                    raise

    def _who_hears(self, event: str) -> list[Callback]:
        if not self.callbacks:
            return self.callbacks
        if event not in self._hearers:
            self._hearers[event] = [c for c in self.callbacks if _overrides(c, event)]
        return self._hearers[event]


def explain(callback: Callback, event: str, error: Exception) -> None:
    """Say in which callback an error was raised; see `elman._notes`."""
    if type(callback).__module__.split(".")[0] != "elman":
        number = "batch" if "_batch_" in event else "epoch"
        given = (number, "logs") if "_batch_" in event or "_epoch_" in event else ("logs",)
        _notes.explain(callback, event, given, error)
    elif not isinstance(error, ElmanError):  # in a function that it was given
        _notes.add(error, f"in `{event}` of {type(callback).__name__}")


def _overrides(callback: Callback, event: str) -> bool:
    """Say whether a callback does anything at an event."""
    names = (event, event.replace("_train_batch_", "_batch_"))
    return any(
        getattr(type(callback), name) is not getattr(Callback, name) or name in vars(callback)
        for name in names
    )
