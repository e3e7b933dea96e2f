"""A metric: what it is called, what it has added up, and how a metric of your own is made."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from elman import _automatic, _check, _config, _notes, _settings, _tree, initializers
from elman._construction import Constructed
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.gradient_tape import unboxing
from elman.losses.base import spread
from elman.metrics.variable import Variable

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")


class Metric(Constructed):
    """The base of the metrics and of your own: a name, a state, and a result.

    A metric of your own adds variables when it is made, changes them in `update_state`, and makes
    its result of them. `reset_state` sets them to zero. Where its `update_state` takes no `mask`,
    it sees only the entries that a mask leaves, (n, F).

    Args:
        dtype: what Keras computes in; kept for configs. elman accumulates in float64.
        name: what to call it, also in the logs of training.

    >>> class Worst(Metric):
    ...     def __init__(self, name="worst", **options):
    ...         super().__init__(name=name, **options)
    ...         self.error = self.add_weight(shape=(), initializer="zeros", name="error")
    ...
    ...     def update_state(self, y_true, y_pred, sample_weight=None):
    ...         self.error.assign(np.maximum(self.error, np.max(abs(y_true - y_pred))))
    ...
    ...     def result(self):
    ...         return self.error
    >>> metric = Worst()
    >>> metric.update_state(np.zeros((2, 1)), np.array([[1.0], [7.0]]), mask=[True, False])
    >>> metric.result()
    1.0
    """

    def __init__(self, dtype: str | None = None, name: str | None = None) -> None:
        self.name = name or _automatic.name(type(self).__name__)
        self.dtype = dtype or _settings.floatx()
        self._own_variables: list[Variable] = []

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls)
        if "update_state" in own:
            update = own["update_state"]
            masked = update if _takes_mask(update) else _rows_only(update)
            masked = _explained(masked) if _is_yours(cls) else masked
            # What a tape has recorded is taken too.
            cls.update_state = unboxing(masked)  # type: ignore[method-assign]
        if "result" in own:
            cls.result = _plain_result(own["result"])  # type: ignore[method-assign]

    def update_state(self, *batch: Any, **options: Any) -> None:
        """Take a batch into account: y_true, y_pred, sample_weight=None, mask=None."""
        raise _check.undefined(
            self,
            "update_state(self, y_true, y_pred, sample_weight=None)",
            "sees a batch",
        )

    def result(self) -> Any:
        """Return the metric of all batches since the last reset: a float, or an array."""
        raise _check.undefined(self, "result(self)", "returns the metric of all batches")

    def reset_state(self) -> None:
        """Forget all batches: set every variable to zero."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape))

    def add_variable(
        self,
        shape: Any,
        initializer: Any,
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Return a new variable of this metric.

        Args:
            shape: its shape, () for one number.
            initializer: what it holds at first, as in `elman.initializers`; None for zeros.
            dtype: that of its numbers; float64 if None.
            aggregation: how Keras joins it across devices; there is one here.
            name: what to call it.

        Raises:
            NotBuiltError: `super().__init__()` has not been called yet.
        """
        owner = type(self).__name__
        if "_own_variables" not in vars(self):
            raise NotBuiltError(
                f"{owner}: `super().__init__()` must be called before a variable is added."
            )
        _check.one_of(owner, "aggregation", aggregation, AGGREGATIONS)
        axes = list(shape) if isinstance(shape, (list, tuple)) else [shape]
        sizes = [_check.integer(owner, "shape", size, minimum=0) for size in axes]
        make = initializers.get(initializer, owner, "initializer") or initializers.Zeros()
        array = np.array(make(tuple(sizes), dtype or "float64"))
        variable = Variable(array, name or f"variable_{len(self._own_variables)}")
        self._own_variables.append(variable)
        return variable

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> Variable:
        """Return a new variable of this metric; see `add_variable`."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """The variables of this metric, and of the metrics that it holds."""
        inner = [each for each in _tree.every(vars(self)) if isinstance(each, Metric)]
        return self._own_variables + [v for metric in inner for v in metric.variables]

    def __call__(self, *batch: Any, **options: Any) -> Any:
        """Take a batch into account and return the result so far."""
        self.update_state(*batch, **options)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return _config.of(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Metric":
        """Make a metric from what `get_config` returned."""
        return _config.instantiate(cls, config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _takes_mask(function: Any) -> bool:
    """Say whether a function has an argument `mask`, or takes any keyword."""
    code = getattr(function, "__code__", None)
    if code is None:
        return True
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    any_keyword = 8  # inspect.CO_VARKEYWORDS
    return "mask" in names or bool(code.co_flags & any_keyword)


def _is_yours(cls: type) -> bool:
    return cls.__module__.split(".")[0] != "elman"


def _explained(update_state: Callable[..., None]) -> Callable[..., None]:
    """Return an `update_state` of yours that says where it was when an error is raised."""

    @functools.wraps(update_state)
    def update(self: Metric, *batch: Any, **options: Any) -> None:
        try:
            update_state(self, *batch, **options)
        except Exception as error:
            named = zip(("y_true", "y_pred", "sample_weight"), batch, strict=False)
            given = (
                *(name for name, _ in named),
                *(k for k, v in options.items() if v is not None),
            )
            _notes.explain(self, "update_state", given, error)
            raise

    return update


def _rows_only(update_state: Callable[..., Any]) -> Callable[..., None]:
    """Return an `update_state` with a mask, made of one without: it is given what counts."""
    names = update_state.__code__.co_varnames[1 : update_state.__code__.co_argcount]

    @functools.wraps(update_state)
    def update(self: Metric, *batch: Any, mask: Any = None, **options: Any) -> None:
        if mask is None:
            update_state(self, *batch, **options)
            return
        given = dict(zip(names, batch, strict=False)) | options
        update_state(self, **_counted(type(self).__name__, given, mask))

    return update


def _counted(owner: str, given: dict[str, Any], mask: Any) -> dict[str, Any]:
    """Return the arguments of an `update_state` with the entries that a mask leaves."""
    main = "y_pred" if "y_pred" in given else next(iter(given))
    array = np.asarray(given[main])
    shape = array.shape[:-1] if main == "y_pred" and array.ndim > 1 else array.shape
    keep = spread(owner, "mask", mask, shape).astype(bool)
    left = {}
    for name, value in given.items():
        each = np.asarray(value)
        if name == "sample_weight" and value is not None:
            each = spread(owner, name, value, shape)
        elif name in ("y_true", main) and each.shape[: len(shape)] != shape:
            raise ShapeError(
                f"{owner}: `{name}` must have shape {shape}, the mask's, in its first axes; got"
                f" {each.shape}."
            )
        cut = value is not None and name in ("y_true", "sample_weight", main)
        left[name] = each[keep] if cut else value
    return left


def _plain_result(result: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `result` that gives floats for numbers and variables without axes."""

    @functools.wraps(result)
    def plain(self: Metric) -> Any:
        try:
            value = result(self)
        except Exception as error:
            if _is_yours(type(self)):
                _notes.explain(self, "result", (), error)
            raise
        if type(value) is float:
            return value
        if isinstance(value, dict):
            return {key: _plain(each) for key, each in value.items()}
        if value is None or isinstance(value, str):
            raise ArgumentError(
                f"{type(self).__name__}: `result` must return a number, an array, or a dictionary "
                f"of such; got {_check.shown(value)}. Does it end with `return …`?"
            )
        return _plain(value)

    return plain


def _plain(value: Any) -> Any:
    """Return a float for a number, an array for a variable, anything else as it is."""
    if isinstance(value, (Variable, np.ndarray, np.generic)):
        return np.asarray(value) if np.ndim(value) else float(value)
    return value
