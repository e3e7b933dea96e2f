"""What layers of your own were made with, from which they can be made again.

A class of your own may keep an argument under another name, or make something of it:

    def __init__(self, rate=0.1, **options):
        super().__init__(**options)
        self.dropout = Dropout(rate)          get_config() has "rate": 0.1

So what the constructor was given is kept beside the layer. An argument that was handed on to one of
elman's own classes by `**options` is read off the layer, where it may have been set since.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from elman import _tree
from elman.errors import ArgumentError, UnsupportedError
from elman.layers.parts import kinds

if TYPE_CHECKING:
    from elman.layers.base import Layer

GIVEN = "_given_arguments"
OF_ALL = ("name", "trainable", "dtype", "activity_regularizer")  # which every layer takes


def of(layer: "Layer") -> dict[str, Any] | None:
    """Return the arguments that a layer of your own was made with, None where nobody knows.

    Raises:
        UnsupportedError: the constructor takes any number of arguments by position.
    """
    kept = vars(layer).get(GIVEN)
    if kept is None or not kinds.is_yours(type(layer)):
        return None
    import inspect

    signature = inspect.signature(type(layer).__init__)
    bound = signature.bind(layer, *kept[0], **kept[1])
    bound.apply_defaults()
    found: dict[str, Any] = {}
    for name, parameter in list(signature.parameters.items())[1:]:
        value = bound.arguments[name]
        if parameter.kind is parameter.VAR_KEYWORD:
            found.update({key: getattr(layer, key, given) for key, given in value.items()})
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            found[name] = value
        elif value:
            raise UnsupportedError(
                f"{layer.owner}: `get_config` must be defined, because the constructor takes "
                f"`*{name}`. Return a dictionary from names to values."
            )
    return {name: value for name, value in found.items() if name not in OF_ALL}


def made(kind: Any, arguments: Mapping[str, Any]) -> Any:
    """Make a layer of your own; what its constructor does not take of `OF_ALL` is set afterwards.

    Raises:
        ArgumentError: it does not take another argument, or computes in another dtype.
    """
    import inspect

    parameters = inspect.signature(kind.__init__).parameters
    takes_all = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    taken = {k: value for k, value in arguments.items() if takes_all or k in parameters}
    for key in arguments:
        if key not in taken and key not in OF_ALL:
            raise ArgumentError(
                f"{kind.__name__}: `config` must hold only arguments of the constructor; got "
                f"{key!r}. Let `__init__` take it, or define `from_config`."
            )
    layer = kind(**taken)
    later = {k: value for k, value in arguments.items() if k not in taken}
    if later.pop("dtype", None) not in (None, layer.dtype, {"name": layer.dtype}):
        later["dtype"] = arguments["dtype"]
    for key, value in later.items():
        setattr(layer, key, value)
    return layer


def check(layer: "Layer", name: str, value: Any) -> None:
    """Check that a value can be written to a file.

    Raises:
        UnsupportedError: it cannot.
    """
    for leaf in _tree.every(value):
        if leaf is not None and not isinstance(leaf, (bool, int, float, str)):
            raise UnsupportedError(
                f"{layer.owner}: `get_config` must be defined, because the argument `{name}` is of "
                f"{type(leaf).__name__}, which cannot be saved. Return what it can be made of, and "
                "define `from_config`."
            )
