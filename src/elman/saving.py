"""Saving and loading, under Keras's module name: models, configurations, classes of your own."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from elman import (
    _check,
    _custom,
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from elman._custom import all_objects as get_custom_objects
from elman._custom import register as register_keras_serializable
from elman._custom import scope as custom_object_scope
from elman.errors import ArgumentError
from elman.models import load_model, model_from_json, save_model
from elman.models.files import load_weights, save_weights

CustomObjectScope = custom_object_scope  # as Keras calls it too

KINDS: tuple[tuple[type, Any], ...] = (
    (layers.Layer, layers),
    (losses.Loss, losses),
    (metrics.Metric, metrics),
    (optimizers.Optimizer, optimizers),
    (initializers.Initializer, initializers),
    (regularizers.Regularizer, regularizers),
    (constraints.Constraint, constraints),
)


def get_registered_name(obj: Any) -> str:
    """Return the name under which a class or function is registered, or else its own.

    >>> get_registered_name(layers.LSTM)
    'LSTM'
    """
    registered = _custom.name_of(obj)
    if registered is None and not hasattr(obj, "__name__"):
        raise ArgumentError(
            f"get_registered_name: `obj` must be a class or a function; got {obj!r:.60}."
        )
    return str(obj.__name__) if registered is None else registered


def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Return the class or function of your own of this name, or None.

    Args:
        name: under which it was registered, or which it has in a `custom_object_scope`.
        custom_objects: where it is looked for next.
        module_objects: where it is looked for last.

    >>> get_registered_object("Mine", {"Mine": layers.LSTM}).__name__
    'LSTM'
    """
    found = _custom.by_name(name)
    for table in (custom_objects, module_objects):
        found = (table or {}).get(name) if found is None else found
    return found


def serialize_keras_object(obj: Any) -> Any:
    """Return an object as JSON can hold it: a configuration in Keras's form.

    Args:
        obj: a layer, loss, metric, optimizer, initializer, regularizer or constraint; an activation
            function, or a function that is registered; a number, text, list or dictionary.

    >>> import elman
    >>> serialize_keras_object([elman.layers.Dense(2), 3])[0]["class_name"]
    'Dense'
    """
    for kind, module in KINDS:
        if isinstance(obj, kind):
            return module.serialize(obj)
    if isinstance(obj, Mapping):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, (list, tuple)):
        return [serialize_keras_object(value) for value in obj]
    if callable(obj):
        return _function(obj)
    return obj.item() if isinstance(obj, np.generic) else obj


def deserialize_keras_object(
    config: Any, custom_objects: Mapping[str, Any] | None = None, safe_mode: bool = True
) -> Any:
    """Return the object that `serialize_keras_object` described.

    Args:
        config: what it returned, or Keras's own.
        custom_objects: classes and functions of your own, by name.
        safe_mode: accepted as in Keras; no code is ever read from a configuration.
    """
    with custom_object_scope(custom_objects):
        return _object(config)


def _object(config: Any) -> Any:
    if isinstance(config, list):
        return [_object(value) for value in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config:
        return {key: _object(value) for key, value in config.items()}
    own = _custom.find(config)
    if own is not None:
        return _custom.make(own, config)
    if _custom.is_foreign(config):
        raise _custom.missing("deserialize_keras_object", config)
    if config["class_name"] == "function":
        return activations.get(config["config"])
    module = str(config.get("module", ""))
    for _, known in KINDS:
        if module.split(".")[-1] == known.__name__.split(".")[-1]:
            return known.deserialize(config)
    return layers.deserialize(dict(config))


def _function(function: Any) -> dict[str, Any]:
    name = _custom.name_of(function)
    if name is None and activations.is_known(function):
        name = activations.name_of(function)
    if name is None or _custom.name_of(function) is not None:
        return _custom.written("serialize_keras_object", function)
    return {
        "module": "builtins",
        "class_name": "function",
        "config": getattr(function, "__name__", name),
        "registered_name": name,
    }


__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


def __getattr__(name: str) -> object:
    raise _check.absent("elman.saving", name, __all__)
