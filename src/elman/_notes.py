"""What an error says of where it happened: notes below it, for what was raised in code of yours.

    ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0 …
    in Affine 'encoder', called with x of shape (4, 10, 3)

The error itself, its class and its traceback stay what they are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from elman import _tree
from elman.errors import ElmanError, KeywordError


def add(error: BaseException, text: str) -> None:
    """Add a note to an error, if it does not have it yet."""
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def place(error: BaseException, owner: str, given: Iterable[tuple[str, Any]]) -> None:
    """Note who was called with what; not where the error names it already.

    Args:
        error: what was raised.
        owner: who was called.
        given: its arguments by name; of arrays, and nests of arrays, the shapes are told.
    """
    if not str(error).startswith(f"{owner}: "):
        told = ", ".join(shown(name, value) for name, value in given)
        add(error, f"in {owner}, called with {told}" if told else f"in {owner}")


def shown(name: str, value: Any) -> str:
    """Say what an argument is: the shape of an array, the shapes in a nest, or the value.

    >>> import numpy as np
    >>> shown("x", np.zeros((2, 3))), shown("states", [np.zeros((2, 1))] * 2), shown("flip", True)
    ('x of shape (2, 3)', 'states of shapes [(2, 1), (2, 1)]', 'flip=True')
    """
    leaves = _tree.flatten(value)
    if not leaves or not all(hasattr(leaf, "shape") for leaf in leaves):
        return f"{name}={value!r}"[:80]
    shapes = _tree.map_leaves(lambda leaf: tuple(leaf.shape), value)
    return f"{name} of shape{'' if value is leaves[0] else 's'} {shapes}"


def judged(
    owner: str,
    function: Callable[..., Any],
    y_true: Any,
    y_pred: Any,
    options: Mapping[str, Any],
) -> Any:
    """Call a loss or metric of yours that is a function.

    Raises:
        KeywordError: it does not take these arguments.
    """
    try:
        return function(y_true, y_pred, **options)
    except TypeError as error:
        trace = error.__traceback__
        if trace is None or trace.tb_next is not None or isinstance(error, ElmanError):
            place(error, owner, (("y_true", y_true), ("y_pred", y_pred)))
            raise
        told = ", ".join(["y_true, y_pred", *(f"{name}=…" for name in options)])
        raise KeywordError(
            f"{owner}: `fn` must take ({told}); got a function that does not: {error}."
        ) from None
    except Exception as error:
        place(error, owner, (("y_true", y_true), ("y_pred", y_pred)))
        raise
