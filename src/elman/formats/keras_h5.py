"""Keras's older `.h5` files: whole models and weights alone, of Keras 1, 2 and 3.

model_config                       attribute: the architecture as JSON; weights alone lack it
training_config                    attribute: what `compile` was given
model_weights                      attributes: layer_names, keras_version, backend
model_weights/lstm                 attribute: weight_names, in order
model_weights/lstm/lstm/kernel     an array; how it is called says nothing
optimizer_weights                  attribute: weight_names, in order

In files of weights alone, what is in `model_weights` lies at the top. A list of names that is too
long for an attribute goes on in others: weight_names0, weight_names1 and so on.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elman import losses, metrics
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats import (
    files,
    hdf5,
    keras_1,
    keras_2,
    keras_2_slots,
    keras_by_layer,
    keras_config,
    keras_older_weights,
)
from elman.layers import Layer, serialize
from elman.layers.parts import made
from elman.layers.saved import keras_operations
from elman.models import Model

ENDINGS = (".h5", ".hdf5")
LIKE = "3.15.1"  # the version of Keras whose form is written
WEIGHTS, OPTIMIZER, TOP = "model_weights", "optimizer_weights", "top_level_model_weights"
CONFIG, TRAINING = "model_config", "training_config"
WORDS = ("accuracy", "acc", "crossentropy", "ce")  # which metric is meant, the outputs say
MOST = 60_000  # bytes of an attribute, of which HDF5 can hold 64 kB


# ---------------------------------------------------------------------- reading


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
        with made.to_be_read(sum(array.size for array in reader.arrays.values())):
            model = keras_config.described(path, CONFIG, config)
        by_name = {layer.name: layer for layer in model.layers}
        names = [name for name in _names(reader, WEIGHTS, "layer_names") if name in by_name]
        pairs = [(by_name[n], _arrays(reader, WEIGHTS, by_name[n], n)) for n in names]
        keras_by_layer.assign(path, model, pairs)
        training = reader.attribute("", TRAINING)
        if compile and training is not None:
            _recompile(reader, model, version, keras_config.parsed(path, TRAINING, training))
    return model


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
        arrays = keras_2_slots.in_order(model, arrays, old)
    keras_config.restore_optimizer(reader.path, OPTIMIZER, model, arrays)


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
    names = _names(reader, group, "layer_names")
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
    pairs = [
        (layer, _arrays(reader, group, layer, name))
        for layer, name in zip(found, names, strict=True)
    ]
    keras_by_layer.assign(reader.path, model, pairs, skip_mismatch, whole=not by_name)


def is_older(reader: hdf5.Reader) -> bool:
    """Say whether an HDF5 file is in the older form, not in that of `.weights.h5`."""
    return WEIGHTS in reader.groups or any(
        reader.attribute("", name) is not None for name in ("layer_names", "layer_names0")
    )


def _arrays(reader: hdf5.Reader, group: str, layer: Layer, name: str) -> list[Array]:
    """Return what a file has for a layer, as its weights have it."""
    inside = _join(group, name)
    arrays = [_array(reader, inside, each) for each in _names(reader, inside, "weight_names")]
    backend = _about(reader, group, "backend")
    return keras_older_weights.converted(layer, arrays, _version(reader, group), backend)


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


# ---------------------------------------------------------------------- writing


def save(
    model: Model,
    path: Path,
    include_optimizer: bool,
    states: bool,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write a whole model.

    Args:
        model: a built model, whose layers have been checked.
        path: of the file.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states, extra: what this form has no place for.

    Raises:
        UnsupportedError: there is more to be kept than this form has a place for.
    """
    if states or extra or model.is_own:
        what = "a model of your own" if model.is_own else "states" if states else "what is more"
        raise UnsupportedError(
            f"{model.owner}: `filepath` must end in '.keras' for {what}; got '{path}'."
        )
    config = serialize(model)
    about = {"keras_version": LIKE, "backend": "tensorflow"}
    top = {**about, CONFIG: _text({key: config[key] for key in ("class_name", "config")})}
    layers = list(model.layers)
    names = _listed("layer_names", [layer.name for layer in layers])
    groups: dict[str, Any] = {"": (top, {}), WEIGHTS: ({**about, **names}, {})}
    for layer in layers:
        weights = keras_older_weights.in_file_order(layer)
        named = [(weight.path, weight.array) for weight in weights]
        groups[f"{WEIGHTS}/{layer.name}"] = _group(named)
    groups[f"{WEIGHTS}/{TOP}"] = _group([])
    if include_optimizer and model.compiled is not None:
        top[TRAINING] = _text(_training(model))
        model.compiled.ready(model.trainable_weights)
        groups[OPTIMIZER] = _group([(each.path, each.array) for each in model.optimizer.variables])
    data = hdf5.written(groups)
    with files.replacing(path) as file:
        file.write(data)


def _training(model: Model) -> dict[str, Any]:
    """Return what `compile` was given, as Keras reads it in this form."""
    chosen = keras_config.compile_config(model)
    chosen["optimizer_config"] = chosen.pop("optimizer")
    chosen["loss"] = _as_classes(chosen["loss"], losses)
    for key in ("metrics", "weighted_metrics"):
        chosen[key] = _as_classes(chosen[key], metrics)
    return chosen


def _as_classes(given: Any, module: Any) -> Any:
    """Return losses or metrics that are named by functions as classes of the same numbers.

    Keras does not know the names when it reads this form, "accuracy" and the like excepted.
    """
    if isinstance(given, dict) and "class_name" not in given:
        return {key: _as_classes(value, module) for key, value in given.items()}
    if isinstance(given, list):
        return [_as_classes(value, module) for value in given]
    if not isinstance(given, str) or given in WORDS:
        return given
    form: dict[str, Any] = module.serialize(module.get(given))
    form["config"]["name"] = given
    return form


def _text(value: Any) -> str:
    return keras_config.as_json(value).decode()


def _group(named: Sequence[tuple[str, Array]]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return arrays and their names in order, each name once."""
    found: dict[str, Array] = {}
    for name, array in named:
        once = next(each for each in _ever(name) if each not in found)
        found[once] = np.asarray(array)
    return _listed("weight_names", list(found)), found


def _ever(name: str) -> Any:
    """Yield a name, and others like it."""
    yield name
    number = 1
    while True:
        yield f"{name}_{number}"
        number += 1


def _listed(name: str, values: list[str]) -> dict[str, Any]:
    """Return a list of names as attributes: one, or as many as it needs."""
    encoded = [value.encode() for value in values]
    width = max(map(len, encoded), default=1)
    if width * len(encoded) <= MOST:
        return {name: encoded}
    step = max(MOST // width, 1)
    starts = range(0, len(encoded), step)
    return {f"{name}{i}": encoded[start : start + step] for i, start in enumerate(starts)}
