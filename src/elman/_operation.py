"""What a function of arrays does with what is no plain array: weights, boxes, tensors.

    @operation                         @gradient(square)
    def square(x):                     def dsquare(dy, x, y):
        return np.square(x)                return 2 * dy * x

    arrays and numbers      the function itself, at once
    weights                 what `weight.read` returns in their place
    boxes of a tape         the gradient that stands beneath the function; where none does, the
                            function's own code with autograd's NumPy in the place of NumPy
    symbolic tensors        a node of the model that is being drawn

A gradient is given dL/dy, the function's first argument x, its value y, and its other arguments.
It returns dL/dx, or a tuple of such for as many arguments. It is run with autograd's NumPy too
where a second tape watches, and then it is differentiated in turn.

A result is float64 where an array of float64 was among the arguments, and else of `floatx()`, as in
Keras: numbers and lists of Python's have no dtype, and integers become floats of that one.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from types import FunctionType
from typing import Any, TypeVar, cast

import numpy as np

from elman._settings import floatx
from elman._tree import every, map_every
from elman.gradient_tape import autograd, boxed, unboxed
from elman.parameters import Weight

F = TypeVar("F", bound=Callable[..., Any])

_PLAIN = frozenset(
    {np.ndarray, np.float32, np.float64, np.int32, np.int64, np.bool_}
    | {int, float, bool, str, type(None), slice, type(Ellipsis)}
)
_plain = _PLAIN.issuperset
_LISTS = frozenset({list, tuple})
_NUMBERS = frozenset({bool, int, float, list, tuple})  # what lists of numbers hold
_DOUBLE = np.dtype("float64")


def operation(function: F) -> F:
    """Let a function take weights, boxes and symbolic tensors too."""
    return _taking_all(function, _on_boxes, narrow=True)


def exact(function: F) -> F:
    """Do what `operation` does for a function that itself says of which dtype its result is."""
    return _taking_all(function, _on_boxes, narrow=False)


def constant(function: F) -> F:
    """Do what `operation` does for a function whose gradient is zero, or does not exist."""
    return _taking_all(function, _on_values, narrow=True)


def gradient(of: Any) -> Callable[[F], F]:
    """Let the function that follows be the gradient of an operation."""

    def keep(function: F) -> F:
        vars(of)["gradient"] = function
        return function

    return keep


def _taking_all(function: F, on_boxes: Callable[..., Any], narrow: bool) -> F:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if not _plain(map(type, args)) or (kwargs and not _plain(map(type, kwargs.values()))):
            return _other(run, args, kwargs)
        y = function(*args, **kwargs)
        if not narrow or getattr(y, "dtype", None) is not _DOUBLE:
            return y
        if args and getattr(args[0], "dtype", None) is _DOUBLE:
            return y
        return _narrowed(y, args, kwargs)

    vars(run).update(on_boxes=on_boxes, narrow=narrow)
    return cast(F, run)


def _other(run: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run an operation on arguments that are not all arrays and numbers."""
    for x in args if not kwargs else (*args, *kwargs.values()):
        if type(x) not in _PLAIN and not (type(x) in _LISTS and _plain(map(type, x))):
            return _deep(run, args, kwargs)
    return _on_arrays(run, args, kwargs)


def _on_arrays(run: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    if args:
        args = [_as_array(x, i) if type(x) in _LISTS else x for i, x in enumerate(args)]
    y = run.__wrapped__(*args, **kwargs)
    return _narrowed(y, args, kwargs) if run.narrow else y


def _deep(run: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run an operation on arguments in which there may be weights, boxes or symbolic tensors."""
    leaves = every([*args, *kwargs.values()])
    for leaf in leaves:
        if hasattr(type(leaf), "operated"):
            return leaf.operated(run, args, kwargs)
    if any(isinstance(leaf, Weight) for leaf in leaves):
        args = [map_every(_read, value) for value in args]
        return run(*args, **{name: map_every(_read, value) for name, value in kwargs.items()})
    if any(map(boxed, leaves)):
        y = run.on_boxes(run, args, kwargs)
        return _narrowed(y, args, kwargs) if run.narrow else y
    return _on_arrays(run, args, kwargs)


def _as_array(values: Any, position: int) -> Any:
    """Return a list of numbers as an array, but for integers that may be a shape or axes."""
    if not values or type(values[0]) not in _NUMBERS or (position and type(values[0]) is int):
        return values
    if not {type(leaf) for leaf in every(values)} <= _NUMBERS:
        return values
    array = np.asarray(values)
    if position and array.dtype.kind != "f":
        return values
    return array.astype(floatx()) if array.dtype is _DOUBLE else array


def _narrowed(y: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return a result in `floatx()` if it is of float64 and no argument was."""
    for x in args:
        if getattr(x, "dtype", None) is _DOUBLE:
            return y
    if getattr(y, "dtype", None) is not _DOUBLE:
        return y
    if any(map(_is_double, args)) or any(map(_is_double, kwargs.values())):
        return y
    return y.astype(floatx(), copy=False)


def _is_double(x: Any) -> bool:
    if type(x) in _LISTS:
        return any(map(_is_double, x))
    return getattr(x, "dtype", None) is _DOUBLE


def _read(leaf: Any) -> Any:
    return leaf.read if isinstance(leaf, Weight) else leaf


# ---------------------------------------------------------------------- boxes


def _on_values(run: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run an operation on what is in the boxes."""
    return run(
        *(map_every(unboxed, value) for value in args),
        **{name: map_every(unboxed, value) for name, value in kwargs.items()},
    )


def _on_boxes(run: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Run an operation so that the tape of the boxes knows its gradient."""
    if hasattr(run, "gradient"):
        return _primitive(run)(*map(_stacked, _in_order(run.__wrapped__, args, kwargs)))
    return _with_autograd(run.__wrapped__)(*args, **kwargs)


def _stacked(value: Any) -> Any:
    """Return a list with boxes in it as one array in a box."""
    if isinstance(value, (list, tuple)) and any(map(boxed, every(value))):
        import autograd.numpy as numpy_of_autograd

        return numpy_of_autograd.array(value)
    return value


@cache
def _with_autograd(function: Any) -> Any:
    """Return the same function with autograd's NumPy under the name of NumPy."""
    autograd()
    import autograd.numpy as numpy_of_autograd

    names = {**function.__globals__, "np": numpy_of_autograd}
    again = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    again.__kwdefaults__ = function.__kwdefaults__
    return again


def _in_order(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """Return all arguments by position, those that were not given included."""
    code, defaults = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    values = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    values |= dict(zip(names, args, strict=False)) | dict(kwargs)
    return [values[name] for name in names]


@cache
def _primitive(run: Any) -> Any:
    """Return the function of autograd's whose gradient is that of an operation."""
    autograd()
    from autograd.extend import defvjp_argnums, primitive

    found = primitive(run.__wrapped__)

    def reverse(argnums: Sequence[int], y: Any, args: Any, kwargs: Any) -> Any:
        def back(dy: Any) -> list[Any]:
            x, *others = args
            known = run.gradient
            if any(map(boxed, every([dy, y, *args]))):
                known = _with_autograd(known)
            dargs = known(dy, x, y, *others)
            dargs = dargs if isinstance(dargs, tuple) else (dargs,)
            return [_like(dargs[i], args[i]) for i in argnums]

        return back

    defvjp_argnums(found, reverse)
    return found


def _like(dx: Any, x: Any) -> Any:
    """Return a gradient in the shape and dtype of x: the sum over what was broadcast."""
    dx = np.asarray(dx) if isinstance(dx, float) else dx
    shape, have = np.shape(unboxed(x)), np.shape(unboxed(dx))
    if have != shape:
        lead = len(have) - len(shape)
        repeated = [i + lead for i, n in enumerate(shape) if n == 1 and have[i + lead] != 1]
        dx = dx.sum(axis=(*range(lead), *repeated), keepdims=True).reshape(shape)
    return dx if dx.dtype == x.dtype else dx.astype(x.dtype)
