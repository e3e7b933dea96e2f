"""What training goes on with beside weights and the optimizer's variables, in the files of models.

    elman_training/trainable      (weights,)       whether training changes each weight
    elman_training/decays         (weights,)       whether weight decay does, if it passes some by
    elman_training/generators     (generators, 6)  how far what layers draw from has come
    elman_training/kept/0007/NAME (size,)          the slot NAME of weight 7, which is frozen

Keras has no place for these, and leaves them alone. Weights are numbered as in `Model.weights`,
generators as the layers that have them, however deep. A generator is PCG64: the upper and the
lower half of its state and of its increment, whether half a draw is left over, and that half.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman._warning import warn
from elman.errors import FormatError, UnsupportedError
from elman.layers.parts.kinds import is_layer
from elman.layers.parts.nesting import with_sublayers
from elman.models.kinds import is_model
from elman.optimizers import exclusion, slots

if TYPE_CHECKING:
    from elman.models.model import Model

FOLDER = "elman_training/"
TRAINABLE, DECAYS = f"{FOLDER}trainable", f"{FOLDER}decays"
GENERATORS, KEPT = f"{FOLDER}generators", f"{FOLDER}kept/"
WORDS = 6  # of a generator


def trainable(model: "Model") -> Iterator[tuple[str, Array]]:
    """Yield which weights training changes, if some are frozen, and what that is called."""
    if any(weight.trainable != weight.learned for weight in model.weights):
        yield TRAINABLE, np.array([weight.trainable for weight in model.weights])


def entries(model: "Model") -> Iterator[tuple[str, Array]]:
    """Yield what training a compiled model goes on with, and what it is called in a file.

    Raises:
        UnsupportedError: a layer draws from a generator of another kind than NumPy's default.
    """
    optimizer = model.optimizer
    decays = exclusion.decaying(optimizer, model.weights)
    if decays is not None:
        yield DECAYS, np.array(decays)
    drawn = [_words(owner, each) for owner, each in _generators(model)]
    if drawn:
        yield GENERATORS, np.array(drawn, np.uint64)
    for i, weight in enumerate(model.weights):
        for name, array in slots.kept(optimizer, weight).items():
            yield f"{KEPT}{i:04d}/{name}", array


def restore_trainable(path: Any, model: "Model", arrays: Mapping[str, Array]) -> None:
    """Freeze the weights that a file says were frozen.

    Raises:
        FormatError: it does not say it of this model's weights.
    """
    if TRAINABLE in arrays:
        flags = _flags(path, TRAINABLE, model, arrays[TRAINABLE])
        for weight, flag in zip(model.weights, flags, strict=True):
            weight.trainable = bool(flag) and weight.learned


def restore(path: Any, model: "Model", arrays: Mapping[str, Array]) -> None:
    """Let training of a compiled model go on as a file says.

    Args:
        path: of the file, for messages.
        model: a compiled model, whose optimizer has been built.
        arrays: what `entries` gave, by name.

    Raises:
        FormatError: the file says it of another model.
    """
    if DECAYS in arrays:
        flags = _flags(path, DECAYS, model, arrays[DECAYS])
        left = [w for w, flag in zip(model.weights, flags, strict=True) if not flag]
        model.optimizer.exclude_from_weight_decay(var_list=left)
    if GENERATORS in arrays:
        _go_on(path, model, arrays[GENERATORS])
    for name, array in arrays.items():
        if name.startswith(KEPT):
            _keep(path, name, model, array)


def _flags(path: Any, name: str, model: "Model", flags: Array) -> Array:
    """Return a flag for each weight of a model."""
    count = len(model.weights)
    if flags.dtype != bool or flags.shape != (count,):
        raise _wrong(path, name, f"be a boolean for each of {count} weights", flags)
    return flags


def _keep(path: Any, name: str, model: "Model", array: Array) -> None:
    """Let the optimizer keep a slot of a weight that is frozen."""
    number, _, slot = name.removeprefix(KEPT).partition("/")
    weights, optimizer = model.weights, model.optimizer
    index = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else -1
    if not 0 <= index < len(weights) or weights[index].trainable:
        raise _wrong(path, name, "be of a frozen weight of the model", array)
    weight = weights[index]
    if not any(slot in group for group in slots.groups(optimizer)):
        raise _wrong(path, name, f"be a slot of {type(optimizer).__name__}", array)
    if array.shape != (weight.array.size,) or array.dtype != weight.dtype:
        raise _wrong(path, name, f"be {weight.dtype} of shape ({weight.array.size},)", array)
    slots.keep(optimizer, weight, slot, array)


# ---------------------------------------------------------------------- generators


def _generators(model: "Model") -> list[tuple[Any, np.random.Generator]]:
    """Return what the layers of a model draw from, each once, with the layer that has it.

    A layer of your own may have it in a `SeedGenerator`, and under any name.
    """
    found: dict[int, tuple[Any, np.random.Generator]] = {}
    for layer in with_sublayers(model):
        for name, value in vars(layer).items():
            if name == "shuffler" and is_model(layer):
                continue  # made anew by each `fit`
            inner = value if is_layer(value) else getattr(value, "generator", value)
            if isinstance(inner, np.random.Generator):
                found.setdefault(id(inner), (layer, inner))
    return list(found.values())


def _words(layer: Any, generator: np.random.Generator) -> list[int]:
    """Return the state of a generator as words of 64 bits.

    Raises:
        UnsupportedError: it is none of NumPy's default kind.
    """
    state: Any = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise UnsupportedError(
            f"save: what {layer.owner} draws from must be made by `numpy.random.default_rng` to be "
            f"saved; got {state['bit_generator']}. Save the model with `include_optimizer=False`."
        )
    both = (state["state"]["state"], state["state"]["inc"])
    halves = [half for number in both for half in divmod(number, 2**64)]
    return [*halves, state["has_uint32"], state["uinteger"]]


def _go_on(path: Any, model: "Model", words: Array) -> None:
    """Let what layers draw from go on from where it was."""
    if words.dtype != np.uint64 or words.shape[1:] != (WORDS,):
        raise _wrong(path, GENERATORS, f"be uint64 of shape (generators, {WORDS})", words)
    found, rows = _generators(model), [[int(word) for word in row] for row in words]
    if len(found) != len(rows):  # a layer of your own may make its generator when it is called
        warn(
            f"{path}: random numbers begin anew. '{GENERATORS}' has {len(rows)} states, where the "
            f"layers of {model.owner} have {len(found)} generators."
        )
        return
    if any(row[3] % 2 == 0 or row[4] > 1 or row[5] >= 2**32 for row in rows):
        raise _wrong(path, GENERATORS, "be states of PCG64", words)
    for (_, generator), row in zip(found, rows, strict=True):
        generator.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": row[0] << 64 | row[1], "inc": row[2] << 64 | row[3]},
            "has_uint32": row[4],
            "uinteger": row[5],
        }


def _wrong(path: Any, name: str, rule: str, array: Array) -> FormatError:
    again = "Load the model with `compile=False`, and compile it anew."
    if name == TRAINABLE:  # which is read in any case
        again = "Copy the file again, or save the model again."
    return FormatError(f"{path}: '{name}' must {rule}; got {array.dtype} {array.shape}. {again}")
