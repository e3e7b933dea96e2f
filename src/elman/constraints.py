"""What a weight must be: `constraint(w)` returns the weight moved to where it may be.

    NonNeg       max(w, 0)
    UnitNorm     w / (e + n)                          n  norm of w along `axis`
    MaxNorm      w min(n, max_value) / (e + n)        e  1e-7, as in Keras
    MinMaxNorm   w (rate clip(n, min_value, max_value) + (1 - rate) n) / (e + n)

Training applies one after each step of the optimizer. The kernel of a layer is (features, units):
with `axis=0` the norm is that of what goes into each unit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from elman import _check, _config
from elman._construction import Constructed
from elman._settings import EPSILON
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError

Axis = int | Sequence[int]


class Constraint(Constructed):
    """What all constraints share: `constraint(w)` and a config. This one changes nothing.

    >>> Constraint()(np.array([-1.0]))
    array([-1.])
    """

    def __call__(self, w: Array) -> Array:
        """Return the weight as it may be, of the same shape and dtype."""
        return w

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return _config.of(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Constraint":
        """Make a constraint from what `get_config` returned."""
        return _config.instantiate(cls, config)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({given})"


class NonNeg(Constraint):
    """No weight is below zero.

    >>> NonNeg()(np.array([1.0, -3.0]))
    array([1., 0.])
    """

    def __call__(self, w: Array) -> Array:
        """Return max(w, 0)."""
        return np.maximum(w, 0)


class UnitNorm(Constraint):
    """The norm along `axis` is one.

    Args:
        axis: an integer, or several.

    >>> UnitNorm()(np.array([[3.0], [4.0]])).round(6)
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: Axis = 0) -> None:
        self.axis = _axis(self, axis)

    def __call__(self, w: Array) -> Array:
        """Return w over its norm."""
        return w / (EPSILON + _norm(self, w, self.axis))


class MaxNorm(Constraint):
    """The norm along `axis` is at most `max_value`. Source: Srivastava et al. 2014 (Dropout).

    Args:
        max_value: the largest norm.
        axis: an integer, or several.

    >>> MaxNorm(1.0)(np.array([[3.0, 0.3], [4.0, 0.4]])).round(6)
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = _check.number("MaxNorm", "max_value", max_value, low=0)
        self.axis = _axis(self, axis)

    def __call__(self, w: Array) -> Array:
        """Return w with the norm clipped."""
        norm = _norm(self, w, self.axis)
        return w * (np.clip(norm, 0, self.max_value) / (EPSILON + norm))


class MinMaxNorm(Constraint):
    """The norm along `axis` lies between two values, or comes nearer to that at each step.

    Args:
        min_value: the smallest norm.
        max_value: the largest norm.
        rate: how much of the way is gone at once, 1.0 for all of it.
        axis: an integer, or several.

    >>> MinMaxNorm(0.0, 1.0, rate=0.5)(np.array([[3.0], [4.0]])).round(6)
    array([[1.8],
           [2.4]])
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axis = 0,
    ) -> None:
        self.min_value = _check.number("MinMaxNorm", "min_value", min_value, low=0)
        self.max_value = _check.number("MinMaxNorm", "max_value", max_value, low=self.min_value)
        self.rate = _check.number("MinMaxNorm", "rate", rate, low=0, high=1)
        self.axis = _axis(self, axis)

    def __call__(self, w: Array) -> Array:
        """Return w with the norm moved towards the interval."""
        norm = _norm(self, w, self.axis)
        clipped = np.clip(norm, self.min_value, self.max_value)
        desired = self.rate * clipped + (1 - self.rate) * norm
        return w * (desired / (EPSILON + norm))


def _axis(constraint: Constraint, axis: Any) -> Any:
    """Return an argument `axis`, checked: an integer, or a list of such, as a file holds it."""
    owner = type(constraint).__name__
    if isinstance(axis, (list, tuple)) and axis:
        return [_check.integer(owner, "axis", one, minimum=None) for one in axis]
    try:
        return _check.integer(owner, "axis", axis, minimum=None)
    except ArgumentError:
        raise ArgumentError(
            f"{owner}: `axis` must be an integer or a list of integers; got {axis!r}."
        ) from None


def _norm(constraint: Constraint, w: Array, axis: Any) -> Array:
    """Return the norm of a weight along `axis`, which stays as an axis of size 1."""
    axes = tuple(axis) if isinstance(axis, list) else (axis,)
    shape = np.shape(w)
    if any(not -len(shape) <= one < len(shape) for one in axes):
        raise ShapeError(
            f"{type(constraint).__name__}: `axis` must be among the axes of the weight, of shape "
            f"{shape}; got {axis!r}."
        )
    return np.sqrt(np.square(w).sum(axis=axes, keepdims=True))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

_CLASSES = (MaxNorm, MinMaxNorm, NonNeg, UnitNorm, Constraint)
_TABLE: dict[str, type[Constraint]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{_config.snake_case(cls.__name__): cls for cls in _CLASSES},
}


def get(
    identifier: Any, owner: str = "constraint", argument: str = "identifier"
) -> Callable[..., Any] | None:
    """Return the constraint that `identifier` names.

    Args:
        identifier: a name ("max_norm", "MaxNorm"), a config, a constraint or its class, a function
            of a weight, or None, which stays None.
        owner, argument: who asks and for which argument, for the message.

    Raises:
        ArgumentError: elman has no constraint of this name.

    >>> get("max_norm")
    MaxNorm(max_value=2.0, axis=0)
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Constraint):
        return identifier()
    if callable(identifier):
        function: Callable[..., Any] = identifier
        return function
    return _config.find(owner, identifier, _TABLE, argument)()


def serialize(constraint: Callable[..., Any]) -> dict[str, Any]:
    """Return the config of a constraint, in Keras's form; of your own by its name.

    Raises:
        UnsupportedError: it is a lambda, or an object without `get_config`.

    >>> serialize(UnitNorm(axis=1))["config"]
    {'axis': 1}
    """
    return _config.written("constraint", constraint, "keras.constraints")


def deserialize(
    config: Mapping[str, Any] | str, custom_objects: Mapping[str, Any] | None = None
) -> Constraint:
    """Make the constraint that a config describes.

    Args:
        config: what `serialize` or Keras wrote, or a name.
        custom_objects: classes of your own, by name.

    >>> deserialize({"class_name": "UnitNorm", "config": {"axis": 1}})
    UnitNorm(axis=1)
    """
    return _config.create("constraint", config, _TABLE, custom_objects)


def __getattr__(name: str) -> object:
    raise _check.absent("elman.constraints", name, _TABLE)
