"""What an error says of where it happened: notes below it, for what was raised in code of yours.

    ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0 …
    in Affine 'encoder', called with x of shape (4, 10, 3)

The error itself, its class and its traceback stay what they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from elman import _tree
from elman.errors import ElmanError, KeywordError, UnsetError


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
        return f"{name}={_cut(value)}"
    shapes = _tree.map_leaves(lambda leaf: tuple(leaf.shape), value)
    return f"{name} of shape{'' if value is leaves[0] else 's'} {shapes}"


def _cut(value: Any) -> str:
    """Return the beginning of what a value is written as."""
    from reprlib import repr as short

    try:
        return short(value)[:60]
    except Exception:  # of a `__repr__` of yours: the error that is told of is another
        return object.__repr__(value)


def misfit(
    owner: str, method: str, function: Any, error: Exception, given: Sequence[str]
) -> KeywordError | None:
    """Return what is wrong where a method of yours does not take what elman calls it with.

    Args:
        owner: whose method it is.
        method: its name.
        function: the method as it was defined.
        error: what was raised.
        given: the names of the arguments that it was called with, without `self`.

    Returns:
        None where it was called, and the error is of another kind.
    """
    code, trace = getattr(function, "__code__", None), error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            return None
        trace = trace.tb_next
    if code is None or not isinstance(error, TypeError) or f"{code.co_name}()" not in str(error):
        return None
    import inspect

    takes, should = inspect.signature(function), f"({', '.join(['self', *given])})"
    bound = next(iter(takes.parameters), "") == "self"
    fix = "" if bound else f" Write `def {method}{should}`."
    got = f"({', '.join(given)})" if bound else should
    return KeywordError(
        f"{owner}: `{method}` must be called with what it takes, {takes}; got {got}.{fix}"
    )


def explain(instance: Any, method: str, given: Sequence[str], error: Exception) -> None:
    """Add a note of whose method has raised an error.

    Raises:
        KeywordError: it does not take what elman calls it with.
        NotBuiltError: it reads an attribute that nobody has set.
    """
    owner = type(instance).__name__
    if isinstance(error, ElmanError):
        return
    function = getattr(type(instance), method)
    better = misfit(owner, method, unwrapped(function), error, given)
    if better is not None:
        raise better from error
    if isinstance(error, AttributeError) and error.obj is instance:
        raise unset(owner, error.name, "`__init__`", method) from error
    add(error, f"in `{method}` of {owner}")


def unwrapped(function: Any) -> Any:
    """Return a function as it was before it was wrapped."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def unset(owner: str, name: str | None, where: str, method: str) -> UnsetError:
    """Return the error of an attribute that a method reads, and that nobody has set."""
    return UnsetError(
        f"{owner}: `self.{name}` must be set in {where} before `{method}` reads it; it is not."
    )


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
