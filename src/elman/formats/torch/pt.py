"""Which arrays does a file of `torch.save` hold?

It holds a state_dict, names and tensors, or a checkpoint: a dictionary in which a state_dict
stands beside the epoch, the optimizer's state and the like.

Tensors are views of storages, which they may share and step through by strides. Each becomes an
array of its own, once it is known to lie within its storage, and all of them together to be no
more than a few times the file.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch import pickles, pt_legacy, pt_zip, stored
from elman.formats.torch.pickles import Tensor

# How many bytes the arrays may take for each of the file's: widened bfloat16 takes two, and
# weights that are tied as many as there are names for them.
MOST_PER_BYTE = 16


def read(path: Path, key: str | None = None) -> dict[str, Array]:
    """Return the arrays of a file by name, in its order.

    Args:
        path: what `torch.save` wrote.
        key: of a checkpoint, which of its dictionaries; by default the only one of tensors.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds more than tensors, dictionaries and plain values.
        ArgumentError: there are several state_dicts, or none of this `key`.
    """
    with open(path, "rb") as file:
        beginning = file.read(4)
    found: pickles.Read
    data: Mapping[str, bytes | memoryview]
    if beginning.startswith(pt_zip.MAGIC):
        found, data = pt_zip.read(path)
    elif beginning.startswith(pt_legacy.BEGINNING):
        found, data = pt_legacy.read(path)
    else:
        fix = " Use `model.load_weights(path)`." if beginning == b"\x89HDF" else ""
        raise FormatError(
            f"{path}: it must be a file that `torch.save` wrote, or end in '.safetensors'; got "
            f"one that begins with {beginning!r}.{fix}"
        )
    tensors = _state_dict(path, found.value, key)
    _check_extent(path, tensors)
    flat = {key: stored.raw(storage.kind, data[key]) for key, storage in found.storages.items()}
    return {name: _array(tensor, flat[tensor.storage.key]) for name, tensor in tensors.items()}


def _state_dict(path: Path, value: Any, key: str | None) -> dict[str, Tensor]:
    """Return the names and tensors of a state_dict, or of one in a checkpoint."""
    if not isinstance(value, dict):
        raise FormatError(
            f"{path}: it must hold a state_dict; got {stored.shown(value)}. Save "
            "`module.state_dict()` with `torch.save`."
        )
    once = {id(part): part for part in value.values()}  # a file may name one a million times
    good = {key for key, part in once.items() if _is_state_dict(part)}
    inside = {name: part for name, part in value.items() if id(part) in good}
    if key is not None and not inside:
        raise ArgumentError(
            f"load_state_dict: `key` must be None, because {path} holds no dictionary of tensors "
            f"under a name; got {key!r}."
        )
    if key is not None:
        return inside[_check.one_of("load_state_dict", "key", key, inside)]
    if _is_state_dict(value):
        return value
    if len(inside) > 1:
        names = ", ".join(map(stored.shown, list(inside)[:8]))
        raise ArgumentError(
            f"load_state_dict: `key` must be one of {names}, the state_dicts in {path}; got None."
        )
    if not inside:
        odd = next((k for k, v in value.items() if type(v) is not Tensor), None)
        got = "nothing" if odd is None else f"{stored.shown(value[odd])} as {stored.shown(odd)}"
        raise FormatError(
            f"{path}: it must hold a state_dict, names and tensors alone, by itself or in a "
            f"dictionary; got {got}."
        )
    return next(iter(inside.values()))


def _is_state_dict(value: Any) -> bool:
    named = isinstance(value, dict) and value
    return bool(named) and all(type(k) is str and type(v) is Tensor for k, v in value.items())


def _check_extent(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Check that each tensor lies within its storage, before anything is allocated."""
    most, total = MOST_PER_BYTE * os.path.getsize(path), 0
    for name, tensor in tensors.items():
        count = stored.count(str(path), name, tensor.sizes)
        total += count * stored.size_of(tensor.storage.kind)
        steps = tensor.strides
        good = len(steps) == len(tensor.sizes) and tensor.offset >= 0
        good = good and all(type(n) is int and 0 <= n < 2**48 for n in steps)
        if good and count:
            last = sum((n - 1) * step for n, step in zip(tensor.sizes, steps, strict=True))
            good = tensor.offset + last < tensor.storage.length
        if not good:
            raise FormatError(
                f"{path}: entry {stored.shown(name)} must lie within its storage of "
                f"{stored.shown(tensor.storage.length)} numbers; got sizes "
                f"{stored.shown(tensor.sizes)} with strides {stored.shown(steps)} from "
                f"{stored.shown(tensor.offset)} on."
            )
        if total > most:
            raise UnsupportedError(
                f"{path}: entry {stored.shown(name)} must not make the arrays more than "
                f"{MOST_PER_BYTE} times as large as the file; got sizes "
                f"{stored.shown(tensor.sizes)}. Is it expanded? Save it after `.contiguous()`."
            )


def _array(tensor: Tensor, flat: Array) -> Array:
    """Return an array of its own of a tensor that was checked."""
    if 0 in tensor.sizes:
        return stored.read(tensor.storage.kind, flat[:0]).reshape(tensor.sizes)
    view = np.lib.stride_tricks.as_strided(
        flat[tensor.offset :],
        tensor.sizes,
        [step * flat.itemsize for step in tensor.strides],
        writeable=False,
    )
    return stored.read(tensor.storage.kind, view)
