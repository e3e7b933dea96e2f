"""Who is told how training goes, and when."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from elman.callbacks.base import Callback
from elman.errors import ArgumentError


class Listeners:
    """All callbacks of one run. An event costs nothing if none of them hears it.

    Args:
        model: the model that is run.
        callbacks: who is told, in order.
    """

    def __init__(self, model: Any, callbacks: Sequence[Callback]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ArgumentError(
                    f"{model.owner}: `callbacks` must hold instances of "
                    f"`elman.callbacks.Callback`; got {callback!r}."
                )
        self.callbacks = list(callbacks)
        self.model = model
        self._last: dict[str, float] = {}
        self._hearers: dict[str, list[Callback]] = {}  # by event, found when it is first told

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
            self.tell("on_train_begin", {})
            try:
                yield
            finally:
                self.tell("on_train_end", self._last)
        finally:
            for callback in self.callbacks:
                callback.close()

    def tell(self, event: str, *arguments: Any) -> None:
        """Tell of an event: its number where it has one, and the logs."""
        if event == "on_epoch_end":
            self._last = arguments[1]
        for callback in self._who_hears(event):
            getattr(callback, event)(*arguments)

    def tell_lazily(self, event: str, batch: int, results: Callable[[], dict[str, float]]) -> None:
        """Tell of a batch's end. The results are worked out only for those who read them.

        A callback with `lazy_logs`, as a progress bar is, asks for them itself when it needs them.
        """
        for callback in self._who_hears(event):
            getattr(callback, event)(batch, results if callback.lazy_logs else results())

    def _who_hears(self, event: str) -> list[Callback]:
        if not self.callbacks:
            return self.callbacks
        if event not in self._hearers:
            self._hearers[event] = [c for c in self.callbacks if _overrides(c, event)]
        return self._hearers[event]


def _overrides(callback: Callback, event: str) -> bool:
    """Say whether a callback does anything at an event."""
    names = (event, event.replace("_train_batch_", "_batch_"))
    return any(
        getattr(type(callback), name) is not getattr(Callback, name) or name in vars(callback)
        for name in names
    )
