"""Zip files from anywhere: what may be read of them without being fooled.

Refused are entries that are there twice, that unpack to far more than the file has, that are
encrypted, or whose names lead out of the folder that they would be unpacked to.
"""

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from elman.errors import ElmanError, FormatError
from elman.formats.room import Room

MOST = 10_000  # entries of a file; a model has three, and one for each thing kept with it


class Archive:
    """An open zip file.

    Attributes:
        path: of the file, for messages.
        names: of its entries, in order.
        room: how much may still be unpacked of it.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self._archive = path, archive
        self.room = Room(path, path.stat().st_size)
        names = archive.namelist()
        if len(names) > MOST:
            raise FormatError(f"{path}: it must have at most {MOST} entries; got {len(names)}.")
        self.names = dict.fromkeys(names)
        if len(self.names) != len(names):
            raise FormatError(f"{path}: every entry must be there once; got one twice.")
        for name in self.names:
            parts = PurePosixPath(name.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts or ":" in name:
                raise FormatError(f"{path}: every entry must be a name; got the path {name!r}.")

    def read(self, name: str) -> bytes:
        """Return what an entry holds.

        Raises:
            FormatError: there is none of that name, or it unpacks to more than the file can mean.
        """
        if name not in self.names:
            raise FormatError(f"{self.path}: the file must hold {name!r}; it does not.")
        info = self._archive.getinfo(name)
        stored = info.compress_type == zipfile.ZIP_STORED
        if info.compress_size > self.room.size or (
            stored and info.compress_size != info.file_size
        ):  # as many bytes are asked for at once as it claims to take up
            raise FormatError(
                f"{self.path}: {name!r} must lie in the file; got a size of {info.compress_size}."
            )
        self.room.take(name, info.file_size)
        return self._archive.read(name)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Archive]:
    """Open a zip file; whatever is wrong with its bytes is a FormatError.

    Raises:
        FormatError: it is none, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Archive(path, archive)
    except (ElmanError, Warning):  # a warning, where these are errors
        raise
    except zipfile.BadZipFile as error:
        raise FormatError(
            f"{path}: it must be a zip, as models are saved in; got none that can be read "
            f"({str(error).rstrip('.')}). Copy the file again, or save the model again."
        ) from error
    except Exception as error:  # a damaged file can go wrong anywhere
        raise FormatError(f"{path}: it must be a whole zip file; {error}.") from error


def put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add an entry, with no date: the same model makes the same bytes."""
    archive.writestr(zipfile.ZipInfo(name), data)


def writing(file: IO[bytes]) -> zipfile.ZipFile:
    """Return a zip to be written to a file; its entries are stored as they are, as Keras does."""
    return zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
