"""Names of layers, and the paths of their weights; automatic names are of `elman._automatic`."""

from collections.abc import Iterator
from contextlib import contextmanager

from elman._automatic import clear
from elman._automatic import name as automatic

__all__ = ["automatic", "clear", "path", "path_of", "scope"]

_scopes: list[str] = []


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Put a name before the paths of the weights that are made meanwhile."""
    _scopes.append(name)
    try:
        yield
    finally:
        _scopes.pop()


def path(*names: str) -> str:
    """Return the path of a weight: the scopes that are open, then these names, empty ones not.

    >>> with scope("lstm"):
    ...     path("lstm_cell", "kernel")
    'lstm/lstm_cell/kernel'
    """
    return "/".join(part for part in (*_scopes, *names) if part)


def path_of(owner: str, *names: str) -> str:
    """Return the path of a weight of a layer, which has a scope already if it is being built.

    >>> path_of("lstm", "kernel")
    'lstm/kernel'
    """
    return path(*([] if _scopes and _scopes[-1] == owner else [owner]), *names)
