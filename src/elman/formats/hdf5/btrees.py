"""What do the trees of an HDF5 file hold, in order?

Those of version 1 lead to the members of a group and to the chunks of an array, those of version
2 hold records of links and attributes. A node knows how high it stands, so no walk goes round.
Source: HDF5 File Format Specification 3.0, III.A.
"""

from collections.abc import Iterator
from typing import NamedTuple

from elman.formats.hdf5.source import DamagedError, Source, width

GROUP, CHUNKS = 0, 1  # kinds of trees of version 1
HUGE, LINKS, ATTRIBUTES = 1, 5, 8  # those of version 2
DEEPEST = 16  # with two records a node it would have more than a file can


def entries(
    source: Source, address: int, kind: int, key_size: int, level: int | None = None
) -> Iterator[tuple[bytes, int]]:
    """Return the keys of a tree of version 1, and the addresses that stand beside them.

    "TREE"   kind 1   level 1   entries 2   siblings 16   key, address, key, address, …, key

    Args:
        source: the file.
        address: of the tree.
        kind: GROUP or CHUNKS.
        key_size: how many bytes a key has.
        level: at which the node must stand.

    Raises:
        DamagedError: it is no such tree.
    """
    head = source.fields(address, 24, "B-tree")
    head.expect(b"TREE" + bytes([kind]))
    found, used = head.number(1), head.number(2)
    if level is not None and found != level:
        raise DamagedError(f"{head.what} must stand at level {level}; got {found}")
    body = source.fields(address + 24, used * (key_size + 8), "B-tree")
    for _ in range(used):
        key, child = body.take(key_size), body.number()
        if found:
            yield from entries(source, child, kind, key_size, found - 1)
        else:
            yield key, child


class _Shape(NamedTuple):
    """How the nodes of a tree of version 2 are laid out."""

    kind: int
    record: int  # bytes of a record
    most: list[int]  # records that a node holds, by its height above the leaves
    totals: list[int]  # bytes that say how many there are below, by the same
    counts: int  # bytes that say how many a node holds


def records(source: Source, address: int, kind: int) -> Iterator[bytes]:
    """Return the records of a tree of version 2.

    "BTHD" 0   kind 1   node size 4   record size 2   depth 2   percents 2   root 8   its records 2

    Raises:
        DamagedError: it is no such tree.
    """
    head = source.fields(address, 38, "B-tree")
    head.expect(b"BTHD\0" + bytes([kind]))
    node, record, depth = head.number(4), head.number(2), head.number(2)
    head.take(2)
    root, used = head.number(), head.number(2)
    if depth > DEEPEST or not record or node < 10 + record:
        raise DamagedError(f"{head.what} must be a tree; got nodes of {node} bytes, {depth} deep")
    if used:
        yield from _node(source, root, _shape(kind, node, record, depth), used, depth)


def _shape(kind: int, node: int, record: int, depth: int) -> _Shape:
    """Find how large the fields are; a node has 10 bytes beside its records and addresses."""
    most, total = [(node - 10) // record], (node - 10) // record
    totals, counts = [0], width(most[0])
    for _ in range(depth):
        pointer = 8 + counts + totals[-1]
        most.append(max(0, node - 10 - pointer) // (record + pointer))
        total = (most[-1] + 1) * total + most[-1]
        totals.append(width(total))
    return _Shape(kind, record, most, totals, counts)


def _node(source: Source, at: int, shape: _Shape, used: int, height: int) -> Iterator[bytes]:
    """Return the records of a node and of all below it."""
    if used > shape.most[height]:
        raise DamagedError(f"the B-tree at {at} must have {shape.most[height]} records; got {used}")
    pointer = 8 + shape.counts + shape.totals[height - 1] if height else 0
    size = 6 + used * shape.record + (used + 1) * pointer
    body = source.fields(at, size, "B-tree")
    body.expect((b"BTIN\0" if height else b"BTLF\0") + bytes([shape.kind]))
    found = [body.take(shape.record) for _ in range(used)]
    if not height:
        yield from found
        return
    for i in range(used + 1):
        child, below = body.number(), body.number(shape.counts)
        body.take(shape.totals[height - 1])
        yield from _node(source, child, shape, below, height - 1)
        yield from found[i : i + 1]
