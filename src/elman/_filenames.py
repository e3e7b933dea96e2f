"""What files are called: models end in ".elman", weights alone in ".weights.npz"."""

import os
from typing import Any

from elman.errors import ArgumentError, UnsupportedError

MODEL, WEIGHTS = ".elman", ".weights.npz"
KERAS = (".keras", ".weights.h5", ".h5", ".hdf5", ".weights.json", ".tf", ".ckpt")
OTHERS = (WEIGHTS, MODEL, ".npz", ".pkl", ".pickle", ".pt", ".pth", ".json", ".zip")
LATER = "elman has a format of its own today, and Keras's in a later version."


def path(owner: str, name: str, value: Any) -> str:
    """Return the name of a file or folder as a string."""
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ArgumentError(f"{owner}: `{name}` must be a path; got {value!r}.")
    return str(os.fspath(value))


def to_write(owner: str, name: str, value: Any, ending: str) -> str:
    """Return the name of a file that is to be written.

    Raises:
        ArgumentError: it has another ending; the message says which name will do.
        UnsupportedError: it has one of Keras's.
    """
    found = path(owner, name, value)
    if found.endswith(ending):
        return found
    text = f"{owner}: `{name}` must end in {ending!r}; got {found!r}."
    if of_keras(found):
        raise UnsupportedError(f"{text} {LATER} Use {renamed(found, ending)!r}.")
    raise ArgumentError(f"{text} Use {renamed(found, ending)!r}.")


def of_keras(path: str) -> bool:
    """Say whether a name has one of Keras's endings."""
    return path.lower().endswith(KERAS)


def renamed(path: str, ending: str) -> str:
    """Return the name with another ending in place of one that is known.

    >>> renamed("best.weights.h5", ".elman"), renamed("model", ".elman")
    ('best.elman', 'model.elman')
    """
    known = next((each for each in (*KERAS, *OTHERS) if path.lower().endswith(each)), "")
    return path[: len(path) - len(known)] + ending
