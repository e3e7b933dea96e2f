"""What all losses share: pairing targets with predictions, weights, masks and the reduction.

A loss function maps a target and a prediction to one value an entry, averaged over the last
axis. A `Loss` reduces those values to one number:

    L = sum_e w_e v_e / n      n = 1, the number of entries, or sum_e w_e      ("reduction")

Entries that a mask leaves out are taken out of the arrays before anything is computed, so that
whatever stands there, NaN included, reaches neither the value nor the gradient.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from elman import _automatic, _check, _config, _notes, _settings, fused
from elman._construction import Constructed
from elman._typing import Array, Mask
from elman.errors import ArgumentError, ElmanError, ShapeError, UnsupportedError
from elman.gradient_tape import GradientTape, boxed, unboxed
from elman.losses import entries as own_entries
from elman.losses import recorded

OF_ALL = ("name", "reduction", "dtype")  # what every loss takes
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


def floating(y_pred: Any) -> Array:
    """Return predictions as an array of floats, `floatx()` where they are no floats yet."""
    array = np.asarray(y_pred)
    return array if array.dtype.kind == "f" else array.astype(_settings.floatx())


def pair(owner: str, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
    """Return targets and predictions of one shape and dtype, (…, F) each.

    Targets may lack a last axis of size 1 that predictions have, or have one that they lack.

    Raises:
        ShapeError: the shapes differ otherwise, or there is no axis.
    """
    p, y = floating(y_pred), np.asarray(y_true)
    if y.ndim == p.ndim - 1 and p.shape[-1] == 1:
        y = y[..., None]
    elif y.ndim == p.ndim + 1 and y.shape[-1] == 1:
        y = y[..., 0]
    if p.ndim == 0:
        raise ShapeError(
            f"{owner}: `y_pred` must have at least 1 axis; got shape (). Pass `[y_pred]`."
        )
    if y.shape != p.shape:
        raise ShapeError(
            f"{owner}: `y_true` must have the shape of `y_pred`, {p.shape}; got"
            f" {np.shape(y_true)}. Reshape the targets, or change the model's last layer."
        )
    return y if y.dtype == p.dtype else y.astype(p.dtype), p


def entry(dvalues: Array, y_pred: Array) -> Array:
    """Return the gradient of what a mean over the last axis was taken of."""
    return np.asarray(dvalues, y_pred.dtype)[..., None] / y_pred.shape[-1]


def last_axis(owner: str, axis: int, y_pred: Array) -> None:
    """Check that `axis` names the last axis, the only one that elman's losses reduce."""
    if axis not in (-1, y_pred.ndim - 1):
        raise UnsupportedError(
            f"{owner}: `axis` must be -1; got {axis!r}. Move that axis last with `np.moveaxis`."
        )


def spread(owner: str, name: str, array: Any, shape: tuple[int, ...]) -> Array:
    """Return weights or a mask with one entry for each entry of `shape`.

    `array` may lack trailing axes, so that (batch,) stands for every step of a sample, and have
    axes of size 1.

    Raises:
        ShapeError: it does not fit.
    """
    given: Array = np.asarray(array)
    if given.shape == shape:
        return given
    fitted = given[..., 0] if given.ndim == len(shape) + 1 and given.shape[-1] == 1 else given
    fitted = fitted.reshape(fitted.shape + (1,) * (len(shape) - fitted.ndim))
    sizes: list[tuple[int, int]] = list(zip(fitted.shape, shape, strict=False))
    if fitted.ndim != len(shape) or not all(have in (1, want) for have, want in sizes):
        leading = " or ".join(str(shape[: i + 1]) for i in range(len(shape))) or "()"
        raise ShapeError(f"{owner}: `{name}` must have shape {leading}; got {given.shape}.")
    return np.broadcast_to(fitted, shape)


class Loss(Constructed):
    """A loss with a reduction; the base of elman's losses and of your own.

    A subclass of your own defines `call`, on arrays (…, F), and `gradient` if it has a better way
    to it than a `GradientTape`:

        call(y_true, y_pred) -> values            one an entry, (…)
        gradient(dvalues, y_true, y_pred) -> dy_pred, of y_pred's shape

    Args:
        name: what to call it.
        reduction: "sum_over_batch_size" or "mean" (divide the weighted sum by the number of
            entries that count), "sum", "mean_with_sample_weight" (divide by the sum of the
            weights), "none" or None (keep the entries).
        dtype: "float32" or "float64", to which predictions are cast before anything is computed;
            None for their own. (In Keras None is `floatx()`.)

    >>> class Cubed(Loss):
    ...     def call(self, y_true, y_pred):
    ...         return np.mean(abs(y_pred - y_true) ** 3, axis=-1)
    ...
    ...     def gradient(self, dvalues, y_true, y_pred):
    ...         e = y_pred - y_true
    ...         return dvalues[..., None] * 3 * e * abs(e) / e.shape[-1]
    >>> value, dy_pred = Cubed().value_and_gradient(np.zeros((2, 1)), np.array([[1.0], [2.0]]))
    >>> value, dy_pred.tolist()
    (4.5, [[1.5], [6.0]])
    """

    _calls_itself = False  # whether a class has a `__call__` of its own, which training never asks

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        given = vars(cls)
        if "__call__" in given or "value_and_gradient" in given:
            cls._calls_itself = "value_and_gradient" not in given
        if "call" in given and "gradient" in given:
            cls.call = recorded.pair(given["call"], given["gradient"])  # type: ignore[method-assign]
        elif "call" in given:  # the gradient of a class above is that of another `call`
            cls.gradient = Loss.gradient  # type: ignore[method-assign]

    elementwise = True  # whether F holds independent numbers; if not, a distribution over classes
    asked = "call"  # what messages say that returns the values

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ) -> None:
        self.name = name or _automatic.name(type(self).__name__)
        self.reduction = _check.one_of(type(self).__name__, "reduction", reduction, REDUCTIONS)
        owner = type(self).__name__
        self.dtype = None if dtype is None else _settings.dtype_name(owner, "dtype", dtype)

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value an entry, (…), from arrays (…, F)."""
        raise _check.undefined(self, "call(self, y_true, y_pred)", "returns one value an entry")

    def gradient(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """Return dL/d(y_pred) given dL/d(values); by a tape where a class defines `call` alone."""
        return self._by_tape(dvalues, y_true, y_pred)[1]

    def _by_tape(self, dvalues: Array, y_true: Array, y_pred: Array) -> tuple[Array, Array]:
        """Return the values, and the gradient that a tape finds, from one run of `call`."""
        with GradientTape() as tape:
            p = tape.watch(y_pred)
            values = self._called(y_true, p)
        (dy_pred,) = tape.gradients([values], [p], [dvalues])
        if dy_pred is None:
            own_entries.warn_constant(self.owner, self.asked)
        return unboxed(values), np.zeros_like(y_pred) if dy_pred is None else dy_pred

    def _called(self, y_true: Array, y_pred: Any) -> Any:
        """Return what `call` returns, one value an entry."""
        try:
            values = self.call(y_true, y_pred)
        except Exception as error:
            if not isinstance(error, ElmanError):
                _notes.place(error, self.owner, (("y_true", y_true), ("y_pred", y_pred)))
            raise
        shape, dtype, summed = y_pred.shape[:-1], unboxed(y_pred).dtype, self.reduction == "sum"
        return own_entries.fitted(self.owner, self.asked, values, shape, dtype, summed=summed)

    @property
    def owner(self) -> str:
        """How messages name it."""
        return type(self).__name__

    def counts(self, y_true: Array, shape: tuple[int, ...], mask: Mask | None) -> Mask | None:
        """Return which entries, (…), count; a loss may leave out more than the mask does."""
        return mask

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> Any:
        """Return the loss as a float, or as an array of entries where nothing is reduced.

        Args:
            y_true: targets.
            y_pred: predictions, (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,) or (batch, timesteps).
            mask: the same shapes, True where an entry counts.
        """
        if boxed(y_pred) or boxed(y_true) or boxed(sample_weight):
            return recorded.call(self, y_true, y_pred, sample_weight, mask)
        y, p, weights, keep = self._prepare(y_true, y_pred, sample_weight, mask)
        rows, w = _rows(keep, y, p), _entries(weights, keep, p)
        values = self._called(*rows) * w
        if self.reduction in ("none", None):
            entries = np.zeros(p.shape[:-1], p.dtype)
            entries[... if keep is None else keep] = values
            return entries
        return _ratio(float(np.sum(values, dtype=float)), self._divisor(p, weights, keep))

    def value_and_gradient(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> tuple[float, Array]:
        """Return the loss and dL/d(y_pred), which has the shape and dtype of `y_pred`.

        The arguments are those of a call.

        Raises:
            ArgumentError: the reduction is "none", which leaves no number to differentiate.
        """
        self._check_reduction()
        y, p, weights, keep = self._prepare(y_true, y_pred, sample_weight, mask)
        divisor, shape = self._divisor(p, weights, keep), np.asarray(y_pred).shape
        if not divisor:  # nothing counts
            return 0.0, np.zeros(shape, floating(y_pred).dtype)
        total, dy_pred = self._total_and_gradient(y, p, weights, keep, divisor)
        return total / divisor, dy_pred.reshape(shape).astype(floating(y_pred).dtype, copy=False)

    def entries_gradient(
        self, dentries: Array, y_true: Any, y_pred: Array, sample_weight: Any, mask: Any
    ) -> Array:
        """Return dL/d(y_pred) given dL/d(entries) of a call that reduces nothing."""
        y, p, weights, keep = self._prepare(y_true, y_pred, sample_weight, mask)
        rows, w = _rows(keep, y, p), _entries(weights, keep, p)
        dy_pred = np.zeros_like(p)
        dvalues = (w * _rows(keep, dentries)[0]).astype(p.dtype)
        dy_pred[... if keep is None else keep] = self.gradient(dvalues, *rows)
        return dy_pred.reshape(y_pred.shape).astype(y_pred.dtype, copy=False)

    @property
    def has_gradient(self) -> bool:
        """Whether the gradient is written by hand, and not left to a tape."""
        return type(self).gradient is not Loss.gradient

    def by_tape(self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any) -> Any:
        """Return the loss of boxes in a box, by way of a `call` that a tape goes through."""
        plain = unboxed(y_true), unboxed(y_pred), sample_weight, mask
        y, p, weights, keep = self._prepare(*plain)
        given = y_true if boxed(y_true) else y
        y_pred = y_pred if self.dtype in (None, y_pred.dtype) else y_pred.astype(self.dtype)
        rows = _rows(keep, given, y_pred if y_pred.ndim == p.ndim else y_pred[:, None])
        values = self._called(*rows) * _entries(weights, keep, p)
        return recorded.reduced(self, values, self._divisor(p, weights, keep), keep is None)

    def _total_and_gradient(
        self, y: Array, p: Array, weights: Array | None, keep: Mask | None, divisor: float
    ) -> tuple[float, Array]:
        """Return sum_e w_e v_e, and the gradient of that sum over the divisor."""
        rows, w = _rows(keep, y, p), _entries(weights, keep, p)
        dvalues = (w / divisor).astype(p.dtype)
        if self.has_gradient:
            values, drows = self._called(*rows), self.gradient(dvalues, *rows)
        else:
            values, drows = self._by_tape(dvalues, *rows)
        dy_pred = np.zeros_like(p)
        dy_pred[... if keep is None else keep] = drows
        return float(np.sum(values * w, dtype=float)), dy_pred

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; as in Keras without `dtype`."""
        return {name: value for name, value in _config.of(self).items() if name != "dtype"}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Loss":
        """Make a loss from what `get_config` returned."""
        return _config.instantiate(cls, config)

    def _prepare(
        self, y_true: Any, y_pred: Any, sample_weight: Any, mask: Any
    ) -> tuple[Array, Array, Array | None, Mask | None]:
        """Return arrays of targets, predictions, weights (None for 1) and what counts (or None)."""
        owner = type(self).__name__
        y, p = np.asarray(y_true), self._floating(y_pred)
        if self.elementwise and p.ndim == 1:
            p = p[:, None]  # one number a sample
        shape = p.shape[:-1]  # of the values
        w = None
        if sample_weight is not None:
            w = spread(owner, "sample_weight", sample_weight, shape).astype(p.dtype)
        if mask is not None:
            mask = spread(owner, "mask", mask, shape).astype(bool)
        keep = self.counts(y, shape, mask)
        if keep is not None and y.shape[: len(shape)] != shape:
            raise ShapeError(
                f"{owner}: `y_true` must have shape {shape}, the mask's, or {p.shape}, that of"
                f" `y_pred`; got {y.shape}."
            )
        return y, p, w, keep

    def _floating(self, y_pred: Any) -> Array:
        """Return predictions as floats, in the loss's dtype if it has one."""
        p = floating(y_pred)
        return p if self.dtype in (None, p.dtype) else p.astype(self.dtype)

    def _check_reduction(self) -> None:
        """Check that the loss is one number, which can be differentiated."""
        if self._calls_itself:
            raise UnsupportedError(
                f"{type(self).__name__}: `call` must be what returns the values; got a class with a"
                " `__call__` of its own, which training does not ask. Name it `call`."
            )
        if self.reduction in ("none", None):
            raise ArgumentError(
                f"{type(self).__name__}: `reduction` must make one number to train with; got"
                f" {self.reduction!r}. Use 'sum_over_batch_size'."
            )

    def _divisor(self, p: Array, weights: Array | None, keep: Mask | None) -> float:
        """Return what the sum is divided by."""
        if self.reduction == "sum":
            return 1.0
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            return float(np.sum(_entries(weights, keep, p), dtype=float))
        return float(math.prod(p.shape[:-1]) if keep is None else np.count_nonzero(keep))


class FunctionLoss(Loss):
    """A loss made of functions, which take the constructor's options.

    Attributes:
        functions: the values, their gradient and, where `elman.fused` has both in one, what
            returns the targets for it.
    """

    functions: tuple[Callable[..., Any], ...]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "call" in vars(cls) or "gradient" in vars(cls):
            cls.functions = cls.functions[:2]  # what is defined anew is not the compiled one

    def options(self) -> dict[str, Any]:
        """Return the constructor's arguments that belong to the functions."""
        names = _config.arguments(type(self))
        return {name: getattr(self, name) for name in names if name not in OF_ALL}

    def call(self, y_true: Array, y_pred: Array) -> Array:
        """Return one value an entry, (…), from arrays (…, F)."""
        return self.functions[0](y_true, y_pred, **self.options())

    def gradient(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """Return dL/d(y_pred) given dL/d(values)."""
        return self.functions[1](dvalues, y_true, y_pred, **self.options())

    def value_and_gradient(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> tuple[float, Array]:
        """Return the loss and dL/d(y_pred); see `Loss`."""
        if sample_weight is not None or mask is not None or not self._is_plain(y_pred):
            return super().value_and_gradient(y_true, y_pred, sample_weight, mask)
        divisor = self._divisor(y_pred, None, None)
        total, dy_pred = self._total_and_gradient(np.asarray(y_true), y_pred, None, None, divisor)
        return total / divisor, dy_pred

    def _is_plain(self, y_pred: Any) -> bool:
        """Say whether every entry of these predictions counts as one, in the compiled function."""
        return (
            len(self.functions) > 2
            and not self._calls_itself
            and self.reduction not in ("none", None)
            and type(self).counts is Loss.counts
            and type(y_pred) is np.ndarray
            and y_pred.ndim > 1
            and y_pred.size > 0
            and self.dtype in (None, y_pred.dtype)
            and fused.runs(y_pred.dtype)
        )

    def _total_and_gradient(
        self, y: Array, p: Array, weights: Array | None, keep: Mask | None, divisor: float
    ) -> tuple[float, Array]:
        if len(self.functions) < 3 or not fused.runs(p.dtype):
            return super()._total_and_gradient(y, p, weights, keep, divisor)
        rows = self.functions[2](y, p, keep, **self.options())
        return fused.loss_and_gradient(rows, p, weights, keep, divisor)


def _rows(keep: Mask | None, *arrays: Array) -> tuple[Array, ...]:
    """Return the entries that count: all, or those that a mask selects."""
    return arrays if keep is None else tuple(array[keep] for array in arrays)


def _entries(weights: Array | None, keep: Mask | None, p: Array) -> Array:
    """Return the weight of each entry that counts."""
    every = np.ones(p.shape[:-1], p.dtype) if weights is None else weights
    return every if keep is None else every[keep]


def _ratio(numerator: float, denominator: float) -> float:
    """Return a / b, and 0 where b is 0, as where a mask leaves nothing."""
    return numerator / denominator if denominator else 0.0
