"""Where in the file do the chunks of an array lie?

A tree of version 1 leads to them. In newer files there may be but one, or they follow each other,
or an array has their addresses; what leads to chunks that can become more is not read there.
Source: HDF5 File Format Specification 3.0, III.A.1, IV.A.2.i and VII.B.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from elman.formats.hdf5 import btrees
from elman.formats.hdf5.source import NOWHERE, Axes, DamagedError, Fields, Source, UnreadError

SINGLE, IMPLICIT, FIXED = 1, 2, 3  # how chunks are found without a tree
PARTIAL, PACKED = 1, 2  # flags: chunks at the edge are not packed; the single chunk is


class Piece(NamedTuple):
    """Bytes of an array: where, how many, which filters were not applied, where they belong."""

    address: int
    size: int
    skipped: int = 0
    offset: Axes = ()


def _chunk(sizes: Sequence[int], shape: Axes, element: int) -> Axes:
    """Return the shape of a chunk, of which a message says the bytes of an element too."""
    *chunk, last = sizes
    if len(chunk) != len(shape) or last != element or 0 in chunk or not chunk:
        raise DamagedError(
            f"chunks must have {len(shape)} axes of {element} bytes; got {tuple(sizes)}"
        )
    return tuple(chunk)


def by_tree(
    source: Source, fields: Fields, shape: Axes, element: int, packed: bool
) -> tuple[Axes, list[Piece]]:
    """Find chunks by a tree, whose keys are

    size 4   filters left out 4   offset, 8 for each axis and for the bytes of an element

    Args:
        source: the file.
        fields: the message, behind its version and class.
        shape: of the array.
        element: bytes of one.
        packed: whether there are filters.

    Raises:
        DamagedError: they are not where they must be.
    """
    axes, address = fields.number(1), fields.number()
    chunk = _chunk([fields.number(4) for _ in range(axes)], shape, element)
    if address == NOWHERE:
        return chunk, []
    pieces = []
    for data, place in btrees.entries(source, address, btrees.CHUNKS, 8 + 8 * axes):
        key = Fields(data, "a chunk")
        size, skipped = key.number(4), key.number(4)
        offset = tuple(key.number() for _ in shape)
        pieces.append(Piece(place, size, skipped, offset))
    return chunk, pieces


def by_place(
    source: Source, fields: Fields, shape: Axes, element: int, packed: bool
) -> tuple[Axes, list[Piece]]:
    """Find chunks by what newer files have instead of a tree; the arguments are `by_tree`'s.

    Raises:
        DamagedError: they are not where they must be.
        UnreadError: it is a way to find them that is not known.
    """
    flags, axes, width = fields.number(1), fields.number(1), fields.number(1)
    if not 1 <= width <= 8:
        raise DamagedError(f"chunks must have sizes of 1 to 8 bytes; got {width}")
    chunk = _chunk([fields.number(width) for _ in range(axes)], shape, element)
    kind, size = fields.number(1), math.prod(chunk) * element
    if packed and flags & PARTIAL:
        raise UnreadError("have chunks that are all packed; got some at the edge that are not")
    if kind == SINGLE:
        size, skipped = (fields.number(), fields.number(4)) if flags & PACKED else (size, 0)
        address = fields.number()
        first = Piece(address, size, skipped, (0,) * len(shape))
        return chunk, [] if address == NOWHERE else [first]
    if kind == FIXED:
        fields.take(1)
        address = fields.number()
        found = [] if address == NOWHERE else list(_fixed(source, address, size))
    elif kind == IMPLICIT:
        address, count = fields.number(), math.prod(_grid(chunk, shape))
        source.check(address, count * size)
        found = [(address + i * size, size, 0) for i in range(count)]
    else:
        raise UnreadError(f"have chunks that cannot become more; got an index of kind {kind}")
    offsets = _offsets(chunk, shape)
    pairs = zip(found, offsets, strict=False)
    return chunk, [Piece(*where, offset) for where, offset in pairs if where[0] != NOWHERE]


def _grid(chunk: Axes, shape: Axes) -> Axes:
    """Return how many chunks there are along each axis."""
    return tuple(-(-size // each) for size, each in zip(shape, chunk, strict=True))


def _offsets(chunk: Axes, shape: Axes) -> Iterator[Axes]:
    """Return where the chunks begin, one after another as NumPy would go."""
    grid = _grid(chunk, shape)
    for i in range(math.prod(grid)):
        offset = []
        for count, size in zip(grid[::-1], chunk[::-1], strict=True):
            i, place = divmod(i, count)
            offset.append(place * size)
        yield tuple(offset[::-1])


def missing(chunk: Axes, shape: Axes, pieces: Sequence[Piece]) -> int:
    """Return how many chunks are not there, of which each may be there once.

    Raises:
        DamagedError: one is there twice, or where none can be.
    """
    for piece in pieces:
        for place, size, each in zip(piece.offset, shape, chunk, strict=True):
            if place >= size or place % each:
                raise DamagedError(f"chunks must lie in the array; got one at {piece.offset}")
    found = {piece.offset for piece in pieces}
    if len(found) < len(pieces):
        raise DamagedError("each chunk must be there once; got one twice")
    return math.prod(_grid(chunk, shape)) - len(found)


def _fixed(source: Source, address: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Return address, size and filters left out of each chunk, which an array of them says.

    "FAHD" 0   packed 1   bytes of an entry 1   pages 1   entries 8   address of the entries 8
    "FADB" 0   packed 1   address of the above 8   entries; or in pages, each with a checksum

    Raises:
        DamagedError: it is no such array.
    """
    head = source.fields(address, 24, "array of chunks")
    head.expect(b"FAHD\0")
    packed, width, bits = head.number(1), head.number(1), head.number(1)
    count, at = head.number(), head.number()
    if packed > 1 or (width < 13 if packed else width != 8) or bits > 32:
        raise DamagedError(f"{head.what} must have entries of 8 bytes or more; got {width}")
    if at == NOWHERE:
        return
    source.fields(at, 14, "array of chunks").expect(b"FADB\0")
    page = 1 << bits
    at, pages = at + 14, -(-count // page) if count > page else 0
    source.check(at, count * width)
    made = source.read(at, -(-pages // 8) + 4) if pages else b""  # bits: which pages there are
    at += len(made)
    for number, first in enumerate(range(0, count, page)):
        entries = min(page, count - first)
        if not pages or made[number // 8] >> (7 - number % 8) & 1:
            body = source.fields(at, entries * width, "array of chunks")
            for _ in range(entries):
                place = body.number()
                yield (
                    (place, body.number(width - 12), body.number(4)) if packed else (place, size, 0)
                )
        else:
            yield from [(NOWHERE, 0, 0)] * entries
        at += entries * width + 4
