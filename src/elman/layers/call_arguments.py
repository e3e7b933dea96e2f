"""What a layer of your own is called with: arrays or tensors, and plain values around them.

layer([x, y], scale=2.0)     tensors   x, y
                             form      ([Slot(0), Slot(1)],), {"scale": 2.0}
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _tree
from elman.gradient_tape import boxed
from elman.layers import arguments
from elman.layers.symbolic import SymbolicTensor
from elman.parameters import Weight


class Slot(NamedTuple):
    """Where a tensor stands among the arguments of a call."""

    place: int


class CallArguments:
    """The arguments of a call, taken apart.

    Args:
        owner: how messages name the layer.
        args, kwargs: what it is called with; numbers in lists are arrays in the first argument.

    Attributes:
        tensors: the arrays, boxes or symbolic tensors among them, in order.
    """

    def __init__(self, owner: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.tensors: list[Any] = []

        def place(leaf: Any) -> Any:
            self.tensors.append(leaf)
            return Slot(len(self.tensors) - 1)

        def first(leaf: Any) -> Any:
            if leaf is None or isinstance(leaf, (str, bool)):
                return leaf
            return place(leaf if _is_tensor(leaf) else arguments.as_array(owner, "x", leaf))

        def other(leaf: Any) -> Any:
            return place(leaf) if _is_tensor(leaf) else leaf

        self.args = [
            _tree.map_leaves(other if i else first, argument) for i, argument in enumerate(args)
        ]
        self.kwargs = {name: _map(other, argument) for name, argument in kwargs.items()}

    @property
    def plain(self) -> bool:
        """Whether this is one tensor, and nothing else."""
        return len(self.args) == 1 and isinstance(self.args[0], Slot) and not self.kwargs

    @property
    def first(self) -> Any:
        """The first argument, tensors in their places."""
        return self.filled(self.tensors)[0][0] if self.args else None

    def filled(self, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments with these in place of the tensors."""

        def fill(leaf: Any) -> Any:
            return tensors[leaf.place] if isinstance(leaf, Slot) else leaf

        args = [_map(fill, argument) for argument in self.args]
        return args, {name: _map(fill, argument) for name, argument in self.kwargs.items()}


def of_tensors(count: int) -> CallArguments:
    """Return the arguments of a call on one tensor, or on a list of several."""
    places: list[Any] = [np.empty(0) for _ in range(count)]
    return CallArguments("", [places[0] if count == 1 else places], {})


def _map(function: Callable[[Any], Any], structure: Any) -> Any:
    """Apply a function to the leaves; a `Slot`, which is a tuple, is one."""
    if isinstance(structure, Slot) or not _tree.is_nested(structure):
        return function(structure)
    if isinstance(structure, dict):
        return {key: _map(function, structure[key]) for key in structure}
    parts = [_map(function, part) for part in structure]
    return tuple(parts) if type(structure) is tuple else parts


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, SymbolicTensor, Weight)) or boxed(leaf)
