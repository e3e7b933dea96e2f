"""Nested things: a single one, or a list, tuple or dictionary of them, however deep.

flatten, pack, map_leaves     inputs and outputs; a list of plain numbers stands for one array,
                              and dictionaries are taken by sorted key, as in Keras
every, objects, map_every     attributes and arguments; a leaf is what is no container, and
                              dictionaries are taken as they stand
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_CONTAINERS = (list, tuple, dict)
_PLAIN = frozenset((int, float, str, bool, type(None), np.ndarray, np.float32, np.float64))


def is_nested(structure: Any) -> bool:
    """Say whether this is a container of leaves; a list of plain numbers is a leaf itself."""
    if isinstance(structure, dict):
        return True
    return isinstance(structure, (list, tuple)) and not _is_numbers(structure)


def flatten(structure: Any) -> list[Any]:
    """Return the leaves in order.

    >>> flatten({"b": 1, "a": [2, {"c": 3}]})
    [2, 3, 1]
    """
    if not isinstance(structure, _CONTAINERS):
        return [structure]
    if not is_nested(structure):
        return [structure] if structure else []
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    return [leaf for part in structure for leaf in flatten(part)]


def pack(structure: Any, leaves: list[Any]) -> Any:
    """Return a structure of the same form with these leaves in place of its own.

    >>> pack({"b": 1, "a": 2}, [10, 20])
    {'b': 20, 'a': 10}
    """
    if not isinstance(structure, _CONTAINERS):
        return leaves[0]
    remaining = iter(leaves)
    return map_leaves(lambda _: next(remaining), structure)


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return a structure of the same form with `function` applied to every leaf, in order."""
    if not isinstance(structure, _CONTAINERS) or not is_nested(structure):
        return function(structure)
    if isinstance(structure, dict):
        done = {key: map_leaves(function, structure[key]) for key in sorted(structure)}
        return {key: done[key] for key in structure}
    return _in_form_of(structure, [map_leaves(function, part) for part in structure])


def every(value: Any) -> list[Any]:
    """Return what is in lists, tuples and dictionaries, in a row.

    >>> every({"b": [1, (2, None)], "a": "x"})
    [1, 2, None, 'x']
    """
    found: list[Any] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[Any]) -> None:
    if isinstance(value, (list, tuple)):
        for part in value:
            _gather(part, found)
    elif isinstance(value, dict):
        for part in value.values():
            _gather(part, found)
    else:
        found.append(value)


def objects(value: Any) -> Iterator[Any]:
    """Give what `every` gives, but for numbers, strings and arrays.

    So long lists of these, as users keep, are passed over fast.

    >>> list(objects({"b": [1, (2, {3})], "a": "x"}))
    [{3}]
    """
    if isinstance(value, _CONTAINERS):
        parts = value.values() if isinstance(value, dict) else value
        if not _PLAIN.issuperset(map(type, parts)):
            for part in parts:
                yield from objects(part)
    elif type(value) not in _PLAIN:
        yield value


def map_every(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to what is in lists, tuples and dictionaries.

    >>> map_every(str, {"b": [1, (2, None)]})
    {'b': ['1', ('2', 'None')]}
    """
    if isinstance(value, (list, tuple)):
        return _in_form_of(value, [map_every(function, part) for part in value])
    if isinstance(value, dict):
        return {key: map_every(function, part) for key, part in value.items()}
    return function(value)


def _in_form_of(container: Any, parts: list[Any]) -> Any:
    """Return parts as a list, a tuple or a named tuple, as the container is one."""
    if not isinstance(container, tuple):
        return parts
    named = hasattr(container, "_fields")
    return type(container)(*parts) if named else tuple(parts)


def _is_numbers(structure: Any) -> bool:
    """Say whether a list holds numbers alone, however deep, and so stands for one array."""
    if isinstance(structure, (list, tuple)):
        return bool(structure) and all(map(_is_numbers, structure))
    return isinstance(structure, (bool, int, float, complex, str, np.generic))
