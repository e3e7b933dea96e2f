"""Files are written completely or not at all."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from elman.errors import ArgumentError

KEPT = 32  # characters of a name in that of its temporary file, which has to be longer otherwise
HINTS = {
    errno.ENAMETOOLONG: " Use a shorter name.",
    errno.ENOSPC: " Make room on the disk, or save elsewhere.",
}


@contextlib.contextmanager
def replacing(
    path: Path, called: str = "save: `filepath`", before: Path | None = None
) -> Iterator[IO[bytes]]:
    """Give a file that takes its place at `path` when it is complete, and leaves none otherwise.

    It is written beside its place, flushed to the disk and moved into it, so that a crash leaves
    the old file or the new one. A file that is there hands its permissions on; a link stays, and
    what it leads to is replaced.

    Args:
        path: where to.
        called: how messages name it.
        before: where the file that was there goes, None for nowhere. After a crash in between it
            is there, and none at `path`.

    Raises:
        ArgumentError: the file may not be written.
    """
    place = Path(os.path.realpath(path))
    temporary = place.with_name(f".{place.name[:KEPT]}.{os.urandom(8).hex()}.part")
    with sayable(path, called):
        mode = place.stat().st_mode & 0o777 if place.exists() else None
        try:
            with open(temporary, "xb", opener=_opener(mode)) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, mode)  # a new file is never more open than the old one
            if before is not None and mode is not None:
                os.replace(place, before)
            os.replace(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)


def _opener(mode: int | None) -> Callable[[str, int], int]:
    """Return what opens a new file: as any other, or with no more than some permissions."""
    return lambda name, flags: os.open(name, flags, 0o666 if mode is None else mode | stat.S_IWUSR)


@contextlib.contextmanager
def sayable(path: Path, called: str) -> Iterator[None]:
    """Make one error of the many that a system has for files that it does not write.

    Raises:
        ArgumentError: it does not write this one.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError):
            hint = " Is it open elsewhere?"
        else:
            hint = HINTS.get(error.errno or 0, "")
        raise ArgumentError(
            f"{called} must be a file that may be written; got '{path}': "
            f"{error.strerror or error}.{hint}"
        ) from error
