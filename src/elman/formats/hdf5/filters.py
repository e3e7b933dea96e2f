"""How were the chunks of an array packed?

deflate   zlib's                        fletcher32   a checksum behind the data, not looked at
shuffle   first bytes of all elements, then their second …

Source: HDF5 File Format Specification 3.0, IV.A.2.l.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from elman.formats.hdf5.source import DamagedError, Fields, UnreadError

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
NAMED = 256  # from this number on filters have names in version 2 too


class Filter(NamedTuple):
    """A filter's number and its first option."""

    number: int
    option: int


def filters(fields: Fields | None) -> list[Filter]:
    """Return the filters of an array, in the order in which they were applied.

    Raises:
        DamagedError: they are none.
        UnreadError: one is not known.
    """
    if fields is None:
        return []
    version, count = fields.number(1), fields.number(1)
    if version not in (1, 2):
        raise DamagedError(f"filters must be of version 1 or 2; got {version}")
    fields.take(6 if version == 1 else 0)
    found = [_filter(fields, version) for _ in range(count)]
    for each in found:
        if each.number not in (DEFLATE, SHUFFLE, FLETCHER32):
            raise UnreadError(
                f"be packed by deflate, shuffle or fletcher32; got filter {each.number}"
            )
    return found


def _filter(fields: Fields, version: int) -> Filter:
    """Read one: number 2, size of its name 2 (if it has one), flags 2, options 2; name; options."""
    number = fields.number(2)
    named = version == 1 or number >= NAMED
    name = fields.number(2) if named else 0
    fields.take(2)
    count = fields.number(2)
    fields.take(name + (-name % 8 if version == 1 else 0))
    options = Fields(fields.take(4 * count), "options")
    fields.take(4 if version == 1 and count % 2 else 0)
    return Filter(number, options.number(4) if count else 0)


def unpacked(data: bytes, used: Sequence[Filter], skipped: int, size: int) -> bytes:
    """Return the bytes of a chunk.

    Args:
        data: as they are stored.
        used: the filters.
        skipped: bit i says that filter i was not applied to this chunk.
        size: how many bytes there must be.

    Raises:
        DamagedError: they are not there.
    """
    for i, each in reversed(list(enumerate(used))):
        if skipped >> i & 1:
            continue
        if each.number == DEFLATE:
            data = _inflated(data, size)
        elif each.number == FLETCHER32:
            data = data[:-4]
        elif each.option > 1:
            data = _unshuffled(data, each.option)
    if len(data) != size:
        raise DamagedError(f"a chunk must have {size} bytes; it has {len(data)}")
    return data


def _inflated(data: bytes, size: int) -> bytes:
    """Undo deflate, and stop where there is more than a chunk and its checksum can have."""
    try:
        return zlib.decompressobj().decompress(data, size + 5)
    except zlib.error as error:
        raise DamagedError(f"a chunk must be packed by deflate; {error}") from error


def _unshuffled(data: bytes, element: int) -> bytes:
    """Put the bytes of each element together; what is no whole one stands behind."""
    count = len(data) // element
    whole = np.frombuffer(data, np.uint8, count * element).reshape(element, count)
    return whole.T.tobytes() + data[count * element :]
