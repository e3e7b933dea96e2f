"""Files of weights of PyTorch's modules, as names and arrays."""

import os
from pathlib import Path

from elman import _filenames
from elman._typing import Array
from elman.errors import ArgumentError
from elman.formats.torch import pt, safetensors

SAFETENSORS = ".safetensors"


def load_state_dict(filepath: str | Path, key: str | None = None) -> dict[str, Array]:
    """Read the weights of a PyTorch module from a file; no code of the file is run.

    Args:
        filepath: ends in ".safetensors", or is what `torch.save` of any version since 0.4 wrote
            for `module.state_dict()`.
        key: of a checkpoint that holds several state_dicts, the name of one.

    Returns:
        Names and arrays, in the file's order; bfloat16 becomes float32, which it is the upper
        half of.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds more than tensors, dictionaries and plain values, a whole module
            say, or numbers that NumPy has not.
        ArgumentError: there is no such file, or it is not said which state_dict is meant.
    """
    found = Path(_filenames.path("load_state_dict", "filepath", filepath))
    if not os.path.isfile(found):
        raise ArgumentError(
            f"load_state_dict: `filepath` must be a file that exists; got {str(filepath)!r}."
        )
    if found.name.lower().endswith(SAFETENSORS):
        if key is not None:
            raise ArgumentError(
                f"load_state_dict: `key` must be None for a {SAFETENSORS} file, which holds one "
                f"state_dict; got {key!r}."
            )
        return safetensors.read(found)
    return pt.read(found, key)
