"""What may be set on a layer: the arguments that it was made with, checked each time.

A class of layers lists its arguments in `checks`, each with what checks a value and returns it as
it is kept: `layer.activation = "relu"` does what `Dense(8, activation="relu")` does. What is used
when a layer is built, and no more, is named in `fixed` as well: it stays from then on.
"""

from typing import TYPE_CHECKING, Any

from elman import _check, _random, activations, constraints, initializers, regularizers
from elman._typing import Function
from elman.errors import ArgumentError
from elman.layers.parts.kinds import is_layer
from elman.layers.parts.symbolic import Node
from elman.parameters import Initialize, Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer


def inherit(cls: "type[Layer]") -> None:
    """Add what a class inherits to its own `checks` and `fixed`."""
    above: Any = super(cls, cls)
    cls.checks = _check.inherited(cls)
    cls.fixed = (*above.fixed, *vars(cls).get("fixed", ()))


def checked(layer: "Layer", name: str, value: Any) -> Any:
    """Return what a layer keeps if an attribute is set to this value.

    Raises:
        ArgumentError: it cannot be set to it.
    """
    own = vars(layer)
    built = own.get("built", False)
    kept = getattr(layer, name, None) if built else None
    if isinstance(kept, Weight) and value is not kept:
        raise ArgumentError(
            f"{layer.owner}: `{name}` must stay the weight that it is; got {type(value).__name__}. "
            f"Give it other numbers with `layer.{name}.assign(array)`; to share weights, call one "
            "layer twice."
        )
    check = type(layer).checks.get(name)
    if check is None:
        return value
    known = "name" in own and (own.get("_named") or hasattr(layer, name))  # to its user
    value = check(layer.owner if known else type(layer).__name__, name, value)
    if built and name in type(layer).fixed and value != getattr(layer, name):
        raise ArgumentError(
            f"{layer.owner}: `{name}` must stay {getattr(layer, name)!r}, because the layer is "
            f"built; got {_check.shown(value)}. Make a new layer."
        )
    return value


def activation(owner: str, name: str, value: Any) -> Function:
    """Return the activation function that a name or the function itself stands for."""
    if is_layer(value) and type(value).__name__ not in ACTIVATION_LAYERS:
        raise ArgumentError(
            f"{owner}: `{name}` must be a name, a function, or one of the layers "
            f"{', '.join(ACTIVATION_LAYERS)}; got a {type(value).__name__}. Put it behind the "
            "layer."
        )
    return activations.get(value, owner, name)


# What has no weights and does the same in training.
ACTIVATION_LAYERS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")


def activation_entry(owner: str, name: str, value: Any) -> "str | Function":
    """Return the same as cells keep it: a name, or a function of your own."""
    return activations.entry(activation(owner, name, value))


def initializer(owner: str, name: str, value: Any) -> Initialize:
    """Return the initializer that a name, a configuration or the function itself stands for."""
    found = initializers.get(value, owner, name)
    if found is None:
        raise ArgumentError(
            f"{owner}: `{name}` must be an initializer such as 'glorot_uniform'; got None."
        )
    return found


def of_weights(*names: str) -> tuple[str, ...]:
    """Return the arguments that say how these weights are made, and what becomes of them."""
    return tuple(f"{name}_{what}" for name in names for what in OF_A_WEIGHT)


OF_A_WEIGHT = ("initializer", "regularizer", "constraint")


def regularizer(owner: str, name: str, value: Any) -> Any:
    """Return the regularizer that a name, a configuration or the function itself stands for."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ArgumentError(
            f"{owner}: `{name}` must be a regularizer; got {_check.shown(value)}. "
            f"Did you mean `elman.regularizers.L2({value!r})`?"
        )
    return regularizers.get(value, owner, name)


def constraint(owner: str, name: str, value: Any) -> Any:
    """Return the constraint that a name, a configuration or the function itself stands for."""
    return constraints.get(value, owner, name)


def elmans(owner: str, name: str, value: Any) -> Any:
    """Return the list of nodes or weights that a layer keeps, which nobody else may set."""
    if not isinstance(value, list) or not all(isinstance(v, (Node, Weight)) for v in value):
        raise ArgumentError(
            f"{owner}: `{name}` must be left to elman, which keeps something else under that name; "
            f"got {type(value).__name__}. Give the attribute another name."
        )
    return value


class Seed:
    """The attribute `seed` of a layer that draws: to set it starts the layer's generator anew."""

    def __get__(self, layer: Any, kind: Any = None) -> Any:
        """Return the seed, which may be None."""
        if layer is None:
            return self
        if "seed" not in vars(layer):
            raise AttributeError("seed")
        return vars(layer)["seed"]

    def __set__(self, layer: Any, seed: int | None) -> None:
        """Keep the seed, and make a generator."""
        vars(layer)["seed"] = seed
        layer.generator = _random.generator(seed)


def layer_name(owner: str, name: str, value: Any) -> str:
    """Return the name of a layer, which is one part of the path of its weights."""
    if not isinstance(value, str) or not value or "/" in value:
        raise ArgumentError(
            f"{owner}: `{name}` must be a string without '/'; got {_check.shown(value)}."
        )
    return value
