"""Losses of your own that are functions: `f(y_true, y_pred)`, in NumPy, without a gradient.

>>> import numpy as np
>>> def fourth(y_true, y_pred):
...     return np.mean((y_pred - y_true) ** 4, axis=-1)
>>> value, dy_pred = OwnLoss(fourth).value_and_gradient([[0.0]], np.array([[2.0]]))
>>> value, dy_pred.tolist()
(16.0, [[32.0]])
"""

from collections.abc import Callable, Mapping
from typing import Any

from elman._typing import Array
from elman.errors import UnsupportedError
from elman.losses.base import Loss


class OwnLoss(Loss):
    """A function of targets and predictions, whose gradient a tape finds.

    Args:
        fn: takes y_true and y_pred, (…, F) each and of one dtype, and returns one value an entry,
            (…); what has further axes is averaged over them, and a single number stands for all.
        reduction: see `Loss`.
        name: what to call it.
        **options: further arguments of `fn`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", "loss").strip("<>"), reduction)
        self.fn, self.options = fn, options

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value an entry."""
        y = y_true
        if y.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
            y = y[..., None]
        elif y.ndim == y_pred.ndim + 1 and y.shape[-1] == 1:
            y = y[..., 0]
        values = self.fn(y.astype(y_pred.dtype), y_pred, **self.options)
        while getattr(values, "ndim", 0) > y_pred.ndim - 1:
            values = values.mean(axis=-1)
        return values

    def get_config(self) -> dict[str, Any]:
        """Raise: a function cannot be saved."""
        raise UnsupportedError(
            f"loss: `loss` must be one of elman's own to be saved; got the function {self.name}. "
            "Write a `Loss` subclass, and `elman.saving.register_keras_serializable` it."
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Loss":
        """Raise: a function cannot be loaded."""
        raise UnsupportedError("loss: a function of your own must be given by itself.")
