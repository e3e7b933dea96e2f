"""Automatic names, as Keras gives them: `lstm`, `lstm_1`, `lstm_2` … in the order of making.

Layers, metrics and losses share the counts. A metric whose name says what it computes, such as
`mean_squared_error`, has no number.
"""

from collections import Counter

from elman._config import snake_case

_used: Counter[str] = Counter()


def name(class_name: str) -> str:
    """Return a name that nothing of this process has been given automatically."""
    base = snake_case(class_name)
    count = _used[base]
    _used[base] += 1
    return f"{base}_{count}" if count else base


def uid(prefix: str = "") -> int:
    """Return how often this function has been asked for a prefix, from 1 on."""
    _used[prefix] += 1
    return _used[prefix]


def clear() -> None:
    """Start the counting anew."""
    _used.clear()
