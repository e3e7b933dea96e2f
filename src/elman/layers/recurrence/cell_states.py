"""What a cell carries from step to step, as its `state_size` says it.

    8                one array               (batch, 8)
    [8, 8]           two                     h and c of an LSTM
    [8, [4, 4]]      nested: each cell's own, as in a stack of cells

Layers hand each other the arrays in one row; who calls a layer gives and gets them nested.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from elman import _tree
from elman._typing import Shape
from elman.errors import ArgumentError, ShapeError


def flat(state_size: Any) -> list[int]:
    """Return the sizes of all arrays in a row.

    >>> flat([8, [4, 4]])
    [8, 4, 4]
    """
    return _tree.every(state_size)


def packed(state_size: Any, arrays: Sequence[Any]) -> list[Any]:
    """Return a row of arrays as a list, nested as the sizes are.

    >>> packed([8, [4, 4]], ["a", "b", "c"])
    ['a', ['b', 'c']]
    >>> packed(8, ["a"])
    ['a']
    """
    found = _packed(state_size, iter(arrays))
    return found if isinstance(found, list) else [found]


def _packed(state_size: Any, arrays: Iterator[Any]) -> Any:
    if isinstance(state_size, (list, tuple)):
        return [_packed(part, arrays) for part in state_size]
    return next(arrays)


def named(cell: Any) -> list[str]:
    """Return what messages call the arrays of a cell, such as ["h", "c"]."""
    names = getattr(cell, "state_names", None)
    count = len(flat(cell.state_size))
    if names is None:
        return ["the state"] if count == 1 else [f"state {i}" for i in range(count)]
    return list(names)


def attributes(cell: Any) -> list[str]:
    """Return the names of the arrays of a cell as one word each: "h", "state_0"."""
    return [name.removeprefix("the ").replace(" ", "_") for name in named(cell)]


def weight_names(cell: Any) -> list[str]:
    """Return what weights that are a cell's first states are called, such as "initial_h"."""
    return [f"initial_{name}" for name in attributes(cell)]


def output_size(cell: Any) -> int:
    """Return the size of a cell's output: its `output_size`, or else that of its first state.

    Raises:
        ArgumentError: it has neither.
    """
    size = getattr(cell, "output_size", None)
    if size is None:
        sizes = cell.state_size
        size = sizes[0] if isinstance(sizes, (list, tuple)) else sizes
    if not _is_size(size):
        raise ArgumentError(
            f"{cell.owner}: `output_size` must be a positive integer; got {size!r}. Set it in the "
            "cell's constructor."
        )
    return int(size)


def initial(cell: Any, batch_size: int) -> Any:
    """Return the states that a cell starts from, nested as it has them: zeros, or its own."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return own(batch_size=batch_size)
    zeros = [np.zeros((batch_size, size), cell.dtype) for size in flat(cell.state_size)]
    return _packed(cell.state_size, iter(zeros))


def check_dtype(layer: Any, cell: Any) -> None:
    """Check that a layer computes in the dtype of its cell."""
    if layer.dtype != cell.dtype:
        raise ArgumentError(
            f"{layer.owner}: `dtype` must be {cell.dtype!r}, that of {cell.owner}; got "
            f"{layer.dtype!r}. Give it to the cell."
        )


def check_sizes(owner: str, cell: Any) -> None:
    """Check that the `state_size` of a cell is made of positive integers."""
    sizes = flat(cell.state_size)
    if not sizes or not all(map(_is_size, sizes)):
        raise ArgumentError(
            f"{owner}: `state_size` of {cell.owner} must be a positive integer, or a list of them "
            f"(one a state); got {cell.state_size!r}."
        )


def _is_size(size: Any) -> bool:
    return isinstance(size, (int, np.integer)) and not isinstance(size, bool) and int(size) > 0


def check_shapes(
    owner: str, argument: str, cell: Any, shapes: Sequence[Shape], batch: int | None
) -> None:
    """Check that there are as many states as the cell has, each (batch, size).

    Raises:
        ShapeError: the number or a shape differs; the message names the state.
    """
    names, sizes = named(cell), flat(cell.state_size)
    if len(shapes) != len(names):
        listed = f" ({', '.join(names)})" if names != ["the state"] else ""
        raise ShapeError(
            f"{owner}: `{argument}` must be {len(names)} array{'s' * (len(names) > 1)}{listed}; "
            f"got {len(shapes)}."
        )
    for name, size, shape in zip(names, sizes, shapes, strict=True):
        batch_fits = not shape or None in (shape[0], batch) or shape[0] == batch
        if len(shape) != 2 or shape[1] != size or not batch_fits:
            raise ShapeError(
                f"{owner}: `{argument}` must have {name} of shape (batch={batch}, units={size}); "
                f"got {shape}."
            )
