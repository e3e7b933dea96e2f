"""Whole models in Keras 3's form, which is elman's own too.

    model.keras   a zip of   metadata.json       who wrote it
                             config.json         the architecture, and what `compile` chose
                             model.weights.h5    see `elman.formats.keras_weights`
                             extra/NAME.json     what else belongs to it: a scaler (elman's)

What elman writes, Keras 3 loads, as far as it has the layers; what Keras writes, elman loads.
Loading reads JSON and arrays of numbers, and runs no code: there is no pickle, and classes come
from elman's own tables alone, or from yours.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elman import __version__, _custom
from elman.formats import (
    files,
    hdf5,
    keras_2,
    keras_2_slots,
    keras_2_time,
    keras_config,
    keras_groups,
    keras_h5,
    keras_h5_writing,
    keras_loss_scale,
    keras_weights,
    zips,
)
from elman.layers import serialize
from elman.layers.parts import made
from elman.models import Model, own_model, saved_training

ENDING = ".keras"
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
        filepath: ends in ".keras", or in ".h5" or ".hdf5" for Keras's older form.
        overwrite: whether a file that is there may be replaced.
        extra: more to keep with it, name -> what JSON can hold.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states: whether what stateful layers carry goes with it.

    Raises:
        ArgumentError: the file may not be written; no layer is stateful.
        NotBuiltError: there are no weights yet.
        UnsupportedError: a layer's class or a value is none that a file can hold.
    """
    path = files.to_write(model, filepath, (ENDING, *keras_h5.ENDINGS), overwrite)
    keras_config.check_classes(model)
    if path.name.lower().endswith(keras_h5.ENDINGS):
        keras_h5_writing.save(model, path, include_optimizer, states, extra)
        return
    entries = _entries(model, include_optimizer, states)
    for name, value in (extra or {}).items():
        entries[f"extra/{name}.json"] = keras_config.as_json(value)
    with files.replacing(path) as file, zips.writing(file) as archive:
        for name, data in entries.items():
            zips.put(archive, name, data)


def _entries(model: Model, include_optimizer: bool, states: bool) -> dict[str, bytes]:
    """Return the entries of a model's file."""
    config, optimizer = serialize(model), None
    if model.is_own:
        config.update(own_model.called_with(model))
    if include_optimizer and model.compiled is not None:
        config["compile_config"] = keras_config.compile_config(model)
        model.compiled.ready(model.trainable_weights)
        optimizer = model.optimizer
    groups = keras_weights.groups(model, states, optimizer)
    keras_groups.add_training(groups, model, optimizer is not None)
    about = {"keras_version": keras_config.LIKE, "elman_version": __version__}
    return {
        METADATA: keras_config.as_json(about),
        CONFIG: keras_config.as_json(config),
        keras_weights.VARIABLES: hdf5.written(groups),
    }


def load(
    filepath: Any, compile: bool = True, custom_objects: Mapping[str, Any] | None = None
) -> Model:
    """Read a model that elman or Keras wrote; what the file is, its bytes say.

    Args:
        filepath: of a ".keras" or a ".h5" file.
        compile: whether to restore the optimizer, the losses and the metrics too.
        custom_objects: classes and functions of your own in it, by name.

    Raises:
        FormatError: the file is none that they write, or is damaged.
        UnsupportedError: it has a layer, loss, metric or optimizer that elman does not have.
    """
    path = files.to_read(filepath)
    with _custom.scope(custom_objects or {}):
        if hdf5.begins(path):
            return keras_h5.load(path, compile)
        with zips.reading(path) as archive:
            return _model(archive, compile)


def load_with_extra(filepath: Any, compile: bool = True) -> tuple[Model, dict[str, Any]]:
    """Read a model, and what else was kept with it."""
    path = files.to_read(filepath)
    if hdf5.begins(path):
        return keras_h5.load(path, compile), {}
    with zips.reading(path) as archive:
        model = _model(archive, compile)
        extra = {
            Path(name).stem: keras_config.parsed(path, name, archive.read(name))
            for name in archive.names
            if name.startswith("extra/") and name.endswith(".json")
        }
    return model, extra


def _model(archive: zips.Archive, compile: bool) -> Model:
    """Return the model of an open file."""
    path = archive.path
    config = keras_config.parsed(path, CONFIG, archive.read(CONFIG))
    version = _version(archive)
    if version < 3:
        keras_2.guarded(path, CONFIG, keras_2_time.check_nested, config)
        config = keras_2.model(path, config)
    with hdf5.reading(path, archive.read(keras_weights.VARIABLES), archive.room) as reader:
        with made.to_be_read(reader.size):
            model = keras_config.described(path, CONFIG, config)
        kept = reader.under(saved_training.FOLDER)
        saved_training.restore_trainable(path, model, kept)
        keras_weights.take(reader, model)
        chosen = config.get("compile_config")
        if compile and chosen:
            _restore(reader, model, version, chosen)
            saved_training.restore(path, model, kept)
    return model


def _version(archive: zips.Archive) -> int:
    """Return the first number of the version of Keras that wrote a file."""
    about = {}
    if METADATA in archive.names:
        about = keras_config.parsed(archive.path, METADATA, archive.read(METADATA))
    written = about.get("keras_version") if isinstance(about, dict) else None
    return keras_2.major(written) if isinstance(written, str) else 3


def _restore(reader: hdf5.Reader, model: Model, version: int, config: Any) -> None:
    """Compile a model as its file says, and let its optimizer go on."""
    chosen = keras_2.compile_config(reader.path, config) if version < 3 else config
    keras_config.recompile(reader.path, "compile_config", model, chosen)
    group, arrays = keras_weights.OPTIMIZER, keras_weights.optimizer_arrays(reader)
    if version < 3:
        old = keras_2_slots.are_old(config.get("optimizer"))
        arrays = keras_2_slots.in_order(f"{reader.path}: '{group}'", model, arrays, old)
    inside = keras_loss_scale.arrays_inside(chosen["optimizer"], arrays)
    keras_config.restore_optimizer(reader.path, group, model, inside)
