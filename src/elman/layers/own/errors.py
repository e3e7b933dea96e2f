"""What is said of errors in a `call` or `build` of your own: in which layer, and how to mend it.

ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0 …
in Affine 'encoder', called with x of shape (4, 10, 3)
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _notes
from elman.errors import ArgumentError, ElmanError
from elman.gradient_tape import boxed
from elman.layers.parts import kinds

if TYPE_CHECKING:
    from elman.layers.base import Layer

OF_WEIGHTS = ("assign", "assign_add", "assign_sub", "numpy", "value", "trainable")


@contextmanager
def explained(layer: "Layer", args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[None]:
    """Say what is wrong, and where, where the `call` of a layer raises an error."""
    try:
        yield
    except Exception as error:
        better = None if isinstance(error, ElmanError) else _meant(layer, error, args, kwargs)
        if better is not None:
            raise better from error
        _notes.place(error, layer.owner, _named(layer, args, kwargs))
        raise


@contextmanager
def explained_build(
    layer: "Layer", args: Sequence[Any], named: Mapping[str, Any]
) -> Iterator[None]:
    """Say where it was where the `build` of a layer raises an error."""
    try:
        yield
    except Exception as error:
        better = _misfit(layer, "build", error)
        if better is not None:
            raise better from error
        shapes = ", ".join(map(repr, [*args, *named.values()]))
        if not isinstance(error, ElmanError):
            _notes.add(error, f"in the `build` of {layer.owner}, given {shapes}")
        raise


def no_array(layer: "Layer", value: Any) -> str:
    """Return what is said where `call` has returned something that is no array."""
    got, fix = type(value).__name__, ""
    if value is None:
        got, fix = "None", " Does it end with `return …`?"
    elif isinstance(value, type(layer)):
        fix = " Write `self` first among its arguments."
    return (
        f"{layer.owner}: `call` must return an array, or a list, tuple or dictionary of arrays; "
        f"got {got}.{fix}"
    )


def no_gradient(layer: "Layer", what: Any) -> str:
    """Return what is said where a function of NumPy's has lost the gradient."""
    return (
        f"{layer.owner}: `call` must compute with `elman.ops` where a gradient is to follow; got a "
        f"function of NumPy's that takes arrays alone: {what}."
    )


def _meant(
    layer: "Layer", error: Exception, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> ElmanError | None:
    """Return the error that says what is wrong, None where the one there is does."""
    if isinstance(error, (TypeError, ValueError)) and "ArrayBox" in str(error):
        return ArgumentError(no_gradient(layer, error))
    if isinstance(error, TypeError):
        return _misfit(layer, "call", error, [name for name, _ in _named(layer, args, kwargs)])
    if not isinstance(error, AttributeError):
        return None
    if error.name in OF_WEIGHTS and (boxed(error.obj) or isinstance(error.obj, np.ndarray)):
        return ArgumentError(
            f"{layer.owner}: `call` must compute with a weight that is trained as with an "
            f"array; got `.{error.name}` of it. Make it with `trainable=False` to assign to "
            "it, or leave that to a `train_step`."
        )
    double: Any = error.obj
    if not isinstance(double, type(layer)) or vars(double).get("_original") is not layer:
        return None
    if hasattr(type(layer), error.name or ""):
        return None  # a property, in which something else is missing
    where = "`build` or `__init__`" if kinds.defines(type(layer), "build") else "`__init__`"
    return _notes.unset(layer.owner, error.name, where, "call")


def _misfit(
    layer: "Layer", method: str, error: Exception, given: Sequence[str] = ("input_shape",)
) -> ElmanError | None:
    """Return what is wrong where a method was not called as what it is, None where it was."""
    function: Any = getattr(type(layer), method)
    function = getattr(function, "given", function)
    return _notes.misfit(layer.owner, method, _notes.unwrapped(function), error, given)


def _named(layer: "Layer", args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the arguments of a `call` by name; None, and what elman adds itself, aside."""
    code = getattr(type(layer).call, "__code__", None)
    names = [] if code is None else list(code.co_varnames[: code.co_argcount])
    names = names[1:] if names[:1] == ["self"] else names
    more = "states" if hasattr(layer, "state_size") else "…"
    names += [more for _ in range(len(names), len(args))]
    pairs = [*zip(names, args, strict=False), *kwargs.items()]
    return [(name, value) for name, value in pairs if value is not None and name != "training"]
