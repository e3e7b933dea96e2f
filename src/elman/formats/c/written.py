"""A file that is complete or not there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from elman.errors import ArgumentError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes its place at `path` when it is complete, and leaves none otherwise.

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
            f"export: `filepath` must be a file that may be written; got '{path}': "
            f"{error.strerror}. Is it open elsewhere?"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
