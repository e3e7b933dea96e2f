"""Weights in Keras 3's form: `.weights.h5`, and `model.weights.h5` inside a `.keras` file.

layers/dense/vars/0       the weights of each layer, see `elman.formats.keras_groups`
optimizer/vars/0          what an optimizer keeps: iteration, learning rate, slots
states/0002/1             what the third stateful layer carries, if it was asked for (elman's)
elman_training/…          see `elman.models.saved_training` (elman's)
"""

import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman._warning import warn
from elman.errors import ArgumentError, FormatError, NotBuiltError
from elman.formats import files, hdf5, keras_2_slots, keras_config, keras_h5, zips
from elman.formats.keras_groups import Holder, add, holders
from elman.models import Model, saved_states, saved_training
from elman.optimizers import Optimizer
from elman.parameters import Weight

ENDING = ".weights.h5"
VARIABLES = "model.weights.h5"  # the same inside a `.keras` file
OPTIMIZER, STATES = "optimizer/vars", "states/"
# What Keras may keep beside weights, and what it kept them under in 2.12.
BESIDE = ("optimizer/", "metrics/", "_metrics/", "loss/", "_loss_tracker/", STATES,
          saved_training.FOLDER)  # fmt: skip
FIRST, FORMERLY = "layers/", "_layer_checkpoint_dependencies/"

Groups = dict[str, tuple[Mapping[str, Any], Mapping[str, Array]]]


def save(model: Model, filepath: Any, overwrite: bool = True, states: bool = False) -> None:
    """Write the weights of a model, and if wanted what its stateful layers carry.

    As in Keras, what the optimizer of a model in training keeps goes with them.

    Args:
        model: a built model.
        filepath: ends in ".weights.h5".
        overwrite: whether a file that is there may be replaced.
        states: whether what stateful layers carry goes with them.

    Raises:
        ArgumentError: the file may not be written; no layer is stateful.
        NotBuiltError: there are no weights yet.
    """
    path = files.to_write(model, filepath, (ENDING,), overwrite)
    in_training = model.compiled is not None and model.optimizer.built
    data = hdf5.written(groups(model, states, model.optimizer if in_training else None))
    with files.replacing(path) as file:
        file.write(data)


def groups(model: Model, states: bool, optimizer: Optimizer | None = None) -> Groups:
    """Return all that is kept of a model as groups of a file."""
    found: Groups = {
        holder.variables: (
            {"name": holder.layer.name},
            {str(i): weight.array for i, weight in enumerate(holder.weights)},
        )
        for holder in holders(model)
    }
    if optimizer is not None:
        kept = enumerate(optimizer.state().values())
        found[OPTIMIZER] = {"name": optimizer.name}, {str(i): np.asarray(a) for i, a in kept}
    add(found, saved_states.entries(model) if states else ())
    return found


def load(model: Model, filepath: Any, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Read weights into a model, all of them or none.

    Args:
        model: a built model.
        filepath: a file of weights, or a `.keras` file.
        skip_mismatch: whether layers for which the file has other shapes, or nothing, are left as
            they are, with a warning.
        by_name: whether layers of a file in the older form are known by their names.

    Raises:
        ArgumentError: `by_name` is True for a file in the newer form.
        FormatError: the file does not hold this model's weights; the model is unchanged.
        NotBuiltError: the model has no weights yet.
    """
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built before weights are loaded; it is not. Call "
            "it on data first, or `build(input_shape)`."
        )
    path = files.to_read(filepath)
    data = room = None
    if not hdf5.begins(path) and zipfile.is_zipfile(path):
        with zips.reading(path) as archive:
            data, room = archive.read(VARIABLES), archive.room
    with hdf5.reading(path, data, room) as reader:
        if keras_h5.is_older(reader):
            keras_h5.load_weights(reader, model, skip_mismatch, by_name)
            return
        if by_name:
            raise ArgumentError(
                f"{model.owner}: `by_name` must be False for '{path}', which knows layers by "
                "class and order; got True."
            )
        take(reader, model, skip_mismatch, goes_on=model.compiled is not None)


def take(
    reader: hdf5.Reader, model: Model, skip_mismatch: bool = False, goes_on: bool = False
) -> None:
    """Give a model the weights of an open file, and the states if there are some.

    With `goes_on` its optimizer goes on from where the file's was. All is read before anything is
    assigned.
    """
    found = holders(model)
    arrays = those_that_fit(reader, found) if skip_mismatch else all_of(reader, model, found)
    kept = _for_optimizer(reader, model) if goes_on else []
    states = reader.under(STATES)
    if states:
        saved_states.restore(reader.path, model, states)
    for holder in found:
        for weight, array in zip(holder.weights, arrays[holder.path], strict=True):
            weight.assign(array)
    for variable, array in kept:
        variable.assign(array)


def _for_optimizer(reader: hdf5.Reader, model: Model) -> list[tuple[Weight, Array]]:
    """Return variables of the optimizer, each with what the file has for it."""
    arrays = optimizer_arrays(reader)
    if not arrays or not arrays[0].any():  # it has not taken a step
        return []
    if _is_of_keras_2(reader, arrays):
        arrays = keras_2_slots.in_order(f"{reader.path}: '{OPTIMIZER}'", model, arrays)
    return keras_config.for_optimizer(reader.path, OPTIMIZER, model, arrays)


def _is_of_keras_2(reader: hdf5.Reader, arrays: Sequence[Array]) -> bool:
    """Say whether Keras 2 wrote what a file has of an optimizer.

    It wrote neither the learning rate, which Keras 3 has unless there is a schedule, nor a name,
    which Keras 3.0 had not yet.
    """
    has_rate = len(arrays) > 1 and arrays[1].shape == ()
    return not has_rate and reader.attribute(OPTIMIZER, "name") is None


def optimizer_arrays(reader: hdf5.Reader) -> list[Array]:
    """Return what the file has of an optimizer, in order."""
    return [reader.array(name) for name in reader.numbered(OPTIMIZER)]


def all_of(
    reader: hdf5.Reader, model: Model, found: Sequence[Holder]
) -> dict[str, Sequence[Array]]:
    """Return the arrays of all layers by the paths of their groups.

    Raises:
        FormatError: the first weight that has none that fits, or array that has no weight.
    """
    arrays: dict[str, Sequence[Array]] = {}
    left = {name for name in reader.arrays if not name.startswith(BESIDE)}
    for holder in found:
        names = variables(reader, holder)
        left -= set(names)
        wrong = mismatch(reader, holder, names)
        if wrong:
            raise FormatError(
                f"{reader.path}: the file must hold the weights of {model.owner}; {wrong}. Weights "
                "are unchanged."
            )
        arrays[holder.path] = [reader.array(name) for name in names]
    if left:
        raise FormatError(
            f"{reader.path}: the file must hold the weights of {model.owner}; it has "
            f"'{min(left)}' too, of which the model has no layer. Weights are unchanged."
        )
    return arrays


def those_that_fit(reader: hdf5.Reader, found: Sequence[Holder]) -> dict[str, Sequence[Array]]:
    """Return an array for each weight: the file's, or where that does not fit the weight's own.

    The weights of a layer are taken together or not at all. A warning names what is left.
    """
    arrays: dict[str, Sequence[Array]] = {}
    left, over = [], {name for name in reader.arrays if not name.startswith(BESIDE)}
    for holder in found:
        names = variables(reader, holder)
        over -= set(names)
        if mismatch(reader, holder, names):
            arrays[holder.path] = [weight.array for weight in holder.weights]
            left.append(f"'{holder.layer.name}'")
        else:
            arrays[holder.path] = [reader.array(name) for name in names]
    owners = dict.fromkeys(f"'{name.rpartition('/vars/')[0]}'" for name in sorted(over))
    for what, which, end in (
        ("the weights of", left, " as they are"),
        ("out what the file has for", owners, ""),
    ):
        if which:
            warn(f"{reader.path}: `skip_mismatch` left {what} {', '.join(which)}{end}.")
    return arrays


def variables(reader: hdf5.Reader, holder: Holder) -> list[str]:
    """Return the paths of the arrays that the file has for a layer, in order."""
    group = holder.variables
    if group not in reader.groups:
        group = formerly(group)
    return reader.numbered(group)


def formerly(group: str) -> str:
    """Return what Keras 2.12 called a group; it counted the second of a class as 2.

    >>> formerly("layers/gru_1/cell/vars")
    '_layer_checkpoint_dependencies/gru_2/cell/vars'
    """
    parts = group.split("/")
    for i, part in enumerate(parts[1:], 1):
        name, _, number = part.rpartition("_")
        if parts[i - 1] in ("layers", "cells") and number.isdecimal():
            parts[i] = f"{name}_{int(number) + 1}"
    return "/".join(parts).replace(FIRST, FORMERLY)


def mismatch(reader: hdf5.Reader, holder: Holder, names: Sequence[str]) -> str:
    """Say in what the arrays of a file differ from a layer's weights, "" if in nothing."""
    for name, weight in zip(names, holder.weights, strict=False):
        shape = reader.arrays[name].shape
        if shape != weight.shape:
            return (
                f"'{weight.name}' of {holder.layer.owner} has shape {weight.shape}, where the "
                f"file's '{name}' has {shape}"
            )
    if len(names) == len(holder.weights):
        return ""
    if len(names) < len(holder.weights):
        missing = holder.weights[len(names)]
        return f"for '{missing.name}' of {holder.layer.owner} it has nothing"
    return f"it has '{names[len(holder.weights)]}' too, for which {holder.layer.owner} has no place"
