"""Losses while a `GradientTape` is open: one entry of the tape, with the gradient by hand.

    loss(y_true, y_pred)        dy_pred = dL dL/d(y_pred)
    function(y_true, y_pred)    dy_pred = d_function(dvalues, y_true, y_pred)
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError
from elman.gradient_tape import boxed, paused, record, unboxed

if TYPE_CHECKING:
    from elman.losses.base import Loss

F = TypeVar("F", bound=Callable[..., Any])


class LossCall:
    """A call of a loss; its one value is `y_pred`."""

    def __init__(self, loss: "Loss", y_true: Any, sample_weight: Any, mask: Any) -> None:
        self.owner = type(loss).__name__
        self.loss, self.more = loss, (sample_weight, mask)
        self.y_true = _fixed(self.owner, y_true)

    def forward(self, y_pred: Array) -> Any:
        """Return the loss, or an array of entries where nothing is reduced."""
        self.y_pred = y_pred
        with paused():
            if self.loss.reduction in ("none", None):
                return self.loss(self.y_true, y_pred, *self.more)
            value, self.dy = self.loss.value_and_gradient(self.y_true, y_pred, *self.more)
        return np.asarray(value, self.dy.dtype)

    def backward(self, dloss: Any) -> list[Array]:
        """Return dL/d(y_pred)."""
        if self.loss.reduction not in ("none", None):
            return [self.dy * self.dy.dtype.type(dloss)]
        with paused():
            return [self.loss.entries_gradient(dloss, self.y_true, self.y_pred, *self.more)]


class FunctionCall:
    """A call of a function that stands above its gradient; its one value is `y_pred`."""

    def __init__(self, pair: tuple[Any, Any], y_true: Any, options: dict[str, Any]) -> None:
        self.function, self.gradient = pair
        self.owner = self.function.__name__
        self.y_true, self.options = _fixed(self.owner, y_true), options

    def forward(self, y_pred: Array) -> Any:
        """Return one value an entry."""
        self.y_pred = y_pred
        return self.function(self.y_true, y_pred, **self.options)

    def backward(self, dvalues: Any) -> list[Array]:
        """Return dL/d(y_pred)."""
        return [self.gradient(np.asarray(dvalues), self.y_true, self.y_pred, **self.options)]


def on_tapes(function: F, gradient: Callable[..., Array]) -> F:
    """Return a function of y_true and y_pred that a tape knows the gradient of."""

    @wraps(function)
    def recorded(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
        if not boxed(y_pred) and not boxed(y_true):
            return function(y_true, y_pred, *args, **options)
        code = function.__code__
        names = code.co_varnames[2 : code.co_argcount]
        options |= dict(zip(names, args, strict=False))
        return record(FunctionCall((function, gradient), y_true, options), y_pred)

    recorded.__module__ = "elman.losses"  # where it stands, which pickling goes by
    return cast(F, recorded)


def _fixed(owner: str, y_true: Any) -> Any:
    """Return targets, to which no gradient goes."""
    if boxed(y_true):
        raise ArgumentError(
            f"{owner}: `y_true` must be an array; got what a tape watches (shape "
            f"{unboxed(y_true).shape}), to which no gradient would follow. Give "
            "`elman.ops.stop_gradient(y_true)`, or write the loss with `elman.ops`."
        )
    return y_true
