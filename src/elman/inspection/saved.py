"""Writing what was seen to a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError


def check_folder(path: Path) -> None:
    """Check that a file can be written, before any work is done for it.

    Raises:
        ArgumentError: it is a folder, or in none that exists.
    """
    if path.is_dir():
        raise ArgumentError(f"trace: `path` must name a file; got the folder {str(path)!r}.")
    if not path.parent.is_dir():
        raise ArgumentError(
            f"trace: `path` must be in a folder that exists; got {str(path)!r}. Make "
            f"{str(path.parent)!r} first."
        )


def check_npz(path: Any) -> Path:
    """Return where arrays are to be written, checked.

    Raises:
        ArgumentError: it can't be written, or does not end in .npz.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ArgumentError(f"trace: `path` must end in .npz; got {str(path)!r}.")
    check_folder(path)
    return path


def write(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays by name to an `.npz` file."""
    np.savez(path, **arrays)  # type: ignore[arg-type]
