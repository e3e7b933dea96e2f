"""Models as files: elman's own minimal format, until Keras's formats are read and written.

    model.elman            a zip of   model.json          the architecture, in Keras 3's form
                                      training.json       what `compile` chose, if it was called
                                      weights/0000.npy    each weight, in order
                                      optimizer/0000.npy  the optimizer's state, in its order
                                      extra/NAME.json     what else belongs to it, such as a scaler
                           states/0000/0.npy   what stateful layers carry, if it was asked for
    model.weights.npz      a zip of   0000/PATH.npy       each weight, under its place and its path
                           states/0000/0.npy   as above

Saving is atomic: the file is written beside its place, flushed to the disk and moved into it, so
a crash leaves the old file or the new one. Loading reads JSON and arrays of numbers, and runs no
code: there is no pickle, and classes come from elman's own tables alone.
"""

import contextlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman import _custom, _filenames, losses, metrics, optimizers
from elman._typing import Array
from elman.errors import ArgumentError, ElmanError, FormatError, NotBuiltError, UnsupportedError
from elman.layers import CLASSES, deserialize, serialize
from elman.layers.parts.kinds import is_yours
from elman.layers.parts.nesting import with_sublayers
from elman.layers.saved.serialization import class_name
from elman.models import matching, own_model, saved_states
from elman.models.model import Model

VERSION = 1
ENDINGS = (_filenames.MODEL, _filenames.WEIGHTS)
LIMIT = 2**34  # bytes: no entry of an honest file is larger


def save_model(
    model: Model,
    filepath: str | Path,
    overwrite: bool = True,
    extra: dict[str, Any] | None = None,
    include_optimizer: bool = True,
    states: bool = False,
) -> None:
    """Write a model to one file.

    Args:
        model: a built model.
        filepath: ends in ".elman".
        overwrite: whether a file that is there may be replaced.
        extra: more to keep with it, name -> what JSON can hold.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states: whether what stateful layers carry goes with it.
    """
    path = _checked(model, filepath, _filenames.MODEL, overwrite)
    _check_classes(model)
    carried = list(saved_states.entries(model)) if states else []
    architecture = {"elman": VERSION, **serialize(model)}
    if model.is_own:
        architecture["called_with"] = vars(model).get("drawn_with")
    with _replacing(path) as archive:
        _put_json(archive, "model.json", architecture)
        for i, weight in enumerate(model.weights):
            _put_array(archive, f"weights/{i:04d}.npy", weight.array)
        if include_optimizer and model.compiled is not None:
            _put_json(archive, "training.json", _training_config(model))
            model.compiled.ready(model.trainable_weights)
            for i, array in enumerate(model.optimizer.state().values()):
                _put_array(archive, f"optimizer/{i:04d}.npy", np.asarray(array))
        for name, value in (extra or {}).items():
            _put_json(archive, f"extra/{name}.json", value)
        for name, array in carried:
            _put_array(archive, name, array)


def load_model(
    filepath: str | Path,
    compile: bool = True,
    custom_objects: Mapping[str, Any] | None = None,
) -> Model:
    """Read a model that `save` wrote.

    Args:
        filepath: ends in ".elman".
        custom_objects: classes and functions of your own in it, by name.
        compile: whether to restore the optimizer, the losses and the metrics too.

    Raises:
        FormatError: the file is not one that elman wrote, or is damaged.
    """
    with _custom.scope(custom_objects or {}):
        model, _ = load_with_extra(filepath, compile)
    return model


def load_with_extra(filepath: str | Path, compile: bool = True) -> tuple[Model, dict[str, Any]]:
    """Read a model, and what else was kept with it."""
    path = Path(_filenames.path("load", "filepath", filepath))
    with _reading(path) as archive:
        names = archive.namelist()
        if "model.json" not in names and path.name.endswith(_filenames.WEIGHTS):
            raise FormatError(
                f"{path}: it must hold a model, and holds weights alone. Make the model, and read "
                "them with `model.load_weights(filepath)`."
            )
        config = _get_json(path, archive, "model.json")
        if config.get("elman") != VERSION:
            raise FormatError(
                f"{path}: 'model.json' must be of elman's format {VERSION}; "
                f"got {config.get('elman')!r}."
            )
        model = deserialize(config)
        if not isinstance(model, Model):
            raise FormatError(f"{path}: 'model.json' must describe a model; got {model.owner}.")
        if model.is_own and not model.drawn and config.get("called_with") is not None:
            own_model.redraw(model, config["called_with"])
        model.set_weights(_get_arrays(path, archive, "weights/"))
        saved_states.restore(path, model, _get_named(path, archive, saved_states.FOLDER))
        if compile and "training.json" in names:
            _restore_training(path, archive, model)
        extra = {
            Path(name).stem: _get_json(path, archive, name)
            for name in names
            if name.startswith("extra/")
        }
    return model, extra


def save_weights(
    model: Model, filepath: str | Path, overwrite: bool = True, states: bool = False
) -> None:
    """Write the weights of a model, each under its place and its path, and if wanted its states."""
    path = _checked(model, filepath, _filenames.WEIGHTS, overwrite)
    carried = list(saved_states.entries(model)) if states else []
    with _replacing(path) as archive:
        for i, weight in enumerate(model.weights):
            _put_array(archive, matching.entry(model, i, weight), weight.array)
        for name, array in carried:
            _put_array(archive, name, array)


def load_weights(model: Model, filepath: str | Path, skip_mismatch: bool = False) -> None:
    """Read what `save_weights` wrote into a model, see `elman.models.matching`."""
    path = Path(_filenames.path("load", "filepath", filepath))
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built before weights are loaded; it is not. Call "
            "it on data first, or `build(input_shape)`."
        )
    with _reading(path) as archive:
        if "model.json" in archive.namelist():
            raise FormatError(
                f"{path}: it must hold weights alone, and holds a model. Take its weights with "
                "`model.set_weights(elman.models.load_model(filepath).get_weights())`."
            )
        entries = sorted(archive.namelist(), key=lambda n: (len(n.split("/")[0]), n))
        weights = [entry for entry in entries if not entry.startswith(saved_states.FOLDER)]
        arrays = {entry: _get_array(path, archive, entry) for entry in weights}
        states = _get_named(path, archive, saved_states.FOLDER)
    choose = matching.those_that_fit if skip_mismatch else matching.all_of
    chosen = choose(path, model, arrays)
    if states:
        saved_states.restore(path, model, states)
    model.set_weights(chosen)


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


def _training_config(model: Model) -> dict[str, Any]:
    compiled = model.compiled
    assert compiled is not None
    return {
        "optimizer": optimizers.serialize(compiled.optimizer),
        "loss": _named(compiled.loss, losses),
        "metrics": _named(compiled.metric, metrics),
        "weighted_metrics": _named(compiled.weighted, metrics),
        "loss_weights": compiled.loss_weights,
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


def _restore_training(path: Path, archive: zipfile.ZipFile, model: Model) -> None:
    config = _get_json(path, archive, "training.json")
    model.compile(
        optimizers.deserialize(config["optimizer"]),
        _objects(config["loss"], losses.deserialize),
        config["loss_weights"],
        _objects(config["metrics"], metrics.deserialize),
        _objects(config.get("weighted_metrics"), metrics.deserialize),
    )
    assert model.compiled is not None
    arrays = _get_arrays(path, archive, "optimizer/")
    if model.compiled.ready(model.trainable_weights):
        names = list(model.optimizer.state())
        if len(names) != len(arrays):
            raise FormatError(
                f"{path}: 'optimizer' must hold {len(names)} arrays; got {len(arrays)}."
            )
        model.optimizer.load_state(dict(zip(names, arrays, strict=True)))


def _objects(given: Any, read: Any) -> Any:
    """Return an argument of `compile` from a file: configurations become objects again."""
    if isinstance(given, dict):
        if "class_name" in given:
            return read(given)
        return {key: _objects(value, read) for key, value in given.items()}
    return [_objects(value, read) for value in given] if isinstance(given, list) else given


# ---------------------------------------------------------------------- files


def _checked(model: Model, filepath: str | Path, ending: str, overwrite: bool) -> Path:
    path = Path(_filenames.to_write(model.owner, "filepath", filepath, ending))
    if path.exists() and not overwrite:
        raise ArgumentError(
            f"{model.owner}: `filepath` must not exist yet with overwrite=False; got {str(path)!r}."
        )
    if path.is_dir():
        raise ArgumentError(
            f"{model.owner}: `filepath` must be a file; got the folder {str(path)!r}. Name a file "
            f"in it, {str(path / 'model') + ending!r}."
        )
    if not path.parent.is_dir():
        raise ArgumentError(
            f"{model.owner}: `filepath` must be in a directory that exists; got {str(path)!r}."
        )
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built to be saved; it is not. Call it on data "
            "first, or `build(input_shape)`."
        )
    return path


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[zipfile.ZipFile]:
    """Give a zip that takes its place at `path` when it is complete, and leaves none otherwise."""
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        with open(temporary, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except PermissionError as error:
        raise ArgumentError(
            f"save: `filepath` must be a file that may be written; got '{path}': {error.strerror}. "
            "Is it open elsewhere?"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a file for reading; whatever is wrong with its bytes is a FormatError."""
    if _filenames.of_keras(str(path)):
        raise UnsupportedError(
            f"load: `filepath` must be a file that elman wrote; got '{path}'. {_filenames.LATER} "
            "To take a Keras model's weights over, use `set_weights(keras_model.get_weights())`."
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if len(set(names)) != len(names):
                raise FormatError(f"{path}: every entry must be there once; got one twice.")
            yield archive
    except (FileNotFoundError, IsADirectoryError):
        names = [_filenames.renamed(str(path), end) for end in ENDINGS]
        near = next((f" Did you mean {name!r}?" for name in names if os.path.isfile(name)), "")
        raise ArgumentError(
            f"load: `filepath` must be a file that exists; got '{path}'.{near}"
        ) from None
    except ElmanError as error:
        if isinstance(error, FormatError) and not str(error).startswith(str(path)):
            raise FormatError(f"{path}: {error}") from error
        raise
    except zipfile.BadZipFile as error:
        raise FormatError(
            f"{path}: it must be a file that elman wrote, a zip; got none that can be read "
            f"({str(error).rstrip('.')}). Copy the file again, or save the model again."
        ) from error
    except Exception as error:  # a damaged file can go wrong anywhere
        raise FormatError(f"{path}: it must be a file that elman wrote; {error}.") from error


def _put_json(archive: zipfile.ZipFile, name: str, value: Any) -> None:
    archive.writestr(name, json.dumps(value, indent=1, allow_nan=False, default=_plain))


def _plain(value: Any) -> Any:
    """Return what JSON has no form for, a number of NumPy's, as one that it has."""
    if isinstance(value, np.generic):
        return value.item()
    what, rule = "a value", "a number, a text, or a list or dictionary of such"
    if isinstance(value, np.random.Generator):
        what, rule = "`seed`", "an integer or None"
    raise UnsupportedError(f"save: {what} must be {rule} to be saved; got {value!r}.")


def _put_array(archive: zipfile.ZipFile, name: str, array: Array) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=False)
    archive.writestr(name, buffer.getvalue())


def _get(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry's bytes, refusing what would unpack to more than it can be."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > LIMIT:
        raise FormatError(f"{path}: '{name}' must be stored as it is; got it compressed.")
    return archive.read(name)


def _get_json(path: Path, archive: zipfile.ZipFile, name: str) -> Any:
    if name not in archive.namelist():
        raise FormatError(f"{path}: it must hold '{name}', as elman's files do; it does not.")
    return json.loads(_get(path, archive, name))


def _get_arrays(path: Path, archive: zipfile.ZipFile, folder: str) -> list[Array]:
    """Return the arrays that are numbered in a folder, in order."""
    names = [name for name in archive.namelist() if name.startswith(folder)]
    return [_get_array(path, archive, name) for name in sorted(names, key=lambda n: (len(n), n))]


def _get_named(path: Path, archive: zipfile.ZipFile, folder: str) -> dict[str, Array]:
    """Return the arrays in a folder by name."""
    names = [name for name in archive.namelist() if name.startswith(folder)]
    return {name: _get_array(path, archive, name) for name in names}


def _get_array(path: Path, archive: zipfile.ZipFile, name: str) -> Array:
    """Return an entry as an array; its header must promise as many numbers as there are."""
    data = _get(path, archive, name)
    buffer = io.BytesIO(data)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise FormatError(
            f"{path}: '{name}' must be an array in NumPy's format 1.0; got {version}."
        )
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if dtype.kind not in "fiu" or size != len(data) - buffer.tell():
        raise FormatError(f"{path}: '{name}' must hold the numbers that its header promises.")
    buffer.seek(0)
    return np.asarray(np.lib.format.read_array(buffer, allow_pickle=False))
