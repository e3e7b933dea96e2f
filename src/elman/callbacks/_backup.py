"""What `BackupAndRestore` writes and reads: all that a step of training depends on, in one file.

latest.npz   a zip of   training.npy           JSON, as bytes: the epoch to go on with, the
                                               states of the generators, what the weights
                                               and the optimizer's state are called
                        weights/0000.npy       each weight, in order
                        optimizer/0000.npy     the optimizer's state, in its order
                        kept/0007/NAME.npy     its slot NAME of weight 7, if that is frozen
                        states/0003/0.npy      what layer 3 carries, if it is stateful
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from elman._files import replacing
from elman._typing import Array
from elman.errors import FormatError
from elman.layers.parts.nesting import with_sublayers
from elman.optimizers import slots

VERSION = 1


def save(model: Any, epoch: int, order: Any, path: Path, kept: Path | None) -> None:
    """Write a backup; the one that was there is replaced when the new one is complete.

    Args:
        model: what is trained.
        epoch: to go on with.
        order: the state with which the drawing of the samples' order goes on, None without.
        path: of the backup.
        kept: where the one that was there goes, None for nowhere.

    Raises:
        ArgumentError: the file may not be written.
    """
    optimizer = _optimizer_state(model)
    layers = with_sublayers(model)
    training = {
        "elman": VERSION,
        "epoch": epoch,
        "order": order,
        "masks": {str(i): drawn(_generator(layer)) for i, layer in enumerate(layers)},
        **_names(model, optimizer),
    }
    arrays: dict[str, Any] = {"training": np.frombuffer(json.dumps(training).encode(), np.uint8)}
    arrays |= {f"weights/{i:04d}": weight.array for i, weight in enumerate(model.weights)}
    arrays |= {f"optimizer/{i:04d}": array for i, array in enumerate(optimizer.values())}
    arrays |= {
        f"kept/{i:04d}/{name}": array
        for i, weight in enumerate(model.weights)
        for name, array in slots.kept(model.optimizer, weight).items()
    }
    arrays |= {
        f"states/{i:04d}/{j}": state
        for i, layer in enumerate(layers)
        for j, state in enumerate(getattr(layer, "states", None) or ())
    }
    with replacing(path, "BackupAndRestore: the backup", kept) as file:
        np.savez(file, **arrays)


def restore(model: Any, path: Path) -> int:
    """Give a model back what `save` wrote, and return the epoch to go on with.

    Raises:
        FormatError: the file is damaged, or of another model; the model is unchanged.
    """
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        training = json.loads(found["training"].tobytes())
        known = training["elman"] == VERSION
    except Exception as error:  # a damaged file can go wrong anywhere
        raise FormatError(f"{path}: it must be a whole backup; {error}.") from error
    optimizer, layers = _optimizer_state(model), with_sublayers(model)
    if not known or not training.items() >= _names(model, optimizer).items():
        raise FormatError(
            f"{path}: the backup must be of {model.owner} with a {type(model.optimizer).__name__} "
            "optimizer as it is; got that of another. Delete it to begin anew."
        )
    model.set_weights(_numbered(found, "weights"))
    state = dict(zip(optimizer, _numbered(found, "optimizer"), strict=True))
    if model.optimizer.built:
        model.optimizer.load_state(state)
    else:  # all is frozen
        slots.load_numbers(model.optimizer, state)
    _keep(model, found)
    _go_on(model.shuffler, training["order"])
    for i, layer in enumerate(layers):
        _go_on(_generator(layer), training["masks"].get(str(i)))
        if getattr(layer, "stateful", False) and hasattr(layer, "states"):
            layer.states = tuple(_numbered(found, f"states/{i:04d}")) or None
    return int(training["epoch"])


def drawn(generator: Any) -> Any:
    """Return how far a generator has come, None if there is none."""
    return None if generator is None else _plain(generator.bit_generator.state)


def _plain(state: Any) -> Any:
    """Return the state of a generator as JSON has it; some keep arrays in it."""
    if isinstance(state, dict):
        return {key: _plain(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, (np.ndarray, np.generic)) else state


def _go_on(generator: Any, state: Any) -> None:
    """Let a generator go on from a state, if it is of that kind."""
    if generator is not None and state is not None:
        generator.bit_generator.state = state


def _generator(layer: Any) -> Any:
    """Return what draws a layer's masks, None if nothing does."""
    return vars(layer).get("generator")


def _optimizer_state(model: Any) -> dict[str, Array]:
    """Return the optimizer's state by name, of the weights that are not frozen."""
    model.compiled.ready(model.trainable_weights)
    state: dict[str, Array] = model.optimizer.state()
    return state


def _keep(model: Any, found: dict[str, Array]) -> None:
    """Let the optimizer keep the slots of frozen weights."""
    names = [name for group in slots.groups(model.optimizer) for name in group]
    for i, weight in enumerate(model.weights):
        for name in names:
            place = f"kept/{i:04d}/{name}"
            if place in found:
                slots.keep(model.optimizer, weight, name, found[place])


def _names(model: Any, optimizer: dict[str, Array]) -> dict[str, Any]:
    """Return the names and shapes by which a backup is known to be of a model.

    Not the names of layers, which are numbered on where a script runs in parts.
    """
    return {
        "weights": [[weight.name, list(weight.shape)] for weight in model.weights],
        "optimizer": [[n.split("/")[0], list(a.shape)] for n, a in optimizer.items()],
    }


def _numbered(found: dict[str, Array], folder: str) -> list[Array]:
    """Return the arrays that are numbered in a folder, in order."""
    names = [name for name in found if name.startswith(f"{folder}/")]
    return [found[name] for name in sorted(names, key=lambda n: (len(n), n))]
