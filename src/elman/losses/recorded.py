"""Losses that are called with what a `GradientTape` watches: one entry of the tape each.

L = loss(y_true, y_pred)         L and y_pred in boxes of the tape
dL/d(y_pred)                     by hand, as in training; of a `call` of your own by the tape
"""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError, UnsupportedError
from elman.gradient_tape import boxed, record, unboxed

if TYPE_CHECKING:
    from elman.losses.base import Loss


class LossCall:
    """A call of a loss with a gradient by hand."""

    def __init__(self, loss: "Loss", y_true: Any, sample_weight: Any, mask: Any) -> None:
        self.loss, self.given = loss, (y_true, sample_weight, mask)

    def forward(self, y_pred: Array) -> Any:
        """Return the loss; its gradient is found on the way, where it is one number."""
        y_true, sample_weight, mask = self.given
        if self.loss.reduction in ("none", None):
            self.y_pred = y_pred
            return self.loss(y_true, y_pred, sample_weight, mask)
        value, self.dy_pred = self.loss.value_and_gradient(y_true, y_pred, sample_weight, mask)
        return np.asarray(value, self.dy_pred.dtype)

    def backward(self, dloss: Any) -> list[Array]:
        """Return the gradient of y_pred."""
        if self.loss.reduction in ("none", None):
            y_true, sample_weight, mask = self.given
            return [self.loss.entries_gradient(dloss, y_true, self.y_pred, sample_weight, mask)]
        return [self.dy_pred * self.dy_pred.dtype.type(dloss)]


class FunctionCall:
    """A call of a function such as `mean_squared_error`."""

    def __init__(
        self,
        function: Callable[..., Array],
        gradient: Callable[..., Array],
        y_true: Any,
        args: tuple[Any, ...],
        options: dict[str, Any],
    ) -> None:
        self.function, self.gradient = function, gradient
        self.y_true, self.args, self.options = y_true, args, options

    def forward(self, y_pred: Array) -> Array:
        """Return one value an entry."""
        self.y_pred = y_pred
        return self.function(self.y_true, y_pred, *self.args, **self.options)

    def backward(self, dvalues: Array) -> list[Array]:
        """Return the gradient of y_pred."""
        y_true, y_pred = np.asarray(self.y_true), self.y_pred
        return [self.gradient(dvalues, y_true, y_pred, *self.args, **self.options)]


def recording(
    function: Callable[..., Array], gradient: Callable[..., Array]
) -> Callable[..., Array]:
    """Return a function of y_true and y_pred that is written down where a tape watches y_pred."""

    @wraps(function)
    def recorded(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Any:
        if not (boxed(y_pred) or boxed(y_true)):
            return function(y_true, y_pred, *args, **options)
        _check_unwatched(function.__name__, "y_true", y_true)
        return record(FunctionCall(function, gradient, y_true, args, options), y_pred)

    recorded.__module__ = "elman.losses"  # where it takes the function's place
    return recorded


def pair(call: Callable[..., Any], gradient: Callable[..., Array]) -> Callable[..., Any]:
    """Return a loss's `call` that is written down with its gradient where a tape watches y_pred.

    So a `call` of your own may ask `super().call`.
    """

    @wraps(call)
    def recorded(self: "Loss", y_true: Any, y_pred: Any, *mask: Any) -> Any:
        if not boxed(y_pred):
            return call(self, y_true, y_pred, *mask)
        _check_unwatched(type(self).__name__, "y_true", y_true)
        by_hand = partial(call, self), partial(gradient, self)
        return record(FunctionCall(*by_hand, y_true, mask, {}), y_pred)

    return recorded


def call(loss: "Loss", y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Any:
    """Return a loss in its box.

    Raises:
        ArgumentError: `sample_weight` is watched; or `y_true` is, and the loss has a gradient by
            hand, which is that of `y_pred` alone.
        UnsupportedError: a loss with a `call` of your own is to keep the entries of a mask.
    """
    owner = type(loss).__name__
    _check_unwatched(owner, "sample_weight", sample_weight)
    if loss.has_gradient:
        _check_unwatched(owner, "y_true", y_true)
        return record(LossCall(loss, y_true, sample_weight, mask), y_pred)
    return loss.by_tape(y_true, y_pred, sample_weight, mask)


def reduced(loss: "Loss", values: Any, divisor: float, whole: bool) -> Any:
    """Return the entries of a `call` of your own as the loss's reduction wants them.

    Args:
        loss: whose reduction it is.
        values: weighted, in their box.
        divisor: what their sum is divided by.
        whole: whether no mask has left entries out.
    """
    if loss.reduction in ("none", None):
        if not whole:
            raise UnsupportedError(
                f"{type(loss).__name__}: `mask` must be None where `reduction` keeps the entries "
                "of a loss of your own and a tape watches. Use 'sum', or multiply with the mask."
            )
        return values
    total = values.sum()
    return total / unboxed(total).dtype.type(divisor) if divisor else total * 0


def _check_unwatched(owner: str, name: str, value: Any) -> None:
    if boxed(value):
        raise ArgumentError(
            f"{owner}: `{name}` must be an array, as the gradient is that of `y_pred` alone; got "
            f"what a tape watches. Give its numbers, `{name}.numpy()`, or compute the loss with "
            "`elman.ops`."
        )
