"""Which members does a group have, and where are they?

Groups are of two forms: a tree of nodes whose names lie in a heap, or links, in the group itself
or, when there are many, in a heap of their own.
Source: HDF5 File Format Specification 3.0, III.B, III.C, IV.A.2.c and IV.A.2.g.
"""

from collections.abc import Iterator, Sequence

from elman.formats.hdf5 import btrees
from elman.formats.hdf5.fractal_heaps import FractalHeap
from elman.formats.hdf5.heaps import LocalHeap
from elman.formats.hdf5.objects import LINK, LINK_INFO, SYMBOL_TABLE, Message, one
from elman.formats.hdf5.source import NOWHERE, DamagedError, Fields, Source

KINDS = {LINK, LINK_INFO, SYMBOL_TABLE}  # messages that groups have
SOFT = 2  # what an entry of a node is that is a link
Members = dict[str, int | None]  # name -> address, or None for a link


def members(source: Source, found: Sequence[Message]) -> Members:
    """Return the members of a group in their order: by name, or as they were made if that is kept.

    Args:
        source: the file.
        found: the messages of the group.

    Raises:
        DamagedError: they are not there, or two have one name.
    """
    table = one(found, SYMBOL_TABLE)
    pairs = list(_linked(source, found) if table is None else _in_table(source, table))
    result = dict(pairs)
    if len(result) < len(pairs):
        raise DamagedError("a group must have each name once; it has one twice")
    return result


def _in_table(source: Source, table: Fields) -> Iterator[tuple[str, int | None]]:
    """Return what is in the nodes of a tree.

    "SNOD" 1 0   entries 2   entry: name 8, address 8, kind 4, nothing 4, more 16
    """
    tree, names = table.number(), LocalHeap(source, table.number())
    for _, address in btrees.entries(source, tree, btrees.GROUP, 8):
        head = source.fields(address, 8, "node")
        head.expect(b"SNOD\1\0")
        count = head.number(2)
        body = source.fields(address + 8, 40 * count, "node")
        for _ in range(count):
            name, place, kind = names.name(body.number()), body.number(), body.number(4)
            body.take(20)
            yield name, None if kind == SOFT else place


def _linked(source: Source, found: Sequence[Message]) -> Iterator[tuple[str, int | None]]:
    """Return what links lead to."""
    links = [message.data for message in found if message.kind == LINK]
    info = one(found, LINK_INFO)
    ordered = False
    if info is not None:
        info.expect(b"\0")
        flags = info.number(1)
        ordered = bool(flags & 1)
        if ordered:
            info.number()
        address, index = info.number(), info.number()
        if address != NOWHERE:
            heap = FractalHeap(source, address)
            records = btrees.records(source, index, btrees.LINKS)
            links += [heap.object(record[4:]) for record in records]
    read = [_link(data) for data in links]
    read.sort(key=(lambda link: link[0]) if ordered else lambda link: link[1].encode())
    return ((name, address) for _, name, address in read)


def _link(data: bytes) -> tuple[int, str, int | None]:
    """Read a link: the number by which it was made, its name, its address.

    1   flags 1   kind 1   order 8   alphabet 1   size of the name 1 to 8   name   address 8
                  (these three if flags say so)
    """
    fields = Fields(data, "a link")
    fields.expect(b"\1")
    flags = fields.number(1)
    kind = fields.number(1) if flags & 8 else 0
    order = fields.number() if flags & 4 else 0
    fields.take(1 if flags & 16 else 0)
    name = fields.name(fields.number(1 << (flags & 3)))
    return order, name, fields.number() if kind == 0 else None
