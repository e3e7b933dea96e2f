"""Which activation a name, None, a configuration or a function stands for, and its derivative."""

from functools import partial
from importlib import import_module
from typing import Any

from elman import _check, _own_activation
from elman._typing import Activation, Array, Derivative, Function
from elman.activations.functions import ACTIVATIONS
from elman.errors import ArgumentError

ALIASES = {"swish": "silu"}
LATER = (  # of `elman.ops`, and found when they are asked for
    *("glu", "hard_shrink", "hard_silu", "hard_swish", "soft_shrink", "sparse_plus"),
    *("sparse_sigmoid", "sparsemax", "squareplus", "threshold"),
)
_DERIVATIVES: dict[Any, Derivative] = dict(ACTIVATIONS.values())


def get(identifier: Any, owner: str = "activations", argument: str = "identifier") -> Function:
    """Return the activation function that a name, None or the function itself stands for.

    Args:
        identifier: a name such as "tanh"; None for `linear`; what `serialize` returned; or a
            function of an array, of `elman.activations` or of your own. Of your own it must return
            an array of the same shape, and the same each time; with operators and `elman.ops` its
            gradient is found by a tape. A recurrent layer runs it in NumPy, step by step.
        owner, argument: who asks and for which argument, for the message.

    Raises:
        ArgumentError: elman has no such activation, or it is no function.

    >>> get("tanh").__name__, get(None).__name__
    ('tanh', 'linear')
    """
    if isinstance(identifier, dict) or (isinstance(identifier, str) and identifier in LATER):
        found: Function = later("deserialize")(identifier)
        return found
    if not _is_own(identifier):
        return ACTIVATIONS[name_of(identifier, owner, argument)][0]
    return _own_activation.checked(identifier, owner, argument)


def entry(
    identifier: Any, owner: str = "activations", argument: str = "identifier"
) -> str | Function:
    """Return an activation as cells and streams keep it: its name, or a function of your own.

    >>> entry(get("tanh")), entry(None)
    ('tanh', 'linear')
    """
    function = get(identifier, owner, argument)
    return function if _is_own(function) else name_of(function)


def apply(function: Function, x: Array) -> Array:
    """Return f(x) of an activation that `get` returned."""
    return function(x) if function in _DERIVATIVES else _own_activation.value(function, x)


def derivative(function: Function) -> Derivative:
    """Return the chain rule of an activation function.

    >>> derivative(get("tanh")).__name__
    'dtanh'
    """
    if _is_own(function):
        return partial(_own_activation.derivative, function)
    return _DERIVATIVES.get(function) or ACTIVATIONS[name_of(function)][1]


def pair(activation: str | Function) -> Activation:
    """Return f and df of what `entry` returned."""
    if isinstance(activation, str):
        return ACTIVATIONS[activation]
    own = _own_activation
    return partial(own.value, activation), partial(own.derivative, activation)


def is_known(function: Any) -> bool:
    """Say whether a function is one of `elman.activations`."""
    return any(function is known for known, _ in ACTIVATIONS.values())


def _is_own(identifier: Any) -> bool:
    return callable(identifier) and not is_known(identifier)


def name_of(identifier: Any, owner: str = "activations", argument: str = "identifier") -> str:
    """Return the name of one of `elman.activations`.

    Raises:
        ArgumentError: elman has no such activation.
    """
    if identifier is None:
        return "linear"
    name = identifier if isinstance(identifier, str) else getattr(identifier, "__name__", "")
    name = ALIASES.get(name, name)
    if name not in ACTIVATIONS or (callable(identifier) and identifier is not ACTIVATIONS[name][0]):
        names = ", ".join(ACTIVATIONS)
        if isinstance(identifier, str):
            shown = repr(identifier)
        else:
            names, shown = f"{names}, or a function", f"the object {identifier!r}"
        raise ArgumentError(
            f"{owner}: `{argument}` must be one of {names}; got {shown}."
            + _check.suggestion(name, ACTIVATIONS)
        )
    return name


def later(name: str) -> Any:
    """Return what `elman.activations` has beside its own functions; see `_more_activations`.

    Raises:
        AttributeError: there is nothing of this name.
    """
    if name.startswith("__"):  # `from elman.activations import …` asks for `__path__`
        raise AttributeError(f"module 'elman.activations' has no attribute {name!r}")
    return import_module("elman._more_activations").find(name)
