"""Names of layers, and the paths of their weights; automatic names are of `elman._automatic`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from elman._automatic import clear
from elman._automatic import name as automatic
from elman.errors import ArgumentError
from elman.layers.parts.nesting import with_sublayers

if TYPE_CHECKING:
    from elman.layers.base import Layer

__all__ = ["automatic", "check_unique", "clear", "path", "path_of", "rename", "scope"]

_scopes: ContextVar[tuple[str, ...]] = ContextVar("scopes", default=())


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Put a name before the paths of the weights that are made meanwhile."""
    token = _scopes.set((*_scopes.get(), name))
    try:
        yield
    finally:
        _scopes.reset(token)


def path(*names: str) -> str:
    """Return the path of a weight: the scopes that are open, then these names, empty ones not.

    >>> with scope("lstm"):
    ...     path("lstm_cell", "kernel")
    'lstm/lstm_cell/kernel'
    """
    return "/".join(part for part in (*_scopes.get(), *names) if part)


def path_of(owner: str, *names: str) -> str:
    """Return the path of a weight of a layer, which has a scope already if it is being built.

    >>> path_of("lstm", "kernel")
    'lstm/kernel'
    """
    return path(*([] if _scopes.get()[-1:] == (owner,) else [owner]), *names)


def rename(layer: "Layer", name: str) -> None:
    """Call a layer something else that stands in no model yet, in the paths of its weights too."""
    old, layer.name = layer.name, name
    places: list[Any] = [each for each in with_sublayers(layer) if each.path]
    for each in places:
        each._path = name + each.path[len(old) :]
    for weight in layer.weights:
        weight.path = name + weight.path[len(old) :]


def check_unique(owner: str, names: Sequence[str]) -> None:
    """Check that the layers of a model have different names."""
    for name in names:
        if names.count(name) > 1:
            raise ArgumentError(
                f"{owner}: every layer must have a name of its own; got '{name}' "
                f"{names.count(name)} times. Give one of them another `name=`."
            )
