"""Files of weights of PyTorch's modules, as names and arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from elman._typing import Array
from elman.errors import ArgumentError
from elman.formats.files import to_read
from elman.formats.torch import pt, safetensors
from elman.formats.torch.stored import shown

SAFETENSORS = ".safetensors"
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
