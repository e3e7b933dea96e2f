"""Keras's older `.h5` files are read: whole models and weights alone, of Keras 1, 2 and 3.

model_config                       attribute: the architecture as JSON; weights alone lack it
training_config                    attribute: what `compile` was given
model_weights                      attributes: layer_names, keras_version, backend
model_weights/lstm                 attribute: weight_names, in order; elman_places (elman's)
model_weights/lstm/lstm/kernel     an array; how it is called says nothing
optimizer_weights                  attribute: weight_names, in order
elman_training                     what else training goes on with (elman's)

In files of weights alone, what is in `model_weights` lies at the top. A list of names that is too
long for an attribute goes on in others: weight_names0, weight_names1 and so on. They are written by
`keras_h5_writing`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError
from elman.formats import (
    hdf5,
    keras_1,
    keras_2,
    keras_2_slots,
    keras_by_layer,
    keras_config,
    keras_loss_scale,
    keras_older_weights,
)
from elman.layers import Layer
from elman.layers.parts import made
from elman.layers.saved import keras_operations
from elman.models import Model, saved_training

ENDINGS = (".h5", ".hdf5")
WEIGHTS, OPTIMIZER = "model_weights", "optimizer_weights"
CONFIG, TRAINING = "model_config", "training_config"


def load(path: Path, compile: bool) -> Model:
    """Read a whole model.

    Raises:
        FormatError: the file holds weights alone, or is damaged.
        UnsupportedError: the model has what elman does not have.
    """
    with hdf5.reading(path) as reader:
        text = reader.attribute("", CONFIG)
        if text is None:
            raise FormatError(
                f"{path}: it must hold a model, and holds weights alone. Make the model, and read "
                "them with `model.load_weights(filepath)`."
            )
        version = _version(reader, "")
        config = keras_config.parsed(path, CONFIG, text)
        if version < 2:
            config = keras_2.guarded(path, CONFIG, keras_1.layer, config)
        if version < 3:
            config = keras_2.model(path, config)
        else:
            config = keras_2.guarded(path, CONFIG, keras_operations.with_modules, config)
        with made.to_be_read(reader.size):
            model = keras_config.described(path, CONFIG, config)
        kept = reader.under(saved_training.FOLDER)
        saved_training.restore_trainable(path, model, kept)
        others = _of_no_layer(reader, model)
        if others and version < 3:
            load_weights(reader, model)  # models inside had no names of their own before 2.2.3
        elif others:
            what = f"it has '{_join(WEIGHTS, others[0])}' too, of which the model has no layer"
            raise keras_by_layer.not_of(path, model, what)
        else:
            keras_by_layer.assign(path, model, _by_name(reader, model))
        training = reader.attribute("", TRAINING)
        if compile and training is not None:
            _recompile(reader, model, version, keras_config.parsed(path, TRAINING, training))
            saved_training.restore(path, model, kept)
    return model


def _of_no_layer(reader: hdf5.Reader, model: Model) -> list[str]:
    """Return the names by which a whole model's file has weights that no layer has."""
    known = {layer.name for layer in model.layers}
    return [
        name
        for name in _layer_names(reader, WEIGHTS)
        if name not in known and _names(reader, _join(WEIGHTS, name), "weight_names")
    ]


def _by_name(reader: hdf5.Reader, model: Model) -> keras_by_layer.Pairs:
    """Return the layers of a model with their arrays, which a file of the whole model has."""
    layers = {layer.name: layer for layer in model.layers}
    names = [name for name in _layer_names(reader, WEIGHTS) if name in layers]
    return [_pair(reader, WEIGHTS, layers[name], name) for name in names]


def _recompile(reader: hdf5.Reader, model: Model, version: int, config: Any) -> None:
    """Compile a model as its file says, and let its optimizer go on."""
    if version < 3:
        chosen = keras_2.compile_config(reader.path, config)
    else:
        chosen = keras_2.guarded(reader.path, TRAINING, _chosen, config)
    keras_config.recompile(reader.path, TRAINING, model, chosen)
    if OPTIMIZER not in reader.groups:
        return
    names = _names(reader, OPTIMIZER, "weight_names")
    arrays = [_array(reader, OPTIMIZER, name) for name in names]
    if version < 3:
        old = keras_2_slots.are_old(config.get("optimizer_config"))
        arrays = keras_2_slots.in_order(f"{reader.path}: '{OPTIMIZER}'", model, arrays, old)
    inside = keras_loss_scale.arrays_inside(chosen["optimizer"], arrays)
    keras_config.restore_optimizer(reader.path, OPTIMIZER, model, inside)


def _chosen(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Keras 3 says in an old file that `compile` was given."""
    return {**config, "optimizer": config["optimizer_config"]}


def load_weights(
    reader: hdf5.Reader, model: Model, skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Read weights alone, or those of a whole model, into a model: all of them or none.

    Args:
        reader: an open file.
        model: a built model.
        skip_mismatch: whether layers for which the file has other shapes are left as they are.
        by_name: whether layers are known by their names, and others left; else by their order.

    Raises:
        FormatError: the file does not hold this model's weights; the model is unchanged.
    """
    group = WEIGHTS if WEIGHTS in reader.groups else ""
    names = _layer_names(reader, group)
    if by_name:
        layers = {layer.name: layer for layer in model.layers}
        names = [name for name in names if name in layers]
        found = [layers[name] for name in names]
    else:
        names = [name for name in names if _names(reader, _join(group, name), "weight_names")]
        found = [layer for layer in model.layers if layer.weights]
        if len(found) != len(names):
            what = f"that has {len(found)} layers with weights, and the file {len(names)}"
            raise keras_by_layer.not_of(reader.path, model, what)
    pairs = [_pair(reader, group, layer, name) for layer, name in zip(found, names, strict=True)]
    keras_by_layer.assign(reader.path, model, pairs, skip_mismatch, whole=not by_name)


def is_older(reader: hdf5.Reader) -> bool:
    """Say whether an HDF5 file is in the older form, not in that of `.weights.h5`."""
    return WEIGHTS in reader.groups or any(
        reader.attribute("", name) is not None for name in ("layer_names", "layer_names0")
    )


def _pair(
    reader: hdf5.Reader, group: str, layer: Layer, name: str
) -> tuple[Layer, list[Array], str]:
    """Return a layer, what a file has for it as its weights have it, and the group of that."""
    inside = _join(group, name)
    names = _names(reader, inside, "weight_names")
    arrays = keras_older_weights.as_trained_now(
        f"{reader.path}: '{inside}'",
        layer,
        names,
        [_array(reader, inside, each) for each in names],
        reader.attribute(inside, keras_older_weights.PLACES),
    )
    version, backend = _version(reader, group), _about(reader, group, "backend")
    return layer, keras_older_weights.converted(layer, arrays, version, backend), inside


def _layer_names(reader: hdf5.Reader, group: str) -> list[str]:
    """Return the names of the layers of a file.

    Raises:
        FormatError: one is there twice.
    """
    names = _names(reader, group, "layer_names")
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise FormatError(
            f"{reader.path}: 'layer_names' of '{group}' must have each layer once; got '{twice}' "
            "twice."
        )
    return names


def _join(*names: str) -> str:
    return "/".join(name for name in names if name)


def _version(reader: hdf5.Reader, group: str) -> int:
    """Return the first number of the version of Keras, 1 where the file does not say it."""
    return keras_2.major(_about(reader, group, "keras_version"))


def _about(reader: hdf5.Reader, group: str, name: str) -> Any:
    """Return what a group or the file says of itself, None if nothing."""
    for where in (group, "", WEIGHTS):
        found = reader.attribute(where, name) if where in reader.groups else None
        if found is not None:
            return found
    return None


def _names(reader: hdf5.Reader, group: str, name: str) -> list[str]:
    """Return a list of names that a group has as attributes.

    Raises:
        FormatError: there is no such group, or it has no such list.
    """
    if group not in reader.groups:
        raise FormatError(f"{reader.path}: the file must hold the group '{group}'; it does not.")
    found = reader.attribute(group, name)
    if found is None:
        found, number = [], 0
        while (part := reader.attribute(group, f"{name}{number}")) is not None:
            found += list(part)
            number += 1
    names = list(found) if isinstance(found, (list, np.ndarray)) else [found]
    if not all(isinstance(each, str) for each in names):
        raise FormatError(f"{reader.path}: '{name}' of '{group}' must be names; got {names!r:.60}.")
    return names


def _array(reader: hdf5.Reader, group: str, name: str) -> Array:
    """Return an array of a group.

    Raises:
        FormatError: there is none of that name, or it is none of numbers.
    """
    path = _join(group, name)
    if path not in reader.arrays:
        raise FormatError(f"{reader.path}: the file must hold '{path}'; it does not.")
    return reader.array(path)
