"""Sequences of different lengths in a model: from what users give to arrays and masks.

    given     lists of arrays (timesteps_i, …), or padded arrays with `lengths` or a `mask`
    entered   as it was given, checked: `Ragged`, or arrays with lengths (B,) or masks (B, T)
    settled   a batch of it: arrays of one length, zeros in the padding, and masks

A batch is as long as its longest sequence, if the model takes any length. Data as they were entered
are cut up into batches first, so that only a batch is ever padded.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask
from elman.errors import ArgumentError, ShapeError
from elman.layers import Embedding
from elman.layers.parts import ragged
from elman.layers.parts.ragged import Ragged
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import feeding
from elman.models.batches import Batch

if TYPE_CHECKING:
    from elman.models.model import Model


# ---------------------------------------------------------------------- what was given, entered


def enter(
    model: "Model", x: Any, lengths: Any = None, mask: Any = None
) -> tuple[list[Any], list[Any]]:
    """Return the inputs in the model's order, checked, and of each what says which steps count.

    Args:
        model: the model.
        x: as for `fit`.
        lengths: (batch,) of each input that has timesteps; one array for the one input, else a
            list or a dictionary.
        mask: likewise, (batch, timesteps).

    Returns:
        Arrays, or `Ragged`; and for each None, its lengths, or its mask; nothing where nothing was
        given.
    """
    plain = type(x) is np.ndarray and x.dtype != "O"
    found = None if plain else _listed(model, x)
    if found is None:
        inputs: list[Any] = model.enter(x)
    else:
        stubs, lists = found
        entered = model.enter(stubs)
        inputs = [a if r is None else r for a, r in zip(entered, lists, strict=True)]
    if lengths is None and mask is None:
        return inputs, []
    if lengths is not None and mask is not None:
        raise ArgumentError(
            f"{model.owner}: `lengths` must be left out where `mask` is given; got both."
        )
    return inputs, _beside(model, inputs, lengths, mask)


def is_listed(model: "Model", x: Any) -> bool:
    """Say whether what a model is called with holds lists of sequences."""
    nested = isinstance(x, (list, tuple, dict)) or ragged.is_list(x)
    return nested and _listed(model, x) is not None


def _listed(model: "Model", x: Any) -> tuple[Any, list[Ragged | None]] | None:
    """Return what is to be entered in place of lists of sequences, and these; None without any."""
    if not model.drawn:
        found = _for_the_first(model, x) if model.has_call or hasattr(model, "stack") else None
        return None if found is None else (found.stub(found.timesteps), [found])
    count, names = len(model.inputs), model.input_names
    if isinstance(x, dict):
        if not all(name in x for name in names):
            return None
        leaves = [x[name] for name in names]
    elif count == 1:
        one = isinstance(x, (list, tuple)) and len(x) == 1 and ragged.is_list(x[0])
        leaves = [x[0] if one and len(np.shape(x[0][0])) > 1 else x]
    elif isinstance(x, (list, tuple)) and len(x) == count:
        leaves = list(x)
    else:
        return None
    lists = [_list_of(model, i, leaf) for i, leaf in enumerate(leaves)]
    if all(each is None for each in lists):
        return None
    stubs = [
        leaf if each is None else each.stub(_stub_length(model, i, each))
        for i, (leaf, each) in enumerate(zip(leaves, lists, strict=True))
    ]
    if isinstance(x, dict):
        return dict(zip(names, stubs, strict=True)), lists
    return (stubs[0] if count == 1 else stubs), lists


def _for_the_first(model: "Model", x: Any) -> Ragged | None:
    """Return the list of sequences that a model is built with, which has no inputs yet."""
    stack = getattr(model, "stack", [])
    if stack and isinstance(stack[0], Embedding):
        return ragged.of(model.owner, "x", x, 2)
    found = None if isinstance(x, dict) else ragged.of(model.owner, "x", x, None)
    return None if found is None or found.ndim < 3 else found


def _list_of(model: "Model", index: int, leaf: Any) -> Ragged | None:
    """Return what was given for an input as a list of sequences, None if it is something else."""
    tensor, name = model.inputs[index], feeding.name_of(model, index)
    if not _has_timesteps(tensor):
        return None
    axes = len(tensor.shape)
    found = ragged.of(model.owner, name, leaf, axes)
    if found is None and axes == 3 and ragged.of(model.owner, name, leaf, 2) is not None:
        shapes = [np.shape(each) for each in leaf]
        if len(set(shapes)) > 1:
            raise ShapeError(
                f"{model.owner}: `{name}[0]` must have shape (timesteps, {tensor.shape[2]}); got "
                f"{shapes[0]}. Add the feature axis with `x[0][:, None]`."
            )
    return found


def _has_timesteps(tensor: SymbolicTensor) -> bool:
    """Say whether the second axis of an input may be the timesteps."""
    shape = tensor.shape
    return len(shape) > 2 or (
        len(shape) == 2 and (shape[1] is None or tensor.dtype.startswith("int"))
    )


def timesteps(model: "Model", batch: Batch) -> list[int]:
    """Return how many timesteps inputs have, padded: those of the longest sequence in a list."""
    found = {
        _stub_length(model, i, x) if isinstance(x, Ragged) else int(x.shape[1])
        for i, x in enumerate(batch.x)
        if _has_timesteps(model.inputs[i])
    }
    return sorted(found)


def fixed(model: "Model", index: int) -> int | None:
    """Return the one number of timesteps that an input takes, None if it takes any."""
    if model.is_own or getattr(model, "built_from_data", False):
        return None
    return model.inputs[index].shape[1]


def _stub_length(model: "Model", index: int, found: Ragged) -> int:
    """Return how long the padded array is: one that is too long is the checks' to refuse."""
    return max(fixed(model, index) or 0, found.timesteps)


def _beside(model: "Model", inputs: list[Any], lengths: Any, mask: Any) -> list[Any]:
    """Return the lengths or the mask that was given for each input, checked."""
    name, given = ("lengths", lengths) if mask is None else ("mask", mask)
    for i, x in enumerate(inputs):
        if isinstance(x, Ragged):
            raise ArgumentError(
                f"{model.owner}: `{name}` must be left out where `{feeding.name_of(model, i)}` is "
                "a list of arrays, whose lengths are known; got both."
            )
    if name == "mask":
        given = _per_input(model, name, given) if isinstance(given, dict) else given
        return list(model.as_masks(given, inputs))
    leaves = _per_input(model, name, given)
    found: list[Any] = []
    for i, (leaf, x) in enumerate(zip(leaves, inputs, strict=True)):
        if leaf is not None and not _has_timesteps(model.inputs[i]):
            raise ArgumentError(
                f"{model.owner}: `lengths` must be None for `{feeding.name_of(model, i)}`, which "
                f"has no timesteps; its shape is {x.shape}."
            )
        found.append(None if leaf is None else ragged.as_lengths(model.owner, leaf, x.shape))
    return found


def _per_input(model: "Model", name: str, given: Any) -> list[Any]:
    """Return lengths or masks as one thing an input."""
    names = model.input_names
    if isinstance(given, dict):
        for key in given:
            _check.one_of(model.owner, name, key, names)
        return [given.get(each) for each in names]
    if len(names) == 1:
        return [given]
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        raise ArgumentError(
            f"{model.owner}: `{name}` must be a list with one entry an input "
            f"({', '.join(names)}), None for those that need none; got "
            f"{type(given).__name__} of length {len(given) if hasattr(given, '__len__') else 1}."
        )
    return list(given)


# ---------------------------------------------------------------------- targets and weights


def known(inputs: Sequence[Any], beside: Sequence[Any]) -> list[Array]:
    """Return the lengths of the samples of each input of which they are known."""
    lists = [x.lengths for x in inputs if isinstance(x, Ragged)]
    return lists + [each for each in beside if each is not None and each.ndim == 1]


def per_step(model: "Model", index: int) -> bool:
    """Say whether an output has the timesteps of an input."""
    shape = model.outputs[index].shape
    if len(shape) < 2 or shape[1] is None:
        return len(shape) > 1
    if len(shape) == 2:
        return False
    if any(_has_timesteps(tensor) and tensor.shape[1] == shape[1] for tensor in model.inputs):
        return True
    return shape[1] in _drawn_lengths(vars(model).get("drawn_with"))


def _drawn_lengths(specs: Any) -> list[int]:
    """Return the timesteps of the data that the `call` of a model was drawn with."""
    if isinstance(specs, dict) and set(specs) == {"shape", "dtype"}:
        return list(specs["shape"][1:2])
    parts = specs.values() if isinstance(specs, dict) else specs or ()
    return [n for part in parts for n in _drawn_lengths(part)]


def target_list(owner: str, name: str, value: Any, lengths: Sequence[Array]) -> Ragged | None:
    """Return targets or weights that are a list of arrays per step, None if they are not.

    Raises:
        ShapeError: they are not as long as the sequences of an input.
    """
    found = ragged.of(owner, name, value, None) if lengths else None
    if found is None or any(np.array_equal(found.lengths, each) for each in lengths):
        return found
    if len(found) == len(lengths[0]):
        i = int((found.lengths != lengths[0]).argmax())
        raise ShapeError(
            f"{owner}: `{name}[{i}]` must have as many timesteps as `x[{i}]`, {lengths[0][i]}; got "
            f"{found.lengths[i]}."
        )
    return found  # of another number of samples, which is checked for all


def is_plain(batch: Batch) -> bool:
    """Say whether a batch is of arrays of which every step counts."""
    return not batch.masks and not any(
        isinstance(array, Ragged) for part in batch[:3] for array in part
    )


def check_timesteps(model: "Model", data: Batch) -> None:
    """Check that targets and weights per step are as long as the sequences that they belong to.

    They may end with the longest sequence, or with the padded array; a batch of shorter sequences
    takes what it needs of them, and the rest is padding.

    Raises:
        ShapeError: they end elsewhere.
    """
    if is_plain(data):
        return
    for i, (y, weight) in enumerate(zip(data.y, data.weights, strict=True)):
        if y is None or not per_step(model, i):
            continue
        for name, array in (("y", y), ("sample_weight", weight)):
            if array is None or isinstance(array, Ragged) or array.ndim < 2:
                continue
            one_for_all = name == "sample_weight" and array.shape[1] == 1
            if not one_for_all and not _is_as_long(model, data, array.shape[1]):
                raise _of_other_timesteps(model.owner, data, name, array.shape[1])


def _is_as_long(model: "Model", data: Batch, timesteps: int) -> bool:
    """Say whether some sequences, or the array that they are padded in, have so many timesteps."""
    for i, (x, given) in enumerate(zip(data.x, data.masks or [None] * len(data.x), strict=True)):
        if isinstance(x, Ragged):
            found = timesteps in (x.timesteps, x.lengths.max(initial=0), fixed(model, i))
        else:
            found = given is not None and timesteps in (x.shape[1], last_step(given))
        if found:
            return True
    return False


def _of_other_timesteps(owner: str, data: Batch, name: str, timesteps: int) -> ShapeError:
    lists = [x.timesteps for x in data.x if isinstance(x, Ragged)]
    sizes = [x.shape[1] for x in data.x if not isinstance(x, Ragged) and x.ndim > 1]
    which, wanted = ("the longest of `x`", min(lists)) if lists else ("`x`", sizes[0])
    return ShapeError(
        f"{owner}: `{name}` must have as many timesteps as {which}, {wanted}; got {timesteps}. "
        "Cut or pad it to there, or give a list of arrays of the true lengths."
    )


def last_step(given: Any) -> int:
    """Return how many timesteps lengths or a mask leave of padded sequences; at least one."""
    found = given if given.ndim == 1 else ends(given)
    return max(1, int(found.max(initial=0)))


def ends(mask: Mask) -> Array:
    """Return behind which timestep no step of a sample counts any more."""
    steps: Any = mask.reshape(*mask.shape[:2], -1).any(axis=2) if mask.size else mask
    return np.where(steps.any(axis=1), steps.shape[1] - steps[:, ::-1].argmax(axis=1), 0)


# ---------------------------------------------------------------------- what comes out


def apart(
    model: "Model", batch: Batch, outputs: Sequence[Any], masks: Sequence[Any] = ()
) -> list[Any]:
    """Return outputs per step as lists of arrays of the true lengths, where lists have come in."""
    if not any(each is not None for each in batch.lengths):
        return list(outputs)
    masks = [*masks, *[None] * (len(outputs) - len(masks))]
    several = len(outputs) == len(model.outputs)
    return [
        _apart(model, i, batch, y, mask) if several and per_step(model, i) else y
        for i, (y, mask) in enumerate(zip(outputs, masks, strict=True))
    ]


def _apart(model: "Model", index: int, batch: Batch, y: Any, mask: Any) -> Any:
    found = [
        (each, own)
        for x, each, own in zip(batch.x, batch.lengths, batch.masks, strict=True)
        if each is not None and x.shape[1] == y.shape[1]
    ]
    alike = [each for each, own in found if mask is not None and np.array_equal(own, mask)]
    candidates = alike or [each for each, _ in found]
    if not candidates:
        return y
    if any(not np.array_equal(each, candidates[0]) for each in candidates):
        raise ArgumentError(
            f"{model.owner}: the lengths of '{model.output_names[index]}' must be those of one "
            "input; those of several would fit. Give padded arrays and `lengths`."
        )
    return [row[:n] for row, n in zip(y, candidates[0].tolist(), strict=True)]
