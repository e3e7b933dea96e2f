"""How much may a file become when it is unpacked? A few times what it has, all of it together.

Deflate makes a thousand bytes of one, and a zip may hold an HDF5 whose arrays are packed again: a
limit for each entry and each array would multiply with the other. So one budget goes with a file
through all that is read of it.
"""

from pathlib import Path

from elman.errors import FormatError

# Weights pack to half at best, an optimizer's slots of zeros to nothing: there are up to four.
TIMES, FREE = 10, 2**20


class Room:
    """What is left of a file's budget, in bytes.

    Args:
        path: of the file, for messages.
        size: of it, where it lies.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path, self.size = path, size
        self._most = self._left = TIMES * size + FREE

    def take(self, name: str, count: int) -> None:
        """Count bytes that an entry or an array of the file needs, before they are made.

        Raises:
            FormatError: all that was counted is more than a file of this size can mean.
        """
        self._left -= count
        if self._left < 0:
            raise FormatError(
                f"{self.path}: its {self.size} bytes must unpack to at most {self._most}; they do "
                f"to {self._most - self._left} with {name!r}. Unpack the file, and save it "
                "uncompressed."
            )
