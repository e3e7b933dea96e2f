"""The bytes of an HDF5 file, of which no more is read than there is.

Everything that a file says of itself is read through `Source` and `Fields`. A place outside the
file is an error before anything is read or made. A file whose parts lead in circles, or lie upon
each other so that it seems larger than it is, ends at a budget: as a whole no more is read than a
few times what the file has, because each of its bytes is there for one thing.
"""

import io

import numpy as np

from elman._typing import Array

TIMES, FREE = 4, 2**16  # a file of n bytes may be read up to TIMES * n + FREE of them
NOWHERE = 2**64 - 1  # the address of what is not there

Axes = tuple[int, ...]  # a shape, of which everything is known


class DamagedError(ValueError):
    """The file does not hold what its format promises."""


class UnreadError(Exception):
    """The file is right, and has something that is not read here."""


class Source:
    """A file, read piece by piece.

    Args:
        file: where it is read from, a file or `io.BytesIO`.
    """

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file
        self.size = file.seek(0, io.SEEK_END)
        self._left = TIMES * self.size + FREE

    def spend(self, count: int) -> None:
        """Count bytes that the file describes.

        Raises:
            DamagedError: they are more than it can hold.
        """
        self._left -= count
        if self._left < 0:
            raise DamagedError("it must describe everything in it once; it leads in circles")

    def check(self, at: int, size: int) -> None:
        """Check that bytes are in the file.

        Raises:
            DamagedError: they are not.
        """
        if at + size > self.size:
            raise DamagedError(f"its {self.size} bytes must have {size} at {at}; they end before")

    def read(self, at: int, size: int) -> bytes:
        """Return bytes that describe something.

        Raises:
            DamagedError: they are not there.
        """
        self.check(at, size)
        self.spend(size)
        return self.data(at, size)

    def fields(self, at: int, size: int, what: str) -> "Fields":
        """Return the same to be read field by field."""
        return Fields(self.read(at, size), f"the {what} at {at}")

    def data(self, at: int, size: int) -> bytes:
        """Return bytes of numbers or texts, of which the size was counted before."""
        self.check(at, size)
        self._file.seek(at)
        found = self._file.read(size)
        if len(found) < size:
            raise DamagedError(f"its {self.size} bytes must stay as they are; they became fewer")
        return found

    def fill(self, array: Array, at: int) -> None:
        """Read the numbers of an array from where they lie one after another."""
        self.check(at, array.nbytes)
        self._file.seek(at)
        if self._file.readinto(array.reshape(-1).view(np.uint8).data) < array.nbytes:
            raise DamagedError(f"its {self.size} bytes must stay as they are; they became fewer")


class Fields:
    """A piece of a file, whose fields are read one after another.

    Args:
        data: the bytes.
        what: they are, for messages: "the heap at 800".
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._data, self.what, self.at = data, what, 0

    @property
    def left(self) -> int:
        """How many bytes there still are."""
        return len(self._data) - self.at

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            DamagedError: there are fewer.
        """
        if size > self.left:
            raise DamagedError(f"{self.what} must go on for {size} bytes; it has {self.left}")
        self.at += size
        return self._data[self.at - size : self.at]

    def number(self, size: int = 8) -> int:
        """Return the next field as a number that is not negative, its lowest byte first."""
        return int.from_bytes(self.take(size), "little")

    def expect(self, start: bytes) -> None:
        """Check that a piece begins as its kind does.

        Raises:
            DamagedError: it begins otherwise.
        """
        found = self.take(len(start))
        if found != start:
            raise DamagedError(f"{self.what} must begin with {start!r}; got {found!r}")

    def align(self) -> None:
        """Go on at the next multiple of 8 bytes."""
        self.take(-self.at % 8)

    def name(self, size: int) -> str:
        """Return text of so many bytes.

        Raises:
            DamagedError: it is no UTF-8.
        """
        return text(self.take(size))


def width(limit: int) -> int:
    """Return how many bytes numbers up to a limit take."""
    return max(1, (limit.bit_length() + 7) // 8)


def text(data: bytes) -> str:
    """Return text, which ends at the first byte that is zero.

    Raises:
        DamagedError: it is no UTF-8.
    """
    try:
        return data.split(b"\0", 1)[0].decode()
    except UnicodeDecodeError as error:
        raise DamagedError(f"texts must be UTF-8; got {data[:40]!r}") from error
