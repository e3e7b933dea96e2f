"""CallbackList: several callbacks, told as one."""

from collections.abc import Callable, Iterator
from typing import Any

from elman import _check
from elman.callbacks.base import EVENTS, Callback
from elman.callbacks.history import History
from elman.callbacks.progbar_logger import ProgbarLogger
from elman.errors import ArgumentError


class CallbackList(Callback):
    """Several callbacks, told as one; for a training loop of your own, and for `fit`.

    Given to `fit`, `evaluate` or `predict`, its callbacks are told as if they were given
    themselves, with the model and the numbers of that run; a bar is shown only if it has one.

    Args:
        callbacks: one callback, or a list or tuple of them, however nested.
        add_history: add a `History` unless there is one.
        add_progbar: add a `ProgbarLogger` unless there is one.
        model: the model that they are told of.
        params: what `self.params` holds: epochs, steps, verbose.

    Attributes:
        callbacks: the callbacks, in the order in which they are told.

    >>> said = CallbackList([History()])
    >>> said.on_train_begin()
    >>> for epoch in range(2):
    ...     said.on_epoch_end(epoch, {"loss": 1.0 - epoch})
    >>> said.callbacks[0].history
    {'loss': [1.0, 0.0]}
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = flatten("CallbackList", callbacks)
        if add_history and not any(isinstance(c, History) for c in self.callbacks):
            self.callbacks.append(History())
        if add_progbar and not any(isinstance(c, ProgbarLogger) for c in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def set_model(self, model: Any) -> None:
        """Take the model, for all of them."""
        self.model = model
        for callback in self.callbacks:
            if isinstance(callback, History):
                model.history = callback
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the number of epochs, of steps an epoch, and `verbose`, for all of them."""
        self.params = params
        for callback in self.callbacks if params else ():
            callback.set_params(params)

    def close(self) -> None:
        """Let all of them give back what they opened."""
        close(self.callbacks)


def _to_all(event: str) -> Callable[..., None]:
    """Return the method that tells all callbacks of an event."""

    def numbered(self: CallbackList, number: int, logs: Any = None) -> None:
        shared = dict(logs or {})
        for callback in self.callbacks:
            getattr(callback, event)(number, shared)

    def plain(self: CallbackList, logs: Any = None) -> None:
        shared = dict(logs or {})
        for callback in self.callbacks:
            getattr(callback, event)(shared)

    told = numbered if "_batch_" in event or "_epoch_" in event else plain
    told.__name__, told.__doc__ = event, getattr(Callback, event).__doc__
    return told


for _event in EVENTS:
    setattr(CallbackList, _event, _to_all(_event))


def flatten(owner: str, given: Any) -> list[Callback]:
    """Return the callbacks in what was given for `callbacks`, in order, checked."""
    return list(_leaves(owner, given))


def _leaves(owner: str, given: Any) -> Iterator[Callback]:
    if given is None:
        return
    if type(given) is CallbackList:  # a class of its own may do more than tell them
        given = given.callbacks
    elif isinstance(given, Callback):
        yield given
        return
    elif not isinstance(given, (list, tuple)):
        raise ArgumentError(
            f"{owner}: `callbacks` must be a list of `elman.callbacks`; got {_check.shown(given)}."
        )
    for each in given:
        if not isinstance(each, (Callback, list, tuple)):
            raise ArgumentError(
                f"{owner}: `callbacks` must hold instances of `elman.callbacks.Callback`; got "
                f"{each!r}."
            )
        yield from _leaves(owner, each)


def close(callbacks: list[Callback]) -> None:
    """Close all callbacks, though one of them may fail to."""
    if callbacks:
        try:
            callbacks[0].close()
        finally:
            close(callbacks[1:])
