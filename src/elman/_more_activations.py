"""What `elman.activations` has beside its own functions: those of `elman.ops`, and configurations.

Imported when first asked for: `activations.glu`, `activations.serialize` and so on.
"""

from collections.abc import Mapping
from typing import Any

from elman import _check, _custom, activations, ops
from elman._typing import Function
from elman.activations.by_name import LATER
from elman.errors import ArgumentError, UnsupportedError


def find(name: str) -> Any:
    """Return what has this name beside the functions of `elman.activations`.

    Raises:
        AttributeError: there is nothing.
    """
    if name == "swish" or name in LATER:
        return getattr(ops, name)
    if name in ("serialize", "deserialize"):
        return globals()[name]
    near = _check.suggestion(name, [*activations.ACTIVATIONS, *LATER])
    raise AttributeError(f"module 'elman.activations' has no attribute {name!r}.{near}")


def serialize(activation: Any) -> Any:
    """Return what stands for an activation in a configuration: its name, or a dictionary.

    Args:
        activation: one of `elman.activations`, one of `elman.ops`, one of your own, or a layer
            such as `ReLU(6)`.

    Raises:
        UnsupportedError: it is a lambda.

    >>> serialize(activations.tanh)
    'tanh'
    """
    if activation is None or isinstance(activation, str):
        return activations.name_of(activation)
    if activations.is_known(activation):
        return activations.name_of(activation)
    name = _custom.name_of(activation)
    known_as = getattr(activation, "__name__", "_")
    if name is None and getattr(ops, known_as, None) is activation:
        return known_as
    if name is None and hasattr(activation, "get_config"):
        kind = type(activation).__name__
        config = activation.get_config()
        return {
            "module": "keras.layers",
            "class_name": kind,
            "config": config,
            "registered_name": _custom.name_of(type(activation)),
        }
    return _custom.written("activations", activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Function:
    """Return the activation function that a configuration or a name stands for.

    Args:
        config: what `serialize` or Keras wrote.
        custom_objects: functions of your own, by name.

    Raises:
        ArgumentError: there is no such activation.

    >>> deserialize({"class_name": "function", "config": "relu"}).__name__
    'relu'
    """
    with _custom.scope(custom_objects):
        if isinstance(config, Mapping):
            found = _custom.find(config)
            if "value" in config and config.get("class_name") in (None, "__lambda__"):
                raise UnsupportedError(
                    "activations: an activation must be a function with a name to be loaded; got "
                    "a lambda, of which Keras keeps the code, and elman runs no code from files. "
                    "Give a function by its name in Keras, or make the model in elman, and read "
                    "its weights with `load_weights(filepath)`."
                )
            if found is None and config.get("class_name") != "function":
                raise ArgumentError(
                    "activations: `config` must describe a function; got the class "
                    f"{config.get('class_name')!r}. Make a layer of it with `layers.deserialize`."
                )
            if found is None and _custom.is_foreign(config):
                raise _custom.missing("activation", config)
            config = config.get("config") if found is None else found
        own = _custom.by_name(config)
        if own is None and config in LATER:
            own = getattr(ops, config)
        return activations.get(config if own is None else own)
