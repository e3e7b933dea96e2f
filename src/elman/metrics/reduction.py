"""Metrics that are running sums: of numbers, or of what a function gives for each entry.

Mean    result = sum_e w_e v_e / sum_e w_e
Sum     result = sum_e w_e v_e

v  a metric's values, one an entry        w  weights, 1 if none
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _notes
from elman._typing import Array
from elman.errors import ShapeError
from elman.losses.base import spread
from elman.losses.entries import check_numbers
from elman.metrics.base import Metric
from elman.metrics.variable import Field, Variable


class Mean(Metric):
    """The weighted mean of numbers: of a sample first over its steps, then over the samples.

    >>> mean = Mean()
    >>> mean.update_state([1.0, 3.0])
    >>> mean.update_state([8.0], sample_weight=[2.0])
    >>> mean.result()
    5.0
    """

    def __init__(self, name: str | None = "mean", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = 0.0  # sum of w v, a sample's steps averaged
        self.count = 0.0  # sum of w, likewise

    @property
    def variables(self) -> list[Variable]:
        """The total and the count."""
        return [Field(self, "total"), Field(self, "count"), *super().variables]

    def update_state(self, values: Any, sample_weight: Any = None, mask: Any = None) -> None:
        """Take values, (batch,) or (batch, timesteps), into account.

        Args:
            values: the numbers; further axes are averaged.
            sample_weight: (batch,) or (batch, timesteps).
            mask: the same shapes, True where an entry counts.
        """
        v = np.asarray(values, float)
        steps = math.prod(v.shape[1:])
        if sample_weight is None and mask is None:
            self.track(float(v.sum()) / max(steps, 1), v.size / max(steps, 1))
            return
        w = np.ones(v.shape) if sample_weight is None else self._spread(sample_weight, v.shape)
        if mask is not None:
            keep = spread(type(self).__name__, "mask", mask, v.shape).astype(bool)
            v, w = v[keep], w[keep]
        self._add(v, w, steps)

    def track(self, total: float, count: float) -> None:
        """Take so many samples into account, given the sum of their numbers."""
        self.total += total
        self.count += count

    def result(self) -> float:
        """Return the mean, 0 where nothing has counted yet."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget all batches."""
        self.total = self.count = 0.0

    def _spread(self, sample_weight: Any, shape: tuple[int, ...]) -> Array:
        """Return a weight for each entry."""
        return spread(type(self).__name__, "sample_weight", sample_weight, shape)

    def _add(self, values: Array, weights: Array, steps: int) -> None:
        """Add entries, of which a whole sample has `steps`."""
        total, count = np.sum(values * weights, dtype=float), np.sum(weights, dtype=float)
        self.track(float(total) / max(steps, 1), float(count) / max(steps, 1))


class Sum(Metric):
    """The weighted sum of numbers.

    >>> total = Sum()
    >>> total.update_state([1.0, 3.0], sample_weight=[1.0, 0.5])
    >>> total.result()
    2.5
    """

    def __init__(self, name: str | None = "sum", dtype: str | None = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values: Any, sample_weight: Any = None, mask: Any = None) -> None:
        """Take values into account.

        Args:
            values: the numbers, (batch, …).
            sample_weight: (batch,), or more of the axes of `values`.
            mask: the same shapes, True where an entry counts.
        """
        v = np.asarray(values, float)
        w = np.ones(v.shape)
        if sample_weight is not None:
            w = spread(type(self).__name__, "sample_weight", sample_weight, v.shape)
        if mask is not None:
            keep = spread(type(self).__name__, "mask", mask, v.shape).astype(bool)
            v, w = v[keep], w[keep]
        self.total.assign_add(np.sum(v * w, dtype=float))

    def result(self) -> float:
        """Return the sum."""
        return float(self.total)


class MeanMetricWrapper(Mean):
    """The mean of what a function gives.

    Args:
        fn: a function of y_true and y_pred, (…, F) each, to values (…).
        name: what to call it.
        dtype: see `Metric`.
        **options: further arguments of `fn`.

    With a mask, `fn` sees the entries that count, (n, F).

    >>> MeanMetricWrapper(lambda y_true, y_pred: abs(y_true - y_pred).max(axis=-1), "worst")(
    ...     np.zeros((1, 2)), np.array([[1.0, 3.0]])
    ... )
    3.0
    """

    elementwise = False  # whether to take y_pred of shape (batch,) as one number a sample

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", "").strip("<>"), dtype)
        self.fn = fn
        self.options = options

    def update_state(  # type: ignore[override]  # a mean of values, computed here from two arrays
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: targets.
            y_pred: predictions, (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,) or (batch, timesteps).
            mask: the same shapes, True where an entry counts.
        """
        y, p = np.asarray(y_true), np.asarray(y_pred)
        if self.elementwise and p.ndim == 1:
            p = p[:, None]
        if mask is None:
            super().update_state(self._values(y, p), sample_weight)
            return
        shape = p.shape[:-1]
        keep = spread(type(self).__name__, "mask", mask, shape).astype(bool)
        if y.shape[: len(shape)] != shape:
            raise ShapeError(
                f"{type(self).__name__}: `y_true` must have shape {shape}, the mask's, or"
                f" {p.shape}, that of `y_pred`; got {y.shape}."
            )
        w = np.ones(shape) if sample_weight is None else self._spread(sample_weight, shape)
        values, w = self._values(y[keep], p[keep]), w[keep]
        values = values.reshape(len(values), -1).mean(axis=-1) if values.ndim > 1 else values
        if values.ndim and values.shape != w.shape:
            raise ShapeError(
                f"{self.owner}: `fn` must return one value an entry, of shape {w.shape}, or one "
                f"number; got shape {values.shape}. Take the mean over the last axis alone."
            )
        self._add(values, w, math.prod(shape[1:]))

    def _values(self, y_true: Array, y_pred: Array) -> Array:
        """Return what the function gives."""
        found = _notes.judged(self.owner, self.fn, y_true, y_pred, self.options)
        if type(found) is not np.ndarray or found.dtype.kind not in "fiub":
            check_numbers(self.owner, found, "`fn` must return a number or an array of numbers")
        values: Array = np.asarray(found, float)
        if not values.size and y_pred.size:
            raise ShapeError(
                f"{self.owner}: `fn` must return at least one number; got shape {values.shape}."
            )
        return values

    @property
    def owner(self) -> str:
        """How messages name it, such as "metric 'worst'"."""
        return f"metric {self.name!r}"
