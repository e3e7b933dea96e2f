"""What may be set on a layer: the arguments that it was made with, checked each time.

A class of layers lists its arguments in `checks`, each with what checks a value and returns it as
it is kept: `layer.activation = "relu"` does what `Dense(8, activation="relu")` does. What decides
the shapes of weights or outputs is named in `fixed` as well: once the layer is built, it stays.
"""

from typing import TYPE_CHECKING, Any

from elman import activations, initializers
from elman._typing import Function
from elman.errors import ArgumentError
from elman.parameters import Initialize, Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer


def checked(layer: "Layer", name: str, value: Any) -> Any:
    """Return what a layer keeps if an attribute is set to this value.

    Raises:
        ArgumentError: it cannot be set to it.
    """
    if isinstance(vars(layer).get(name), Weight) and not isinstance(value, Weight):
        raise ArgumentError(
            f"{layer.owner}: `{name}` must stay a weight; got {type(value).__name__}. "
            f"Give it other numbers with `layer.{name}.assign(array)`."
        )
    check = type(layer).checks.get(name)
    if check is None:
        return value
    made = hasattr(layer, name)
    value = check(layer.owner if made else type(layer).__name__, name, value)
    if made and name in type(layer).fixed and layer.built and value != getattr(layer, name):
        raise ArgumentError(
            f"{layer.owner}: `{name}` must stay {getattr(layer, name)!r}, because the layer is "
            f"built; got {value!r}. Make a new layer."
        )
    return value


def activation(owner: str, name: str, value: Any) -> Function:
    """Return the activation function that a name or the function itself stands for."""
    return activations.get(value, owner, name)


def initializer(owner: str, name: str, value: Any) -> Initialize:
    """Return the initializer that a name, a configuration or the function itself stands for."""
    found = initializers.get(value, owner, name)
    if found is None:
        raise ArgumentError(
            f"{owner}: `{name}` must be an initializer such as 'glorot_uniform'; got None."
        )
    return found


def layer_name(owner: str, name: str, value: Any) -> str:
    """Return the name of a layer, which is one part of the path of its weights."""
    if not isinstance(value, str) or not value or "/" in value:
        raise ArgumentError(f"{owner}: `{name}` must be a string without '/'; got {value!r}.")
    return value
