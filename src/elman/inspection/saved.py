"""Writing what was seen to a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman import _filenames
from elman._typing import Array
from elman.errors import ArgumentError


def check_path(owner: str, path: Any) -> Path:
    """Return where a file is to be written, checked before any work is done for it.

    Raises:
        ArgumentError: it is no path, a folder, or in none that exists.
    """
    file = Path(_filenames.path(owner, "path", path))
    if file.is_dir():
        raise ArgumentError(f"{owner}: `path` must name a file; got the folder {str(file)!r}.")
    if not file.parent.is_dir():
        raise ArgumentError(
            f"{owner}: `path` must be in a folder that exists; got {str(file)!r}. Make "
            f"{str(file.parent)!r} first."
        )
    return file


def check_npz(path: Any) -> Path:
    """Return where arrays are to be written, checked.

    Raises:
        ArgumentError: it can't be written, or does not end in .npz.
    """
    return check_path("trace", _filenames.to_write("trace", "path", path, ".npz"))


def write(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays by name to an `.npz` file."""
    with path.open("wb") as file:  # to a name in capitals NumPy would add one more ending
        np.savez(file, **arrays)  # type: ignore[arg-type]
