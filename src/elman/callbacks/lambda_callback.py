"""LambdaCallback: functions as a callback."""

from collections.abc import Callable
from typing import Any

from elman import _check
from elman.callbacks.base import EVENTS, Callback
from elman.errors import ArgumentError

Function = Callable[..., Any] | None


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin, on_epoch_end: functions of `epoch, logs`.
        on_train_begin, on_train_end: functions of `logs`.
        on_train_batch_begin, on_train_batch_end: functions of `batch, logs`.
        functions: for the other events that a `Callback` hears of.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> say = LambdaCallback(on_epoch_end=lambda epoch, logs: print("done with", epoch))
    >>> _ = model.fit([[1.0, 2.0]], [[1.0]], epochs=2, callbacks=[say], verbose=0)
    done with 0
    done with 1
    """

    def __init__(
        self,
        on_epoch_begin: Function = None,
        on_epoch_end: Function = None,
        on_train_begin: Function = None,
        on_train_end: Function = None,
        on_train_batch_begin: Function = None,
        on_train_batch_end: Function = None,
        **functions: Function,
    ) -> None:
        given: dict[str, Function] = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **functions,
        }
        for name, function in given.items():
            _check.one_of("LambdaCallback", "event", name, EVENTS)
            if function is not None:
                if not callable(function):
                    raise ArgumentError(
                        f"LambdaCallback: `{name}` must be a function; got "
                        f"{_check.shown(function)}."
                    )
                setattr(self, name, function)
