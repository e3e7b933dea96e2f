"""What files are called: models end in ".keras", weights alone in ".weights.h5"."""

import os
from typing import Any

from elman import _check
from elman.errors import ArgumentError

MODEL, WEIGHTS = ".keras", ".weights.h5"
MODELS = (MODEL, ".h5", ".hdf5")  # endings of what whole models are written to
READ = (MODEL, WEIGHTS, ".h5", ".hdf5")  # endings of what is read
OTHERS = (".weights.npz", ".npz", ".pkl", ".pickle", ".pt", ".pth", ".json", ".zip", ".tf", ".ckpt")


def path(owner: str, name: str, value: Any) -> str:
    """Return the name of a file or folder as a string."""
    found = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if not found or "\0" in str(found):
        raise ArgumentError(f"{owner}: `{name}` must be a path; got {_check.shown(value)}.")
    return str(found)


def to_write(owner: str, name: str, value: Any, *endings: str) -> str:
    """Return the name of a file that is to be written; its ending may be in any case.

    Raises:
        ArgumentError: it has none of these endings; the message says which name will do.
    """
    found = path(owner, name, value)
    lower = found.lower()
    if lower.endswith(endings) and not (lower.endswith(WEIGHTS) and WEIGHTS not in endings):
        return found
    listed = " or ".join(map(repr, endings))
    raise ArgumentError(
        f"{owner}: `{name}` must end in {listed}; got {found!r}. Use "
        f"{renamed(found, endings[0])!r}."
    )


def renamed(path: str, ending: str) -> str:
    """Return the name with another ending in place of one that is known.

    >>> renamed("best.weights.h5", ".keras"), renamed("model", ".keras")
    ('best.keras', 'model.keras')
    """
    known = (WEIGHTS, *READ, *OTHERS)
    found = next((each for each in known if path.lower().endswith(each)), "")
    return path[: len(path) - len(found)] + ending
