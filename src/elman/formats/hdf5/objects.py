"""Which messages does an object have? A group or an array is a list of them.

version 1   header, then messages     type 2, size 2, flags 1, nothing 3, data
version 2   "OHDR", then messages     type 1, size 2, flags 1, order 2 (if kept), data; checksum

One kind of message says where the list goes on. Checksums are not looked at.
Source: HDF5 File Format Specification 3.0, IV.A.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from elman.formats.hdf5.source import DamagedError, Fields, Source, UnreadError

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL, LAYOUT = 1, 2, 3, 6, 7, 8
FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 11, 12, 16, 17, 21
SHARED = 2  # a flag: the message lies elsewhere


class Message(NamedTuple):
    """One message: its type, its flags, its data, and which one it was to be made."""

    kind: int
    flags: int
    data: bytes
    order: int = 0


def messages(source: Source, address: int) -> list[Message]:
    """Return the messages of an object.

    Raises:
        DamagedError: there is no object.
    """
    found: list[Message] = []
    start = source.data(address, 4)
    blocks = [_start_2(source, address) if start == b"OHDR" else _start_1(source, address)]
    for fields, flags in blocks:  # which grows as it is gone through
        for message in _messages(fields, flags):
            if message.kind == CONTINUATION:
                place = Fields(message.data, f"what follows the object at {address}")
                at, size = place.number(), place.number()
                more = source.fields(at, size, "continuation")
                if flags is not None:
                    more.expect(b"OCHK")
                blocks.append((more, flags))
            else:
                found.append(message)
    return found


def _start_1(source: Source, address: int) -> tuple[Fields, int | None]:
    head = source.fields(address, 16, "object")
    head.expect(b"\1")
    head.take(7)  # how many messages and references there are
    return source.fields(address + 16, head.number(4), "object"), None


def _start_2(source: Source, address: int) -> tuple[Fields, int | None]:
    """Read where the messages of version 2 begin; its flags say which fields there are."""
    head = source.fields(address, 6, "object")
    head.expect(b"OHDR\2")
    flags = head.number(1)
    before = (16 if flags & 32 else 0) + (4 if flags & 16 else 0)  # times; limits of attributes
    width = 1 << (flags & 3)
    size = source.fields(address + 6 + before, width, "object").number(width)
    return source.fields(address + 6 + before + width, size + 4, "object"), flags


def _messages(fields: Fields, flags: int | None) -> Iterator[Message]:
    """Read the messages of a block; in version 2 its checksum is behind them."""
    first = flags is None
    head = 8 if first else 6 if flags & 4 else 4  # type: ignore[operator]
    while fields.left >= head + (0 if first else 4):
        kind, size = fields.number(2 if first else 1), fields.number(2)
        about = fields.number(1)
        order = fields.number(head - 4 if not first else 3)
        yield Message(kind, about, fields.take(size), order)


def one(found: Sequence[Message], kind: int) -> Fields | None:
    """Return the message of a kind, None if there is none.

    Raises:
        UnreadError: it lies elsewhere.
    """
    for message in found:
        if message.kind == kind:
            if message.flags & SHARED:
                raise UnreadError("have a type of its own; got one that lies elsewhere")
            return Fields(message.data, f"the message {kind}")
    return None


def needed(found: Sequence[Message], kind: int) -> Fields:
    """Return the message of a kind.

    Raises:
        DamagedError: there is none.
        UnreadError: it lies elsewhere.
    """
    fields = one(found, kind)
    if fields is None:
        raise DamagedError(f"an array must have a message {kind}; it has none")
    return fields
