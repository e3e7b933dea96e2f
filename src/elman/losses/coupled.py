"""What losses share whose values each come from many entries: of an image, a sequence, a batch.

    L = sum_i w_i v_i / n      i  a value that counts; n as in `Loss`

What a mask leaves out cannot be taken away row by row here, so that their functions are given the
mask, and leave it out themselves. One value for the whole batch stands for each of its weights.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman._typing import Array, Mask
from elman.losses.base import FunctionLoss, floating, spread


class CoupledLoss(FunctionLoss):
    """The base of the losses whose functions take a mask: f(y_true, y_pred, …, mask=None)."""

    elementwise = False
    functions: tuple[Callable[..., Any], ...] = ()

    def call(self, y_true: Array, y_pred: Array, mask: Mask | None = None) -> Array:
        """Return the values, 0 where a mask leaves nothing."""
        options = self.options() if mask is None else {**self.options(), "mask": mask}
        return self.functions[0](y_true, y_pred, **options)

    def gradient(
        self, dvalues: Array, y_true: Array, y_pred: Array, mask: Mask | None = None
    ) -> Array:
        """Return dL/d(y_pred) given dL/d(values)."""
        options = self.options() if mask is None else {**self.options(), "mask": mask}
        return self.functions[1](dvalues, y_true, y_pred, **options)

    def counted(self, values: Array, y_pred: Array, mask: Mask | None) -> Mask | None:
        """Return which values count, of their shape; None for all."""
        return mask

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """Return the loss as a float, or as an array of values where nothing is reduced.

        Args:
            y_true: targets.
            y_pred: predictions.
            sample_weight: a weight for each value.
            mask: True where an entry of the predictions counts, of their shape less the last axis.
        """
        y, p, keep = self._arrays(y_true, y_pred, mask)
        values = self._call(y, p, keep)
        weights, n = self._shares(values, p, sample_weight, keep)
        if self.reduction in ("none", None):
            return values * weights
        return float(np.sum(values * weights, dtype=float)) / n if n else 0.0

    def value_and_gradient(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> tuple[float, Array]:
        """Return the loss and dL/d(y_pred); see `Loss`."""
        self._check_reduction()
        y, p, keep = self._arrays(y_true, y_pred, mask)
        values = self._call(y, p, keep)
        weights, n = self._shares(values, p, sample_weight, keep)
        shape, dtype = np.shape(y_pred), floating(y_pred).dtype
        if not n:  # nothing counts
            return 0.0, np.zeros(shape, dtype)
        dvalues = weights / n if values.ndim else np.sum(weights, dtype=float) / n
        more = () if keep is None else (keep,)
        dy_pred = self.gradient(np.asarray(dvalues, p.dtype), y, p, *more)
        total = float(np.sum(values * weights, dtype=float))
        return total / n, dy_pred.reshape(shape).astype(dtype, copy=False)

    def _call(self, y: Array, p: Array, keep: Mask | None) -> Array:
        return np.asarray(self.call(y, p) if keep is None else self.call(y, p, keep))

    def _arrays(self, y_true: Any, y_pred: Any, mask: Any) -> tuple[Array, Array, Mask | None]:
        """Return arrays of targets, predictions and the mask (or None)."""
        y, p = np.asarray(y_true), self._floating(y_pred)
        if mask is None:
            return y, p, None
        return y, p, spread(type(self).__name__, "mask", mask, p.shape[:-1]).astype(bool)

    def _shares(
        self, values: Array, p: Array, sample_weight: Any, keep: Mask | None
    ) -> tuple[Array, float]:
        """Return weights, 0 where a value does not count, and what the sum is divided by."""
        counts = self.counted(values, p, keep)
        if sample_weight is None:
            w = np.ones(values.shape, p.dtype)
        elif values.ndim:
            w = self._spread(sample_weight, values.shape, p)
        else:  # one value for all weights
            w, counts = self._spread(sample_weight, p.shape[:-1], p), keep
            w = np.asarray(sample_weight, p.dtype) if keep is None else w
        counts = np.ones(w.shape, bool) if counts is None else counts
        w = np.where(counts, w, 0)
        if self.reduction == "sum":
            return w, 1.0
        if self.reduction == "mean_with_sample_weight" and sample_weight is not None:
            return w, float(np.sum(w, dtype=float))
        return w, float(np.count_nonzero(counts))

    def _spread(self, sample_weight: Any, shape: tuple[int, ...], p: Array) -> Array:
        owner = type(self).__name__
        return spread(owner, "sample_weight", sample_weight, shape).astype(p.dtype)
