"""Whole models are written as Keras's older `.h5` files, in the form of Keras 3.

Which groups and attributes such a file has, `keras_h5` says, which reads them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elman import losses, metrics
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.formats import files, hdf5, keras_config, keras_groups, keras_older_weights
from elman.formats.keras_h5 import CONFIG, OPTIMIZER, TRAINING, WEIGHTS
from elman.layers import Layer, serialize
from elman.models import Model

TOP = "top_level_model_weights"
MOST = 60_000  # bytes of an attribute, of which HDF5 can hold 64 kB


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
    data = hdf5.written(_groups(model, include_optimizer))
    with files.replacing(path) as file:
        file.write(data)


def _groups(model: Model, include_optimizer: bool) -> dict[str, Any]:
    """Return all that is kept of a model as groups of a file: attributes and arrays of each."""
    config = serialize(model)
    about = {"keras_version": keras_config.LIKE, "backend": "tensorflow"}
    top = {**about, CONFIG: _text({key: config[key] for key in ("class_name", "config")})}
    names = _listed("layer_names", [layer.name for layer in model.layers])
    groups: dict[str, Any] = {"": (top, {}), WEIGHTS: ({**about, **names}, {})}
    for layer in model.layers:
        groups[f"{WEIGHTS}/{layer.name}"] = _group_of(layer)
    groups[f"{WEIGHTS}/{TOP}"] = _group([])
    if include_optimizer and model.compiled is not None:
        top[TRAINING] = _text(_training(model))
        model.compiled.ready(model.trainable_weights)
        groups[OPTIMIZER] = _group([(each.path, each.array) for each in model.optimizer.variables])
    keras_groups.add_training(groups, model, OPTIMIZER in groups)
    return groups


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
    if not isinstance(given, str) or given in keras_config.OF_OUTPUTS:
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


def _group_of(layer: Layer) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the weights of a layer, with their names and places."""
    weights = keras_older_weights.in_configured_order(layer)
    attributes, arrays = _group([(weight.path, weight.array) for weight in weights])
    if weights:
        attributes[keras_older_weights.PLACES] = keras_older_weights.places(layer, weights)
    return attributes, arrays


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
