"""Files as wholes: written completely or not at all, and read by name."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from elman import _filenames
from elman.errors import ArgumentError, NotBuiltError
from elman.layers import Layer


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes its place at `path` when it is complete, and leaves none otherwise.

    It is written beside its place, flushed to the disk and moved into it, so that a crash leaves
    the old file or the new one.

    Raises:
        ArgumentError: the file may not be written.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except PermissionError as error:
        raise ArgumentError(
            f"save: `filepath` must be a file that may be written; got '{path}': {error.strerror}. "
            "Is it open elsewhere?"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def to_write(model: Layer, filepath: Any, endings: tuple[str, ...], overwrite: bool) -> Path:
    """Return where a model or a layer goes, checked before any work is done for it.

    Raises:
        ArgumentError: there is a file already and `overwrite` is False, or the name is none that a
            file can have there.
        NotBuiltError: there are no weights yet.
    """
    path = Path(_filenames.to_write(model.owner, "filepath", filepath, *endings))
    if path.exists() and not overwrite:
        raise ArgumentError(
            f"{model.owner}: `filepath` must not exist yet with overwrite=False; got {str(path)!r}."
        )
    if path.is_dir():
        raise ArgumentError(
            f"{model.owner}: `filepath` must be a file; got the folder {str(path)!r}. Name a file "
            f"in it, {str(path / 'model') + endings[0]!r}."
        )
    if not path.parent.is_dir():
        raise ArgumentError(
            f"{model.owner}: `filepath` must be in a directory that exists; got {str(path)!r}."
        )
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built to be saved; it is not. Call it on data "
            "first, or `build(input_shape)`."
        )
    return path


def to_read(filepath: Any) -> Path:
    """Return which file is to be read.

    Raises:
        ArgumentError: there is none of that name; the message says which one is near.
    """
    path = Path(_filenames.path("load", "filepath", filepath))
    if path.is_file():
        return path
    names = [_filenames.renamed(str(path), end) for end in _filenames.READ]
    near = next((f" Did you mean {name!r}?" for name in names if os.path.isfile(name)), "")
    raise ArgumentError(f"load: `filepath` must be a file that exists; got '{path}'.{near}")
