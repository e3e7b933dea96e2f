"""Where in the file do the elements of an array lie?

compact      among the messages of the array
contiguous   one after another
chunked      in blocks of one shape, each somewhere

Source: HDF5 File Format Specification 3.0, IV.A.2.i.
"""

from typing import NamedTuple

from elman.formats.hdf5 import chunks
from elman.formats.hdf5.chunks import Piece
from elman.formats.hdf5.source import NOWHERE, Axes, DamagedError, Fields, Source, UnreadError

COMPACT, CONTIGUOUS, CHUNKED, VIRTUAL = range(4)


class Layout(NamedTuple):
    """The pieces of an array.

    Attributes:
        pieces: of the file.
        chunk: the shape of each; None if there is but one, of the whole array.
        inside: the bytes themselves if they lie in the message.
        elsewhere: whether they lie in other arrays.
    """

    pieces: list[Piece]
    chunk: Axes | None = None
    inside: bytes = b""
    elsewhere: bool = False

    @property
    def stored(self) -> int:
        """How many bytes there are."""
        return len(self.inside) + sum(piece.size for piece in self.pieces)


def layout(source: Source, fields: Fields, shape: Axes, element: int, packed: bool) -> Layout:
    """Find the pieces of an array.

    Args:
        source: the file.
        fields: the message.
        shape: of the array.
        element: bytes of one.
        packed: whether there are filters.

    Raises:
        DamagedError: they are not where they must be.
        UnreadError: it is a way to keep them that is not known.
    """
    version, kind = fields.number(1), fields.number(1)
    if version not in (3, 4, 5):
        raise UnreadError(f"be laid out by version 3 to 5; got {version}")
    if kind == VIRTUAL:
        return Layout([], elsewhere=True)
    if kind == COMPACT:
        return Layout([], inside=fields.take(fields.number(2)))
    if kind == CONTIGUOUS:
        place = Piece(fields.number(), fields.number())
        if place.address == NOWHERE:
            return Layout([])
        source.check(place.address, place.size)
        source.spend(place.size)
        return Layout([place])
    if kind != CHUNKED:
        raise DamagedError(f"an array must be compact, contiguous or chunked; got {kind}")
    read = chunks.by_tree if version == 3 else chunks.by_place
    chunk, pieces = read(source, fields, shape, element, packed)
    for piece in pieces:
        source.check(piece.address, piece.size)
        source.spend(piece.size)
    return Layout(pieces, chunk)
