"""Nested inputs and outputs: a single thing, or a list, tuple or dictionary of things.

Leaves are taken in Keras's order: lists and tuples as they stand, dictionaries by sorted key.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

_CONTAINERS = (list, tuple, dict)


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
    parts = [map_leaves(function, part) for part in structure]
    return tuple(parts) if isinstance(structure, tuple) else parts


def _is_numbers(structure: Any) -> bool:
    """Say whether a list holds numbers alone, however deep, and so stands for one array."""
    if isinstance(structure, (list, tuple)):
        return bool(structure) and all(map(_is_numbers, structure))
    return isinstance(structure, (bool, int, float, complex, str, np.generic))
