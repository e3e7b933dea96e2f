"""What `elman convert` reads and writes: a model, what is kept with it, and what stays behind."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import elman
from elman.errors import ArgumentError, ElmanError, UnsupportedError
from elman.formats import hdf5, keras, keras_config, keras_h5, torch
from elman.layers.parts import made
from elman.models.carrying import stateful_layers

if TYPE_CHECKING:
    from elman.formats.onnx.as_layers.layouts import Layouts

KERAS, LEGACY, WEIGHTS = ".keras", (".h5", ".hdf5"), ".weights.h5"
STATE_DICTS = (".safetensors", ".pt", ".pth")
C = (".h", ".c")
MODELS = (KERAS, *LEGACY, ".json")  # what --like may be
ENDINGS = (WEIGHTS, KERAS, *LEGACY, ".onnx", *STATE_DICTS, *C, ".json")
# How many numbers a text after --like may describe: so many, and so many times the weights'.
MOST, TIMES = 2**20, 16


class Source(NamedTuple):
    """What a file held.

    Attributes:
        path: of the file.
        model: the model.
        extra: what else was kept with it, by name.
        weights: whether the file has weights alone.
        layouts: how the model's arrays lie in a file of ONNX.
        behind: what of the file is not in the model.
    """

    path: Path
    model: Any
    extra: dict[str, Any] = {}  # noqa: RUF012 - never changed
    weights: bool = False
    layouts: "Layouts | None" = None
    behind: tuple[str, ...] = ()


def ending(path: Path, called: str = "IN", known: Sequence[str] = ENDINGS) -> str:
    """Return by what a file's name says what it holds.

    Raises:
        ArgumentError: it says nothing that is known.
    """
    found = next((each for each in known if path.name.lower()[1:].endswith(each)), None)
    if found is None:
        raise ArgumentError(
            f"{called} must be a name that ends in one of {', '.join(known)}; got '{path}'."
        )
    return found


# ---------------------------------------------------------------------- in


def read(path: Path, like: Path | None, names: Sequence[str] | None) -> Source:
    """Return what a file holds.

    Args:
        path: the file.
        like: a model for weights alone.
        names: of PyTorch's modules, see `elman.load_weights`.

    Raises:
        ArgumentError: weights alone need `like`.
        ElmanError: what is wrong with the file.
    """
    kind = ending(path)
    if kind in C:
        raise UnsupportedError(
            f"IN must be what can be read, and C is written alone; got '{path}'."
        )
    if kind in (WEIGHTS, *STATE_DICTS) or (kind in LEGACY and not _has_layers(path)):
        if like is None:
            raise ArgumentError(
                f"{path}: the file has weights and no layers. Give --like MODEL, a file of a model "
                "that they are for."
            )
        model = _architecture(like, path)
        take_weights(model, path, names)
        return Source(path, model, weights=True)
    if like is not None:
        raise ArgumentError(
            f"--like must be left out where IN has layers of its own, as '{path}' has."
        )
    if kind == ".onnx":
        model, layouts = elman.load_onnx(path).drawn()
        return Source(path, model, layouts=layouts)
    if kind == ".json":
        return Source(path, elman.load_rtneural(path))
    return _whole(path)


def _has_layers(path: Path) -> bool:
    """Say whether a file of Keras's older form is a whole model."""
    with hdf5.reading(path) as reader:
        return reader.attribute("", keras_h5.CONFIG) is not None


def _whole(path: Path) -> Source:
    """Return a model of Keras's, as it was compiled where elman has what it was compiled with."""
    try:
        return Source(path, *keras.load_with_extra(path))
    except ElmanError as error:
        model, extra = keras.load_with_extra(path, compile=False)
        return Source(path, model, extra, behind=(f"what `compile` was given ({error})",))


def _architecture(like: Path, weights: Path) -> Any:
    """Return a model for weights to go into; a text may not ask for many more than there are."""
    if ending(like, "--like", MODELS) != ".json":
        return elman.models.load_model(like, compile=False)
    config = keras_config.parsed(like, "the model", like.read_bytes())
    with made.to_be_read(_numbers(weights) * TIMES + MOST):
        return keras_config.described(like, "the model", config)


def _numbers(path: Path) -> int:
    """Return how many numbers a file of weights has."""
    if ending(path) in STATE_DICTS:
        return sum(array.size for array in elman.load_state_dict(path).values())
    with hdf5.reading(path) as reader:
        return reader.size


def take_weights(model: Any, path: Path, names: Sequence[str] | None) -> None:
    """Give a model the weights of a file that has no layers."""
    if ending(path) in STATE_DICTS:
        torch.load_weights(model, path, names)
    else:
        model.load_weights(path)


# ---------------------------------------------------------------------- out


def write(
    source: Source, path: Path, names: Sequence[str] | None, *, step: bool, int8: bool
) -> object:
    """Write a model in the format that a file's name says; return what the format tells of it."""
    kind, model = ending(path), source.model
    for given, meant, only in (("--step", step, (".onnx",)), ("--int8", int8, C)):
        if meant and kind not in only:
            raise ArgumentError(
                f"{given} must be left out where OUT does not end in {' or '.join(only)}; got "
                f"'{path}'."
            )
    if names is not None and not {kind, ending(source.path)} & set(STATE_DICTS):
        raise ArgumentError(
            f"--names must be left out where neither IN nor OUT is a file of PyTorch's; got "
            f"'{source.path}' and '{path}'."
        )
    told: object = None
    if kind == KERAS:
        keras.save(model, path, extra=source.extra, states=_carries(model))
    elif kind in LEGACY:
        model.save(path)
    elif kind == WEIGHTS:
        model.save_weights(path, states=_carries(model))
    elif kind in STATE_DICTS:
        told = torch.save_state_dict(model, path, names)
    elif kind == ".onnx":
        told = model.export(path, step=step)
    elif kind in C:
        told = model.export(path, weights_dtype="int8" if int8 else "float32")
    else:
        told = model.export(path)
    return told


def behind(source: Source, path: Path) -> list[str]:
    """Return what of a file has no place in the one that was written."""
    kind, found = ending(path), list(source.behind)
    if source.model.compiled is not None and kind not in (KERAS, *LEGACY):
        found.append("what `compile` was given, and the state of the optimizer")
    if _carries(source.model) and kind not in (KERAS, WEIGHTS):
        found.append("the states that stateful layers carry")
    return found + ([repr(name) for name in source.extra] if kind != KERAS else [])


def _carries(model: Any) -> bool:
    """Say whether a model carries states from call to call, and some are there."""
    return any(layer.states is not None for layer in stateful_layers(model))
