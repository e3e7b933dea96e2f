"""What a layer of your own is called with: arrays or tensors, and plain values around them.

layer([x, y], scale=2.0)     tensors   x, y
                             form      ([Gap(0), Gap(1)],), {"scale": 2.0}
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from elman import _tree
from elman._typing import Shape
from elman.gradient_tape import boxed
from elman.layers.parts import arguments
from elman.layers.parts.symbolic import SymbolicTensor
from elman.parameters import Weight


@dataclass(frozen=True)
class Gap:
    """Where a tensor stands among the arguments of a call."""

    place: int


class CallArguments:
    """The arguments of a call, taken apart.

    Args:
        owner: how messages name the layer.
        args, kwargs: what it is called with; numbers in lists are arrays in the first argument.

    Attributes:
        tensors: the arrays, boxes or symbolic tensors among them, in order.
        leading: how many of them stand in the first argument, for which weights are made.
        plain: whether this is one tensor, and nothing else.
    """

    def __init__(self, owner: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        self.tensors: list[Any] = []

        def place(leaf: Any) -> Any:
            self.tensors.append(leaf)
            return Gap(len(self.tensors) - 1)

        def first(leaf: Any) -> Any:
            if leaf is None or isinstance(leaf, (str, bool)):
                return leaf
            known = _is_tensor(leaf) and type(leaf) is not np.ndarray
            return place(leaf if known else arguments.as_array(owner, "x", leaf))

        def other(leaf: Any) -> Any:
            return place(leaf) if _is_tensor(leaf) else leaf

        self.leading = 0
        self.args = []
        for i, argument in enumerate(args):
            self.args.append(_tree.map_leaves(other if i else first, argument))
            self.leading = self.leading or len(self.tensors)
        self.kwargs = {name: _tree.map_leaves(other, argument) for name, argument in kwargs.items()}
        self.plain = len(self.args) == 1 and isinstance(self.args[0], Gap) and not self.kwargs

    @property
    def first(self) -> Any:
        """The first argument, tensors in their places."""
        return self.filled(self.tensors)[0][0] if self.args else None

    def forms(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the arguments with tensors by name, but for a mask, gaps in their places.

        Args:
            names: the arguments that `call` takes, in order.
        """
        given = {
            names[i] if i < len(names) else f"argument_{i}": form
            for i, form in enumerate(self.args)
        }
        return {
            name: form
            for name, form in {**given, **self.kwargs}.items()
            if name != "mask" and any(isinstance(leaf, Gap) for leaf in _tree.flatten(form))
        }

    def shapes(self, shapes: Sequence[Shape], names: Sequence[str]) -> dict[str, Any]:
        """Return the shapes of the arguments with tensors by name, nested as those are."""

        def shape(leaf: Any) -> Any:
            return tuple(shapes[leaf.place]) if isinstance(leaf, Gap) else None

        return {name: _tree.map_leaves(shape, form) for name, form in self.forms(names).items()}

    def is_missing(self, name: str, names: Sequence[str]) -> bool:
        """Say whether an argument of `call` was not given, or given as None."""
        if name in names[: len(self.args)]:
            return self.args[list(names).index(name)] is None
        return self.kwargs.get(name) is None

    def filled(self, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments with these in place of the tensors."""
        if self.plain:
            return [tensors[0]], {}

        def fill(leaf: Any) -> Any:
            return tensors[leaf.place] if isinstance(leaf, Gap) else leaf

        args = [_tree.map_leaves(fill, argument) for argument in self.args]
        return args, {
            name: _tree.map_leaves(fill, argument) for name, argument in self.kwargs.items()
        }


@cache
def of_tensors(count: int) -> CallArguments:
    """Return the arguments of a call on one tensor, or on a list of several."""
    places: list[Any] = [np.empty(0) for _ in range(count)]
    return CallArguments("", [places[0] if count == 1 else places], {})


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, (np.ndarray, SymbolicTensor, Weight)) or boxed(leaf)
