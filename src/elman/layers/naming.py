"""Automatic names, as Keras gives them: `lstm`, `lstm_1`, `lstm_2` … in the order of making."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from elman._config import snake_case

_used: Counter[str] = Counter()
_scopes: list[str] = []


def automatic(class_name: str) -> str:
    """Return a name that no layer of this process has been given automatically."""
    base = snake_case(class_name)
    count = _used[base]
    _used[base] += 1
    return f"{base}_{count}" if count else base


def clear() -> None:
    """Start the counting anew."""
    _used.clear()


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
