"""Weights of PyTorch's modules as names and arrays: of a file, or of a state_dict in memory."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError, UnsupportedError
from elman.formats.files import to_read
from elman.formats.torch import pt, safetensors
from elman.formats.torch.stored import shown

Source = str | Path | Mapping[str, Any]
LIVE = "state_dict"  # what messages call one that is no file
SAFETENSORS = ".safetensors"
CELL = re.compile(r"(?:.*\.)?(?:weight|bias)_[ih]h", re.S)  # an entry of an RNNCell and the like
COUNTER = "num_batches_tracked"  # of a BatchNorm1d; only one without a momentum reads it
T = TypeVar("T")


def load_state_dict(
    filepath: str | Path, key: str | None = None, *, prefix: str = ""
) -> dict[str, Array]:
    """Read the weights of a PyTorch module from a file; no code of the file is run.

    Args:
        filepath: ends in ".safetensors", or is what `torch.save` of any version since 0.4 wrote
            for `module.state_dict()`.
        key: of a checkpoint that holds several state_dicts, the name of one.
        prefix: of the names to take, "encoder." for what is inside the module `encoder`; those
            that are returned are without it.

    Returns:
        Names and arrays, in the file's order; bfloat16 becomes float32, which it is the upper
        half of.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds more than tensors, dictionaries and plain values, a whole module
            say, or numbers that NumPy has not.
        ArgumentError: there is no such file, it is not said which state_dict is meant, or no name
            has this prefix.
    """
    found = to_read(filepath, of_keras=False)
    if found.name.lower().endswith(SAFETENSORS):
        if key is not None:
            raise ArgumentError(
                f"load_state_dict: `key` must be None for a {SAFETENSORS} file, which holds one "
                f"state_dict; got {key!r}."
            )
        arrays = safetensors.read(found)
    else:
        arrays = pt.read(found, key)
    return below("load_state_dict", arrays, prefix)


def below(owner: str, entries: Mapping[str, T], prefix: str) -> dict[str, T]:
    """Return the entries of a module inside the one whose state_dict it is, by their names in it.

    Args:
        owner: for messages.
        entries: of the whole.
        prefix: what they begin with, with or without the dot behind it; "" for all.

    Raises:
        ArgumentError: none does.

    >>> below("load_weights", {"encoder.weight": 1, "head.weight": 2}, "encoder.")
    {'weight': 1}
    """
    start = f"{prefix}.".replace("..", ".") if prefix else ""
    found = {n[len(start) :]: part for n, part in entries.items() if n.startswith(start)}
    if prefix and not found:
        raise ArgumentError(
            f"{owner}: `prefix` must be what names begin with, such as "
            f"{', '.join(map(shown, list(entries)[:5])) or 'none'}; got {prefix!r:.60}."
        )
    return found


def entries(owner: str, source: Source, prefix: str = "") -> tuple[str, dict[str, Array]]:
    """Return what messages call a state_dict, and its arrays by name.

    A cell is called like a recurrent module of one layer, and what counts batches is left out.
    """
    if hasattr(source, "state_dict"):
        raise ArgumentError(
            f"{owner}: `filepath` must be a path, or names and tensors; got "
            f"{type(source).__name__}, a module. Give its `state_dict()`."
        )
    if isinstance(source, Mapping):
        for name in source:
            if not isinstance(name, str):
                raise ArgumentError(
                    f"{owner}: `filepath` must have names as its keys; got {name!r:.60}."
                )
        given = below(owner, source, prefix)
        where, arrays = LIVE, {name: as_array(name, value) for name, value in given.items()}
    else:
        where, arrays = str(source), below(owner, load_state_dict(source), prefix)
    found = {
        f"{name}_l0" if CELL.fullmatch(name) and f"{name}_l0" not in arrays else name: array
        for name, array in arrays.items()
        if name.rpartition(".")[2] != COUNTER
    }
    return where, found


def as_array(name: str, value: Any) -> Array:
    """Return a tensor of PyTorch's, or an array, as an array."""
    try:
        if hasattr(value, "detach"):
            value = value.detach().cpu()
            value = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
        found = np.asarray(value)
    except (TypeError, ValueError, RuntimeError):
        found = np.asarray(None)
    if found.dtype.kind not in "fiub":
        raise UnsupportedError(
            f"{LIVE}: entry {shown(name)} must be a tensor of real numbers; got {shown(value)}."
        )
    return found
