"""Of which class a thing is, and from which class it has its methods.

The files that `base.py` imports ask here, because they cannot import `Layer` from it.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from elman.layers.base import Layer


T = TypeVar("T")


def remembered(function: Callable[[Any], T]) -> Callable[[Any], T]:
    """Let what is found out of a class or function be kept as long as that lives."""
    known: WeakKeyDictionary[Any, T] = WeakKeyDictionary()

    @wraps(function)
    def asked(thing: Any) -> T:
        if thing not in known:
            known[thing] = function(thing)
        return known[thing]

    return asked


@cache
def _base() -> "type[Layer]":
    from elman.layers.base import Layer

    return Layer


def is_layer(value: Any) -> "TypeGuard[Layer]":
    """Say whether something is a layer."""
    return isinstance(value, _base())


def defines(kind: Any, name: str) -> bool:
    """Say whether a class of layers has a method that is not `Layer`'s."""
    return getattr(kind, name) is not getattr(_base(), name)


def redefined(layer: Any, maker: type, names: Sequence[str]) -> bool:
    """Say whether one of these methods is not that of the class that it should be, by whomever."""
    kind, own = type(layer), vars(layer)
    return any(
        name in own or getattr(kind, name, None) is not getattr(maker, name, None) for name in names
    )


def is_yours(kind: type) -> bool:
    """Say whether a class is not one of elman's."""
    return kind.__module__.split(".")[0] != "elman"


def says_itself(kind: type) -> bool:
    """Say whether a class has a `get_config` that is not elman's."""
    return is_yours(next(cls for cls in kind.__mro__ if "get_config" in vars(cls)))


def takes_a_step(cls: type) -> bool:
    """Say whether a class has a `forward(inputs, states)` of its own, as cells of your own do."""
    code = getattr(vars(cls).get("forward"), "__code__", None)
    if code is None or hasattr(cls, "unroll"):
        return False
    return code.co_argcount >= 3 and "masks" not in code.co_varnames[: code.co_argcount]
