"""Whole models in Keras 3's form, which is elman's own too.

    model.keras   a zip of   metadata.json       who wrote it
                             config.json         the architecture, and what `compile` chose
                             model.weights.h5    see `elman.formats.keras_weights`
                             extra/NAME.json     what else belongs to it: a scaler (elman's)

What elman writes, Keras 3 loads, as far as it has the layers; what Keras writes, elman loads.
Loading reads JSON and arrays of numbers, and runs no code: there is no pickle, and classes come
from elman's own tables alone, or from yours.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman import __version__, _custom, losses, metrics, optimizers
from elman.errors import ElmanError, FormatError, NotBuiltError, UnsupportedError
from elman.formats import files, hdf5, keras_weights, zips
from elman.layers import CLASSES, deserialize, serialize
from elman.layers.parts import made
from elman.layers.parts.kinds import is_yours
from elman.layers.parts.nesting import with_sublayers
from elman.layers.saved.serialization import class_name
from elman.models import Model, own_model

ENDING = ".keras"
LIKE = "3.15.1"  # the version of Keras whose form this is
CONFIG, METADATA = "config.json", "metadata.json"


def save(
    model: Model,
    filepath: Any,
    overwrite: bool = True,
    extra: Mapping[str, Any] | None = None,
    include_optimizer: bool = True,
    states: bool = False,
) -> None:
    """Write a model to one file.

    Args:
        model: a built model.
        filepath: ends in ".keras".
        overwrite: whether a file that is there may be replaced.
        extra: more to keep with it, name -> what JSON can hold.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states: whether what stateful layers carry goes with it.

    Raises:
        ArgumentError: the file may not be written; no layer is stateful.
        NotBuiltError: there are no weights yet.
        UnsupportedError: a layer's class or a value is none that a file can hold.
    """
    path = files.to_write(model, filepath, (ENDING,), overwrite)
    _check_classes(model)
    config, optimizer = serialize(model), None
    if model.is_own:
        config["called_with"] = vars(model).get("drawn_with")
    if include_optimizer and model.compiled is not None:
        config["compile_config"] = compile_config(model)
        model.compiled.ready(model.trainable_weights)
        optimizer = model.optimizer
    entries = {
        METADATA: _json({"keras_version": LIKE, "elman_version": __version__}),
        CONFIG: _json(config),
        keras_weights.VARIABLES: hdf5.written(keras_weights.groups(model, states, optimizer)),
        **{f"extra/{name}.json": _json(value) for name, value in (extra or {}).items()},
    }
    with files.replacing(path) as file, zips.writing(file) as archive:
        for name, data in entries.items():
            zips.put(archive, name, data)


def load(
    filepath: Any, compile: bool = True, custom_objects: Mapping[str, Any] | None = None
) -> Model:
    """Read a model that elman or Keras 3 wrote.

    Args:
        filepath: ends in ".keras".
        compile: whether to restore the optimizer, the losses and the metrics too.
        custom_objects: classes and functions of your own in it, by name.

    Raises:
        FormatError: the file is none that they write, or is damaged.
        UnsupportedError: it has a layer, loss, metric or optimizer that elman does not have.
    """
    with _custom.scope(custom_objects or {}):
        return load_with_extra(filepath, compile)[0]


def load_with_extra(filepath: Any, compile: bool = True) -> tuple[Model, dict[str, Any]]:
    """Read a model, and what else was kept with it."""
    path = files.to_read(filepath)
    if hdf5.begins(path):
        raise FormatError(
            f"{path}: it must hold a model, and holds weights alone. Make the model, and read "
            "them with `model.load_weights(filepath)`."
        )
    with zips.reading(path) as archive:
        config = _parsed(archive, CONFIG)
        with hdf5.reading(path, archive.read(keras_weights.VARIABLES)) as reader:
            with made.to_be_read(sum(array.size for array in reader.arrays.values())):
                model = _model(path, config)
            _check_built(path, model)
            keras_weights.take(reader, model)
            if compile and config.get("compile_config"):
                recompile(path, model, config["compile_config"])
                _restore_optimizer(reader, model)
        extra = {
            Path(name).stem: _parsed(archive, name)
            for name in archive.names
            if name.startswith("extra/") and name.endswith(".json")
        }
    return model, extra


def _model(path: Path, config: Any) -> Model:
    """Return the model that a file describes, its weights new."""
    try:
        model = deserialize(config)
        specs = config.get("called_with")
        if isinstance(model, Model) and model.is_own and not model.drawn and specs is not None:
            own_model.redraw(model, specs)
    except (FormatError, UnsupportedError) as error:
        raise type(error)(f"{path}: {error}") from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(f"{path}: 'config.json' must describe a model; {error}") from error
    if not isinstance(model, Model):
        raise FormatError(f"{path}: 'config.json' must describe a model; got {model.owner}.")
    return model


def _check_built(path: Path, model: Model) -> None:
    """Check that a model knows the shapes of its weights."""
    if not model.built:
        raise NotBuiltError(
            f"{path}: 'config.json' must say the shape of the model's inputs; it does not. Build "
            "the model in Keras before it is saved."
        )


# ---------------------------------------------------------------------- what compile chose


def _check_classes(model: Model) -> None:
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


def recompile(path: Path, model: Model, config: Any) -> None:
    """Compile a model as a file says it was.

    Raises:
        FormatError: the file does not say it in Keras's form.
        UnsupportedError: elman has no such optimizer, loss or metric.
    """
    again = "Load the model with `compile=False`, and compile it anew."
    try:
        model.compile(
            optimizers.deserialize(config["optimizer"]),
            _objects(config.get("loss"), losses.deserialize),
            config.get("loss_weights"),
            _objects(config.get("metrics"), metrics.deserialize),
            _objects(config.get("weighted_metrics"), metrics.deserialize),
        )
    except UnsupportedError as error:
        raise UnsupportedError(f"{path}: {error} {again}") from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(
            f"{path}: 'compile_config' must say what the model was compiled with; {error} {again}"
        ) from error


def _objects(given: Any, read: Any) -> Any:
    """Return an argument of `compile` from a file: configurations become objects again."""
    if isinstance(given, dict):
        if "class_name" in given:
            return read(given)
        return {key: _objects(value, read) for key, value in given.items()}
    return [_objects(value, read) for value in given] if isinstance(given, list) else given


def _restore_optimizer(reader: hdf5.Reader, model: Model) -> None:
    """Let the optimizer go on from where it was.

    Raises:
        FormatError: the file holds what another optimizer keeps, or for other weights.
    """
    group = keras_weights.OPTIMIZER
    names = [f"{group}/{name}" for name in reader.groups.get(group, ())]
    assert model.compiled is not None
    if not names or not model.compiled.ready(model.trainable_weights):
        return
    arrays = [reader.array(name) for name in sorted(names, key=lambda name: (len(name), name))]
    try:
        model.optimizer.set_weights(arrays)
    except ElmanError as error:
        raise FormatError(f"{reader.path}: '{group}' must fit the optimizer; {error}") from error


# ---------------------------------------------------------------------- JSON


def _json(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return what JSON has no form for, a number of NumPy's, as one that it has."""
    if isinstance(value, np.generic):
        return value.item()
    what, rule = "a value", "a number, a text, or a list or dictionary of such"
    if isinstance(value, np.random.Generator):
        what, rule = "`seed`", "an integer or None"
    raise UnsupportedError(f"save: {what} must be {rule} to be saved; got {value!r}.")


def _parsed(archive: zips.Archive, name: str) -> Any:
    """Return what an entry of a file says.

    Raises:
        FormatError: it is not JSON, or no dictionary of it.
    """
    try:
        found = json.loads(archive.read(name))
    except (ValueError, RecursionError) as error:
        if isinstance(error, ElmanError):
            raise
        raise FormatError(f"{archive.path}: {name!r} must be JSON; {error}.") from error
    return found
