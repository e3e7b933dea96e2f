"""Models of Keras that are in memory, of Keras 2 and 3, as elman's and back.

A model says what it is by its own `to_json`, and its layers have their weights; nothing of Keras
is imported to take a model over.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from elman import _check, _custom
from elman._typing import Array
from elman.errors import (
    ArgumentError,
    FormatError,
    MissingDependencyError,
    NotBuiltError,
    UnsupportedError,
)
from elman.formats import (
    keras_2,
    keras_2_slots,
    keras_by_layer,
    keras_config,
    keras_loss_scale,
    keras_older_weights,
)
from elman.layers import Layer
from elman.layers.parts.kinds import is_layer
from elman.layers.parts.nesting import with_sublayers
from elman.layers.saved.serialization import class_name
from elman.models import Model

OWNER = "from_keras"
OPTIMIZER = "optimizer"  # what has the variables, for messages
NEEDED = ("to_json", "get_weights", "layers")


def from_keras(
    model: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Model:
    """Make a model of elman's from one of Keras's, with its weights and what `compile` chose.

    Args:
        model: a model of Keras 3, or of tf.keras 2, that is built.
        custom_objects: your classes and functions in it, elman's versions of them, by name; the
            class of the model itself too, where it is one of your own.
        compile: whether to take over the optimizer, the losses and the metrics too.

    Returns:
        A model that shares nothing with it. Its optimizer goes on from where that of Keras is,
        where Keras says how it was compiled (from 2.13 on).

    Raises:
        ArgumentError: it is no model of Keras.
        NotBuiltError: it has no weights yet.
        UnsupportedError: it has a layer, loss, metric or optimizer that elman does not have, or
            is a class of your own.

    Example::

        model = elman.from_keras(keras_model)
        model.predict(x)
    """
    if not all(hasattr(model, name) for name in NEEDED) or is_layer(model):
        raise ArgumentError(
            f"{OWNER}: `model` must be a model of Keras; got {type(model).__name__} of "
            f"{type(model).__module__}."
        )
    compile = _check.flag(OWNER, "compile", compile)
    if not getattr(model, "built", True):
        raise NotBuiltError(f"{OWNER}: `model` must be built; it is not. Call it on data first.")
    config = _config(model)
    version = keras_2.major(config.get("keras_version", 3))
    with _custom.scope(custom_objects or {}):
        if version < 3:
            config = keras_2.model(OWNER, config)
        found = keras_config.described(OWNER, "model", config)
        _take_weights(found, model, version)
        if compile:
            _recompile(found, model, version)
    return found


def _config(model: Any) -> Any:
    """Return what a model of Keras says of itself.

    Raises:
        UnsupportedError: it is a class of its own, which says nothing.
    """
    try:
        return json.loads(model.to_json())
    except Exception as error:  # Keras raises what it likes
        raise UnsupportedError(
            f"{OWNER}: `model` must be Sequential or functional; got {type(model).__name__}, of "
            f"which Keras says: {error}"
        ) from error


def _take_weights(found: Model, model: Any, version: int) -> None:
    """Give a model the weights of the layers of Keras that have the same names.

    A class of your own names its layers anew whenever it is made: its weights come in order.
    """
    if found.is_own:
        own = (found, _arrays(found, model, version), found.name)
        keras_by_layer.assign(OWNER, found, [own], whole=False)
        return
    theirs = {layer.name: layer for layer in model.layers}
    pairs = [
        (layer, _arrays(layer, theirs[layer.name], version), layer.name)
        for layer in found.layers
        if layer.name in theirs
    ]
    keras_by_layer.assign(OWNER, found, pairs)


def _arrays(layer: Layer, other: Any, version: int) -> list[Array]:
    """Return the weights of a layer of Keras, and freeze those that are frozen there."""
    if version < 3:
        arrays = list(map(_array, keras_older_weights.in_file_order(other)))
        return keras_older_weights.converted(layer, arrays, version, None)
    if len(other.weights) != len(layer.weights):
        return list(map(_array, other.weights))
    for weight, variable in zip(layer.weights, other.weights, strict=True):
        if weight.learned and weight.trainable != variable.trainable:
            weight.trainable = bool(variable.trainable)
    order = keras_older_weights.in_file_order(layer)
    return [_array(other.weights[i]) for i in keras_older_weights.places(layer, order)]


def _recompile(found: Model, model: Any, version: int) -> None:
    """Compile a model as the other was, and let its optimizer go on."""
    get = getattr(model, "get_compile_config", None)
    config = get() if get is not None and getattr(model, "optimizer", None) is not None else None
    if not config:
        return
    if "optimizer" not in config:  # Keras itself has lost it, when it wrote the model as `.h5`
        kind, own = type(model.optimizer).__name__, model.optimizer.get_config()
        config = {**config, "optimizer": {"class_name": kind, "config": own}}
    old = version < 3 and keras_2_slots.are_old(config.get("optimizer"))
    if version < 3:
        config = keras_2.compile_config(OWNER, config)
    keras_config.recompile(OWNER, "get_compile_config", found, config)
    kept = model.optimizer.variables
    arrays = [_array(each) for each in (kept() if callable(kept) else kept)]
    if version < 3:
        arrays = keras_2_slots.in_order(f"{OWNER}: '{OPTIMIZER}'", found, arrays, old)
    inside = keras_loss_scale.arrays_inside(config["optimizer"], arrays)
    keras_config.restore_optimizer(OWNER, OPTIMIZER, found, inside)


def _array(variable: Any) -> Array:
    """Return the numbers of a variable of any backend."""
    return np.array(variable.numpy() if hasattr(variable, "numpy") else variable)


def to_keras(model: Model) -> Any:
    """Make a model of Keras 3 from one of elman's, with its weights and what `compile` chose.

    Args:
        model: a built model whose layers Keras has too.

    Returns:
        A `keras.Model`, which shares nothing with it.

    Raises:
        ArgumentError: it is no model of elman's.
        MissingDependencyError: Keras 3 is not installed.
        NotBuiltError: it has no weights yet.
        UnsupportedError: it has a layer that Keras does not have.

    Example::

        elman.to_keras(model).save("model.keras")
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"to_keras: `model` must be a model of elman's; got {model!r:.60}.")
    if not model.built:
        raise NotBuiltError("to_keras: `model` must be built; it is not. Call it on data first.")
    try:
        import keras
    except ImportError as error:
        raise MissingDependencyError(
            "keras is needed to make models of Keras. Install it with `pip install keras` and one "
            "of tensorflow, torch and jax."
        ) from error
    for layer in with_sublayers(model):
        name = class_name(layer)
        operation = hasattr(layer, "keras_form") or name == "Functional"
        if not operation and not hasattr(keras.layers, name) and not hasattr(keras, name):
            raise UnsupportedError(
                f"to_keras: every layer must be one that Keras has too; got {layer.owner}."
            )
    return _made(keras, model)


def _made(keras: Any, model: Model) -> Any:
    """Return a model of Keras."""
    try:
        made = keras.models.model_from_json(model.to_json())
    except Exception as error:  # Keras raises what it likes
        raise UnsupportedError(
            f"to_keras: `model` must be one that Keras can make; it says: {error}"
        ) from error
    for layer in model.layers:
        if hasattr(layer, "keras_form"):  # an operation is no layer to Keras
            continue
        theirs, own = made.get_layer(layer.name).weights, layer.weights
        if [tuple(each.shape) for each in theirs] != [each.shape for each in own]:
            raise FormatError(
                f"to_keras: {layer.owner} must have the weights that Keras gives it; it has "
                f"{[each.shape for each in own]}."
            )
        for variable, weight in zip(theirs, own, strict=True):
            variable.assign(weight.array)
            if variable.trainable != weight.trainable:
                variable.trainable = weight.trainable
        _finish(made.get_layer(layer.name))
    if model.compiled is not None:
        made.compile_from_config(keras_config.compile_config(model))
        model.compiled.ready(model.trainable_weights)
        made.optimizer.build(made.trainable_variables)
        for variable, kept in zip(made.optimizer.variables, model.optimizer.variables, strict=True):
            variable.assign(kept.array)
    return made


def _finish(layer: Any) -> None:
    """Let layers of Keras that compute with copies of their weights make them."""
    for each in getattr(layer, "layers", ()):
        _finish(each)
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
