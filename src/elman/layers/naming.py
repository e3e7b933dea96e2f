"""Automatic names, as Keras gives them: `lstm`, `lstm_1`, `lstm_2` … in the order of making."""

from collections import Counter

from elman._config import snake_case

_used: Counter[str] = Counter()


def automatic(class_name: str) -> str:
    """Return a name that no layer of this process has been given automatically."""
    base = snake_case(class_name)
    count = _used[base]
    _used[base] += 1
    return f"{base}_{count}" if count else base


def clear() -> None:
    """Start the counting anew."""
    _used.clear()
