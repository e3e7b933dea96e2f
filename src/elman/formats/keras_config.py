"""A model and what `compile` chose, in the words of Keras's files: the JSON in all of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elman import _custom, losses, metrics, optimizers
from elman._typing import Array
from elman._warning import warn
from elman.errors import ArgumentError, FormatError, NotBuiltError, UnsupportedError
from elman.formats import keras_loss_scale
from elman.layers import CLASSES, deserialize
from elman.layers.parts.kinds import is_yours
from elman.layers.parts.nesting import with_sublayers
from elman.layers.saved.serialization import class_name
from elman.models import Model, own_model
from elman.parameters import Weight

LIKE = "3.15.1"  # the version of Keras whose forms are written
# In what Keras computes, and elman does not.
HALVES = ("float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
OF_OUTPUTS = ("accuracy", "acc", "crossentropy", "ce")  # which metric is meant, the outputs say


def described(path: Path | str, entry: str, config: Any) -> Model:
    """Return the model that an entry of a file describes, its weights new.

    Raises:
        FormatError: the entry describes none.
        NotBuiltError: it does not say for what inputs.
        UnsupportedError: the model has what elman does not have.
    """
    try:
        _refuse_halves(config)
        specs = config.get("called_with") if isinstance(config, dict) else None
        model = deserialize(config if specs is None else {**config, "build_config": None})
        if isinstance(model, Model) and model.is_own and not model.drawn:
            shape = (config.get("build_config") or {}).get("input_shape")
            if specs is not None:
                own_model.redraw(model, specs)
            elif shape is not None:
                own_model.redraw_for(model, shape)
    except (FormatError, UnsupportedError) as error:
        raise type(error)(f"{path}: {error}") from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(f"{path}: '{entry}' must describe a model; {error}") from error
    if not isinstance(model, Model):
        raise FormatError(f"{path}: '{entry}' must describe a model; got {model.owner}.")
    if not model.built:
        raise NotBuiltError(
            f"{path}: '{entry}' must say the shape of the model's inputs; it does not. Build "
            "the model in Keras before it is saved."
        )
    return model


def _refuse_halves(config: Any, owner: str = "a layer") -> None:
    """Check that no layer computes in what elman does not compute in.

    Raises:
        UnsupportedError: one does.
    """
    if isinstance(config, list):
        for each in config:
            _refuse_halves(each, owner)
    if not isinstance(config, dict):
        return
    own = config.get("config")
    if "class_name" in config and isinstance(own, dict) and "name" in own:
        owner = f"{config['class_name']} '{own['name']}'"
    dtype = config.get("dtype")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        dtype = dtype["config"].get("name")
    if isinstance(dtype, str) and dtype in HALVES:
        raise UnsupportedError(
            f"every layer must compute in float32 or float64; got {dtype!r} of {owner}. Build the "
            "model of layers in float32, and read the weights with `load_weights(filepath)`."
        )
    for each in config.values():
        _refuse_halves(each, owner)


def check_classes(model: Model) -> None:
    """Check that loading would know every layer's class."""
    for layer in with_sublayers(model):
        kind = type(layer)
        own = is_yours(kind) or kind.has_call
        if not own and CLASSES.get(class_name(layer)) is not kind:
            raise UnsupportedError(
                f"save: every layer must be one of elman's own to be saved; got {layer.owner}. "
                "Save the weights alone with `save_weights`."
            )


def compile_config(model: Model) -> dict[str, Any]:
    """Return what `compile` was given, in Keras's form."""
    compiled = model.compiled
    assert compiled is not None
    return {
        "optimizer": optimizers.serialize(compiled.optimizer),
        "loss": _named(compiled.loss, losses),
        "loss_weights": compiled.loss_weights,
        "metrics": _named(compiled.metric, metrics),
        "weighted_metrics": _named(compiled.weighted, metrics),
    }


def _named(given: Any, module: Any) -> Any:
    """Return an argument of `compile` with its objects and functions as configurations."""
    if isinstance(given, dict):
        return {key: _named(value, module) for key, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_named(value, module) for value in given]
    if given is None or isinstance(given, str):
        return given
    return module.serialize(module.get(given))


def recompile(path: Path | str, entry: str, model: Model, config: Any) -> None:
    """Compile a model as a file says it was.

    Raises:
        FormatError: the file does not say it in Keras's form.
        UnsupportedError: elman has no such optimizer, loss or metric.
    """
    again = "Load the model with `compile=False`, and compile it anew."
    try:
        model.compile(
            optimizers.get(keras_loss_scale.inside(config["optimizer"])),
            _objects(config.get("loss"), losses.deserialize),
            config.get("loss_weights"),
            _objects(config.get("metrics"), metrics.deserialize),
            _objects(config.get("weighted_metrics"), metrics.deserialize),
        )
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error} {again}") from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(
            f"{path}: '{entry}' must say what the model was compiled with; {error} {again}"
        ) from error


def _objects(given: Any, read: Any) -> Any:
    """Return an argument of `compile` from a file: configurations become objects again."""
    if isinstance(given, dict):
        if "class_name" in given:
            return read(given)
        return {key: _objects(value, read) for key, value in given.items()}
    if isinstance(given, str) and given.isidentifier() and given not in OF_OUTPUTS:
        return _of_name(given, read)
    return [_objects(value, read) for value in given] if isinstance(given, list) else given


def _of_name(name: str, read: Any) -> Any:
    """Return a name of elman's as it is, and for another the function of your own.

    Raises:
        UnsupportedError: there is none of this name.
    """
    own = _custom.by_name(name)
    if own is not None:
        return own
    try:
        read(name)
    except ArgumentError as error:
        owner = "loss" if read is losses.deserialize else "metric"
        raise _custom.missing(owner, {"class_name": "function", "config": name}) from error
    return name


def restore_optimizer(path: Path | str, entry: str, model: Model, arrays: Sequence[Array]) -> None:
    """Let the optimizer go on from where it was; see `for_optimizer`."""
    for variable, array in for_optimizer(path, entry, model, arrays):
        variable.assign(array)


def for_optimizer(
    path: Path | str, entry: str, model: Model, arrays: Sequence[Array]
) -> list[tuple[Weight, Array]]:
    """Return variables of the optimizer, each with what is to be assigned to it.

    One that was never built has no slots: its steps and its learning rate are taken. Where there
    are slots for other weights, as when layers were frozen since, all is left out with a warning.

    Args:
        path, entry: where the arrays come from, for messages.
        model: a compiled model.
        arrays: in the order of `Optimizer.variables`.

    Raises:
        FormatError: the number of steps or the learning rate is none.
    """
    assert model.compiled is not None
    model.compiled.ready(model.trainable_weights)
    own = model.optimizer.variables
    first = [each for each in own if each.name in ("iteration", "learning_rate")]
    taken = own if len(arrays) == len(own) else first[: len(arrays)]
    if [array.shape for array in arrays] != [each.shape for each in taken]:
        warn(
            f"{path}: what the optimizer kept is left out. '{entry}' has {len(arrays)} arrays, of "
            f"which those of {type(model.optimizer).__name__}, {len(own)} for the weights that are "
            "trainable now, differ in number or shape. Compile the model as it was to go on."
        )
        return []
    pairs = list(zip(taken, arrays, strict=True))
    for variable, array in pairs:
        wrong = _misfit(variable.name, array)
        if wrong:
            raise FormatError(f"{path}: '{variable.name}' in '{entry}' must {wrong}.")
    return pairs


def _misfit(name: str, array: Array) -> str:
    """Say what a number of an optimizer must be that it is not, "" if nothing."""
    if name == "iteration" and (array.dtype.kind not in "iu" or array < 0):
        return f"be a number of steps; got {array.dtype} {array}"
    if name == "learning_rate" and not 0 <= array < np.inf:
        return f"be at least 0 and finite; got {array}"
    return ""


# ---------------------------------------------------------------------- JSON


def as_json(value: Any) -> bytes:
    """Return the text of a configuration.

    Raises:
        UnsupportedError: it has a value that JSON has no form for.
    """
    return json.dumps(value, allow_nan=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return what JSON has no form for, a number of NumPy's, as one that it has."""
    if isinstance(value, np.generic):
        return value.item()
    what, rule = "a value", "a number, a text, or a list or dictionary of such"
    if isinstance(value, np.random.Generator):
        what, rule = "`seed`", "an integer or None"
    raise UnsupportedError(f"save: {what} must be {rule} to be saved; got {value!r}.")


def parsed(path: Path | str, entry: str, text: str | bytes) -> Any:
    """Return what an entry of a file says.

    Raises:
        FormatError: it is not JSON.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: {entry!r} must be JSON; {error}.") from error
    return found
