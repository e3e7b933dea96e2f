"""Penalties on weights, added to the loss: `regularizer(w)` returns a number.

    L1           l1 sum |w|               dw = l1 sign(w)
    L2           l2 sum w^2               dw = 2 l2 w
    L1L2         both                     dw = l1 sign(w) + 2 l2 w
    Orthogonal   factor mean |n_i . n_j|  over the pairs i < j of rows or columns of w,
                                          n_i = w_i / |w_i|

A penalty is computed in the dtype of `w`, as the loss is that it is added to.
"""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

import numpy as np

from elman import _check, _config
from elman._construction import Constructed
from elman._penalty import Penalty
from elman._settings import EPSILON
from elman._typing import Array
from elman.errors import ShapeError, UnsupportedError
from elman.gradient_tape import boxed, record


class Regularizer(Constructed):
    """What all regularizers share: `regularizer(w)`, its gradient and a config.

    A subclass may define `__call__` alone; see `has_gradient`. It may ask `super().__call__`.

    >>> import elman
    >>> class Quartic(Regularizer):
    ...     def __call__(self, w):
    ...         return 0.1 * (w**4).sum()
    >>> layer = elman.layers.Dense(1, kernel_initializer="ones", kernel_regularizer=Quartic())
    >>> layer.build((None, 2))
    >>> round(float(layer.losses[0]), 4)
    0.2
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        given = vars(cls)
        if "__call__" in given and "gradient" in given:
            cls.__call__ = _recorded(given["__call__"], given["gradient"])  # type: ignore[method-assign]
        elif "__call__" in given:  # the gradient of a class above is that of another penalty
            cls.gradient = Regularizer.gradient  # type: ignore[method-assign]

    def __call__(self, w: Array) -> float:
        """Return the penalty of a weight."""
        return 0.0

    def gradient(self, w: Array) -> Array:
        """Return the derivative of the penalty, of the shape and dtype of `w`."""
        raise UnsupportedError(
            f"{type(self).__name__}: `gradient` must be defined to be called; this class has "
            "`__call__` alone. Define `gradient(w)`, which returns an array like `w`."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return _config.of(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Regularizer":
        """Make a regularizer from what `get_config` returned."""
        return _config.instantiate(cls, config)

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({given})"


def _recorded(value: Callable[..., Any], gradient: Callable[..., Array]) -> Callable[..., Any]:
    """Return a `__call__` that is written down, with its gradient, where a tape watches."""

    @wraps(value)
    def recorded(self: Regularizer, w: Any) -> Any:
        if not boxed(w):
            return value(self, w)
        return record(Penalty(partial(value, self), partial(gradient, self)), w)

    return recorded


class L1(Regularizer):
    """A penalty on absolute values, which drives many weights to zero.

    Args:
        l1: the factor, at least 0.

    >>> L1(0.5)(np.array([1.0, -3.0])), L1(0.5).gradient(np.array([1.0, -3.0]))
    (2.0, array([ 0.5, -0.5]))
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _factor(self, "l1", l1, 0.01)

    def __call__(self, w: Array) -> float:
        """Return l1 sum |w|."""
        return float(self.l1 * np.abs(w).sum())

    def gradient(self, w: Array) -> Array:
        """Return l1 sign(w), which is 0 at 0."""
        return self.l1 * np.sign(w)


class L2(Regularizer):
    """A penalty on squares, which keeps weights small: weight decay through the loss.

    Args:
        l2: the factor, at least 0.

    >>> L2(0.5)(np.array([1.0, -3.0])), L2(0.5).gradient(np.array([1.0, -3.0]))
    (5.0, array([ 1., -3.]))
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _factor(self, "l2", l2, 0.01)

    def __call__(self, w: Array) -> float:
        """Return l2 sum w^2."""
        return float(self.l2 * np.square(w).sum())

    def gradient(self, w: Array) -> Array:
        """Return 2 l2 w."""
        return 2.0 * self.l2 * np.asarray(w)


class L1L2(Regularizer):
    """Both penalties, each with its factor.

    Args:
        l1: the factor of absolute values, at least 0.
        l2: the factor of squares, at least 0.

    >>> L1L2(l1=0.5, l2=0.5)(np.array([1.0, -3.0]))
    7.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(self, "l1", l1, 0.0)
        self.l2 = _factor(self, "l2", l2, 0.0)

    def __call__(self, w: Array) -> float:
        """Return l1 sum |w| + l2 sum w^2."""
        return float(self.l1 * np.abs(w).sum() + self.l2 * np.square(w).sum())

    def gradient(self, w: Array) -> Array:
        """Return l1 sign(w) + 2 l2 w."""
        return self.l1 * np.sign(w) + 2.0 * self.l2 * np.asarray(w)


class OrthogonalRegularizer(Regularizer):
    """A penalty on rows, or columns, of a matrix that are not orthogonal to each other.

    Args:
        factor: a factor on the mean absolute cosine between two of them, at least 0.
        mode: "rows" or "columns".

    Raises:
        ShapeError: the weight is no matrix, or has one row (column) only, and so no pair.

    >>> OrthogonalRegularizer(1.0)(np.array([[2.0, 0.0], [3.0, 4.0]]))
    0.6
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _check.number("OrthogonalRegularizer", "factor", factor, low=0)
        self.mode = _check.one_of("OrthogonalRegularizer", "mode", mode, ("rows", "columns"))

    def __call__(self, w: Array) -> float:
        """Return the factor times the mean |cosine| of all pairs."""
        n, _ = self._unit(w)
        p = n @ n.T  # (N, N), the cosines
        np.fill_diagonal(p, 0.0)
        return float(self.factor / _pairs(n) * 0.5 * np.abs(p).sum())

    def gradient(self, w: Array) -> Array:
        """Return the derivative; where two are orthogonal |cosine| has a kink, and counts as 0."""
        n, length = self._unit(w)
        p = n @ n.T
        np.fill_diagonal(p, 0.0)
        dn = self.factor / _pairs(n) * (np.sign(p) @ n)  # p is symmetric: 2 times 0.5
        # n = w / |w|: dw = (dn - n (n . dn)) / |w|, without the second term below EPSILON
        along = np.where(length > EPSILON, (n * dn).sum(axis=1, keepdims=True), 0.0)
        dw = (dn - n * along) / np.maximum(length, EPSILON)
        return dw if self.mode == "rows" else np.ascontiguousarray(dw.T)

    def _unit(self, w: Array) -> tuple[Array, Array]:
        """Return rows or columns as rows of length 1, and their lengths (N, 1)."""
        w = np.asarray(w)
        if w.ndim != 2:
            raise ShapeError(
                f"OrthogonalRegularizer: `w` must have 2 axes; got shape {w.shape}. Leave the "
                "regularizer out for this weight."
            )
        rows = w if self.mode == "rows" else w.T
        if len(rows) < 2:
            raise ShapeError(
                f"OrthogonalRegularizer: `w` must have at least 2 {self.mode}; got shape {w.shape}."
                " Leave the regularizer out for this weight."
            )
        length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))  # (N, 1)
        return rows / np.maximum(length, EPSILON), length


def _pairs(n: Array) -> float:
    """Return how many pairs of rows there are."""
    return len(n) * (len(n) - 1) / 2


def _factor(regularizer: Regularizer, name: str, value: float | None, default: float) -> float:
    """Return a factor; None stands for the default, as in Keras."""
    owner = type(regularizer).__name__
    return _check.number(owner, name, default if value is None else value, low=0)


def has_gradient(regularizer: Callable[..., Any]) -> bool:
    """Say whether a regularizer knows its derivative: a function, or `__call__` alone, does not.

    >>> has_gradient(L2()), has_gradient(lambda w: 0.0)
    (True, False)
    """
    own = getattr(type(regularizer), "gradient", None)
    return own is not None and own is not Regularizer.gradient


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

_CLASSES = (L1, L2, L1L2, OrthogonalRegularizer, Regularizer)
_TABLE: dict[str, type[Regularizer]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{_config.snake_case(cls.__name__): cls for cls in _CLASSES},
    "l1l2": L1L2,  # the one spelling of it that Keras takes as a string
}


def get(
    identifier: Any, owner: str = "regularizer", argument: str = "identifier"
) -> Callable[..., Any] | None:
    """Return the regularizer that `identifier` names.

    Args:
        identifier: a name ("l2", "L2", "l1_l2"), a config, a regularizer or its class, a function
            of a weight, or None, which stays None.
        owner, argument: who asks and for which argument, for the message.

    Raises:
        ArgumentError: elman has no regularizer of this name.

    >>> get("l2")
    L2(l2=0.01)
    """
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Regularizer):
        return identifier()
    if callable(identifier):
        function: Callable[..., Any] = identifier
        return function
    return _config.find(owner, identifier, _TABLE, argument)()


def serialize(regularizer: Callable[..., Any]) -> dict[str, Any]:
    """Return the config of a regularizer, in Keras's form; of your own by its name.

    Raises:
        UnsupportedError: it is a lambda, or an object without `get_config`.

    >>> serialize(L2(0.1))["config"]
    {'l2': 0.1}
    """
    return _config.written("regularizer", regularizer, "keras.regularizers")


def deserialize(
    config: Mapping[str, Any] | str, custom_objects: Mapping[str, Any] | None = None
) -> Regularizer:
    """Make the regularizer that a config describes.

    Args:
        config: what `serialize` or Keras wrote, or a name.
        custom_objects: classes of your own, by name.

    >>> deserialize({"class_name": "L2", "config": {"l2": 0.1}})
    L2(l2=0.1)
    """
    return _config.create("regularizer", config, _TABLE, custom_objects)


def __getattr__(name: str) -> object:
    raise _check.absent("elman.regularizers", name, _TABLE)
