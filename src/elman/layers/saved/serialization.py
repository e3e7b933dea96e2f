"""Layers as configurations and back, in the form that Keras 3 writes to JSON.

    {"module": "keras.layers", "class_name": "LSTM", "config": {…}, "registered_name": null}

A layer's configuration is read off its constructor's signature: the argument `units` is the
attribute `units`, and so on for every argument of every layer, by this one mechanism. Nothing
is looked up by a name from a file except in elman's own tables.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from elman import _check, _config, _custom, activations, constraints, initializers, regularizers
from elman._settings import dtype_name
from elman.errors import ArgumentError, UnsupportedError
from elman.layers.own import made_with
from elman.layers.parts.kinds import is_layer, is_yours, says_itself
from elman.layers.parts.nesting import with_sublayers

if TYPE_CHECKING:
    from elman.layers.base import Layer

L = TypeVar("L", bound="Layer")

# What Keras writes for things that elman does not have, where it means "not used".
NEUTRAL: tuple[Any, ...] = (None, False, [], {}, "auto")
# Arguments of Keras that change only how, not what, is computed.
IGNORED = {"implementation", "use_cudnn", "unroll", "autocast"}
# Arguments that layers of Keras's take beside their own, and elman's do not.
KERAS_ONLY = {"autocast", "lora_rank", "lora_alpha", "quantization_config"}

# Where Keras keeps what is not in its `keras.layers`: module, class and registered name.
MODELS = {
    "Sequential": ("keras", "Sequential", None),
    "Model": ("keras.src.models.functional", "Functional", "Functional"),
}


def constructor_arguments(cls: type, required: bool = False) -> list[str]:
    """Return the names of a layer class's own constructor arguments, or of the required alone."""
    import inspect  # slow to import, and only needed when something is saved or loaded

    parameters = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    own = [p for p in parameters if p.kind is not p.VAR_KEYWORD and p.name != "self"]
    return [p.name for p in own if not required or p.default is p.empty]


# Arguments that every layer takes, and its class's constructor need not name.
OF_EVERY_LAYER = ("name", "trainable", "dtype", "activity_regularizer")

# How Keras writes a function of its own; the name stands in "config".
KERAS_FUNCTION = {"module": "builtins", "class_name": "function", "registered_name": "function"}

# Arguments that Keras does not have, left out where they say nothing.
OWN = ("checkpoint_steps", "initial_state")


def get_config(layer: "Layer") -> dict[str, Any]:
    """Return a layer's constructor arguments in Keras's form."""
    given = made_with.of(layer)
    if given is None:
        names = [name for name in constructor_arguments(type(layer)) if has_argument(layer, name)]
        given = {n: getattr(layer, n) for n in names if n not in ("name", "trainable", "dtype")}
    own = {name: _value(value) for name, value in given.items()}
    own = {name: value for name, value in own.items() if name not in OWN or value is not None}
    if is_yours(type(layer)) and not says_itself(type(layer)):
        for name, value in own.items():
            made_with.check(layer, name, value)
    policy = {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": layer.dtype},
        "registered_name": None,
    }
    form = {"name": layer.name, "trainable": layer.trainable, "dtype": policy, **own}
    if layer.activity_regularizer is not None:
        form["activity_regularizer"] = _value(layer.activity_regularizer)
    return form


def has_argument(layer: "Layer", name: str) -> bool:
    """Say whether a layer keeps an argument; one of your own need not, if it says so itself.

    Raises:
        UnsupportedError: it does not, and has no `get_config` of its own.
    """
    if hasattr(layer, name):
        return True
    if not says_itself(type(layer)):
        raise UnsupportedError(
            f"{layer.owner}: `get_config` must be defined, because the argument `{name}` is kept "
            f"under another name. Keep it as `self.{name}`, or define `get_config`."
        )
    return False


def from_config(cls: type[L], config: dict[str, Any]) -> L:
    """Make a layer from a configuration.

    Raises:
        UnsupportedError: Keras's configuration uses something that elman does not have.
    """
    if not isinstance(config, dict):
        raise ArgumentError(f"{cls.__name__}: `config` must be a dictionary; got {config!r:.80}.")
    if is_yours(cls):
        arguments = {key: _object(value) for key, value in config.items()}
        if "dtype" in arguments:
            arguments["dtype"] = dtype_name(cls.__name__, "dtype", arguments["dtype"])
        made: L = made_with.made(cls, arguments)
        return made
    known = [*constructor_arguments(cls), *OF_EVERY_LAYER]
    arguments = {}
    for key, value in config.items():
        if key in known or cls.has_call:  # which may take what it likes
            arguments[key] = _object(value)
        else:
            check_unused(cls.__name__, key, value)
    for key in constructor_arguments(cls, required=True):
        if key not in arguments:
            raise ArgumentError(
                f"{cls.__name__}: `config` must have the key '{key}'; got {list(config)}."
            )
    return cls(**arguments)


def twin(layer: L, **changes: Any) -> L:
    """Return a layer of the same configuration but for some arguments; it has no weights yet.

    Its class, and those of the layers inside, need not be in any table.
    """
    from elman.layers import CLASSES

    kinds = {type(each).__name__: type(each) for each in with_sublayers(layer)}
    own = {name: kind for name, kind in kinds.items() if CLASSES.get(name) is not kind}
    with _custom.noting() as written:
        config = layer.get_config()
    with _custom.scope({**written, **own}):
        return type(layer).from_config({**config, **changes})


def check_unknown(cls: type, unknown: Mapping[str, Any]) -> None:
    """Check that what a constructor was given beside its arguments is Keras's and not used.

    Raises:
        ArgumentError: Keras's layer does not have it either.
        UnsupportedError: it changes what is computed.
    """
    known = constructor_arguments(cls) if unknown else ()
    for key, value in unknown.items():
        of_recurrence = key in (*IGNORED, "time_major") and "recurrent_initializer" in known
        if key not in KERAS_ONLY and not of_recurrence:
            every = dict.fromkeys([*known, *OF_EVERY_LAYER])
            raise _check.unknown_argument(cls.__name__, key, cls.__name__, every)
        check_unused(cls.__name__, key, value)


def check_unused(owner: str, key: str, value: Any) -> None:
    """Check that an argument that only Keras has is not used.

    Raises:
        UnsupportedError: it changes what is computed.
    """
    if key not in IGNORED and value not in NEUTRAL:
        raise UnsupportedError(
            f"{owner}: `{key}` must be left out, because elman does not have it; got "
            f"{_check.shown(value)}."
        )


def class_name(layer: "Layer") -> str:
    """Return the name of a layer's class, in Keras's words."""
    name: str = getattr(layer, "kind", type(layer).__name__)  # of an operation its own
    return MODELS[name][1] if name in MODELS else name


def serialize(layer: "Layer") -> dict[str, Any]:
    """Return a layer in Keras's form: its class, its configuration and the shape it is built for.

    >>> from elman import layers
    >>> layers.serialize(layers.Dense(3, name="out"))["class_name"]
    'Dense'
    """
    if hasattr(layer, "keras_form"):  # it is no layer to Keras
        form: dict[str, Any] = layer.keras_form()
        return form
    form = _config.serialize(layer, "keras.layers", layer.get_config())
    if is_yours(type(layer)) and form["registered_name"] is None:
        form.update(module=type(layer).__module__, registered_name=type(layer).__name__)
    if form["class_name"] in MODELS and form["registered_name"] is None:
        form["module"], form["class_name"], form["registered_name"] = MODELS[form["class_name"]]
    nested = layer.has_call and (len(layer.input_shapes) > 1 or getattr(layer, "is_own", False))
    if layer.built and layer.input_shapes and not nested:  # else its calls say what it is built for
        shapes = [list(shape) for shape in layer.input_shapes]
        states = layer.takes_sequences or hasattr(layer, "state_size")  # as further inputs
        merges = len(shapes) > 1 and not (layer.weights and states)
        form["build_config"] = {"input_shape": shapes if merges else shapes[0]}
    return form


def deserialize(config: dict[str, Any], custom_objects: Mapping[str, Any] | None = None) -> "Layer":
    """Make a layer, or a model, from what `serialize` or Keras wrote.

    Args:
        config: a dictionary with "class_name" and "config".
        custom_objects: classes and functions of your own, by name.

    Raises:
        ArgumentError: it is not such a dictionary.
        UnsupportedError: elman has no such class.

    >>> deserialize({"class_name": "Dense", "config": {"units": 4}}).units
    4
    """
    from elman.layers import CLASSES

    if custom_objects is not None:
        with _custom.scope(custom_objects):
            return deserialize(config)
    kinds = {"class_name": str, "config": dict}
    if not isinstance(config, dict) or any(
        not isinstance(config.get(key), kind) for key, kind in kinds.items()
    ):
        raise ArgumentError(
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; "
            f"got {config!r:.80}."
        )
    name = config["class_name"]
    own = _custom.find(config)
    if own is None and (operation := _operation(config)) is not None:
        return operation
    if own is None and (name not in CLASSES or _custom.is_foreign(config)):
        raise _absent(config)
    layer = (CLASSES[name] if own is None else own).from_config(config["config"])
    built_for = (config.get("build_config") or {}).get("input_shape")
    if built_for and not layer.built and all(isinstance(n, (int, type(None))) for n in built_for):
        layer.build(tuple(built_for))
    return layer


def _absent(config: Mapping[str, Any]) -> UnsupportedError:
    """Return the error of a class that neither elman has nor anybody has given."""
    from elman.layers import CLASSES

    name, said = config["class_name"], config.get("config") or {}
    owner = f"layer '{said['name']}'" if said.get("name") else "layer"
    if ">" in name:  # as it is registered, in Keras's older form
        config = {"registered_name": name, "class_name": name.rpartition(">")[2]}
    if _custom.is_foreign(config):
        return _custom.missing(owner, config)
    of_keras = "trainable" in said or str(config.get("module")).startswith("keras")
    near = "" if of_keras else _check.suggestion(name, CLASSES)  # what Keras wrote is no slip
    return UnsupportedError(
        f"deserialize: {owner} has class {name}, which elman does not have. See "
        f"`elman.layers.__all__`.{near} For a class of your own give "
        f"`custom_objects={{{name!r}: {name}}}`."
    )


def of_elman(function: Any) -> bool:
    """Say whether this is a function of `elman.ops`, which its name is enough to find."""
    if activations.is_known(function) or not hasattr(function, "narrow"):
        return False
    from elman import ops

    return getattr(ops, function.__name__, None) is function


def _operation(config: dict[str, Any]) -> "Layer | None":
    """Return the operation that a configuration describes, None if it describes a layer."""
    if not str(config.get("module")).startswith(("keras.src.ops.", "keras.src.activations.")):
        return None
    from elman.layers.saved import keras_operations

    return keras_operations.from_keras(config)


def _value(value: Any) -> Any:
    """Return a constructor argument as JSON can hold it."""
    if is_layer(value):
        return serialize(value)
    if isinstance(value, initializers.Initializer):
        return initializers.serialize(value)
    if isinstance(value, regularizers.Regularizer):
        return regularizers.serialize(value)
    if isinstance(value, constraints.Constraint):
        return constraints.serialize(value)
    if callable(value) and not isinstance(value, dict):
        return _of_callable(value)
    if isinstance(value, dict):
        return {key: _value(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(part) for part in value]
    if hasattr(value, "get_config"):
        return _config.serialize(value, type(value).__module__, value.get_config())
    return value.item() if isinstance(value, np.generic) else value


def _object(value: Any) -> Any:
    """Return a constructor argument from what a configuration holds."""
    from elman.layers import CLASSES

    if not isinstance(value, dict) or "class_name" not in value:
        return [_object(part) for part in value] if isinstance(value, list) else value
    own = _custom.find(value)
    if own is None and _custom.is_foreign(value):
        raise _custom.missing("layer", value)
    if value["class_name"] == "function":
        # Keras's form of an activation that was given as a function
        return value["config"] if own is None else own
    if own is not None and not hasattr(own, "forward"):
        return _custom.make(own, value)
    if own is None and value["class_name"] not in CLASSES:
        if str(value.get("module")).startswith(("keras.layers", "keras.src.layers")):
            raise _absent(value)
        return value
    return deserialize({**value, "build_config": None})  # its owner builds it, in its own name


def _of_callable(value: Any) -> Any:
    """Return a function, elman's or your own, or an object that can be called, as JSON holds it."""
    if _custom.name_of(value) is None:
        if of_elman(value):
            return KERAS_FUNCTION | {"config": value.__name__}
        if activations.is_known(value):
            return activations.name_of(value)
    if hasattr(value, "get_config") and not isinstance(value, type):
        return _config.serialize(value, type(value).__module__, value.get_config())
    return _custom.written("layer", value)
