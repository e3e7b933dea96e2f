"""Losses of your own that are functions: `f(y_true, y_pred)`, in NumPy, without a gradient.

>>> import numpy as np
>>> def fourth(y_true, y_pred):
...     return np.mean((y_pred - y_true) ** 4, axis=-1)
>>> value, dy_pred = OwnLoss(fourth).value_and_gradient([[0.0]], np.array([[2.0]]))
>>> value, dy_pred.tolist()
(16.0, [[32.0]])
"""

from collections.abc import Callable
from typing import Any

from elman import _notes
from elman._typing import Array
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

    asked = "fn"

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
        found: Array = _notes.judged(
            self.owner, self.fn, y.astype(y_pred.dtype), y_pred, self.options
        )
        return found

    @property
    def owner(self) -> str:
        """How messages name it, such as "loss 'fourth'"."""
        return f"loss {self.name!r}"
