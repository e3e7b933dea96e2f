"""What are the attributes of an object?

They are messages, or lie in a heap of their own when there are many.
Source: HDF5 File Format Specification 3.0, IV.A.2.m and IV.A.2.v.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman.formats.hdf5 import btrees
from elman.formats.hdf5.datatypes import NULL_TERMINATED, SEQUENCE, SPACES, datatype, shape
from elman.formats.hdf5.fractal_heaps import FractalHeap
from elman.formats.hdf5.heaps import GlobalHeaps
from elman.formats.hdf5.objects import ATTRIBUTE, ATTRIBUTE_INFO, SHARED, Message, one
from elman.formats.hdf5.source import NOWHERE, DamagedError, Fields, Source, UnreadError, text

SMALL = 2**16  # bytes that an attribute may have, beside its texts in heaps


class Attribute(NamedTuple):
    """An attribute that is not looked at yet."""

    name: str
    datatype: bytes
    dataspace: bytes
    data: bytes
    shared: bool

    @property
    def size(self) -> int:
        """How many bytes it has, if it holds what it promises."""
        axes = shape(Fields(self.dataspace, "the shape of an attribute"))
        kind = datatype(Fields(self.datatype, "the type of an attribute"))
        return 0 if axes is None else math.prod(axes) * kind.size


def attributes(source: Source, found: Sequence[Message]) -> dict[str, Attribute]:
    """Return the attributes of an object by their names.

    Raises:
        DamagedError: they are not there.
        UnreadError: they lie among those of other objects.
    """
    entries = [(m.flags, m.data) for m in found if m.kind == ATTRIBUTE]
    info = one(found, ATTRIBUTE_INFO)
    if info is not None:
        info.expect(b"\0")
        info.take(2 if info.number(1) & 1 else 0)
        address, index = info.number(), info.number()
        if address != NOWHERE:
            heap = FractalHeap(source, address)
            entries += [
                (record[8], heap.object(record[:8]))
                for record in btrees.records(source, index, btrees.ATTRIBUTES)
            ]
    if any(flags & SHARED for flags, _ in entries):
        raise UnreadError("have attributes of its own; got one that lies elsewhere")
    read = [_attribute(Fields(data, "an attribute")) for _, data in entries]
    return {each.name: each for each in read}


def _attribute(fields: Fields) -> Attribute:
    """Read the parts: version 1, flags 1, sizes 2 each, alphabet 1 (version 3); then the parts."""
    version, flags = fields.number(1), fields.number(1)
    if not 1 <= version <= 3:
        raise DamagedError(f"an attribute must be of version 1 to 3; got {version}")
    sizes = [fields.number(2) for _ in range(3)]
    fields.take(1 if version == 3 else 0)
    parts = []
    for size in sizes:
        parts.append(fields.take(size))
        if version == 1:
            fields.take(min(fields.left, -size % 8))
    shared = version > 1 and bool(flags & 3)
    return Attribute(text(parts[0]), parts[1], parts[2], fields.take(fields.left), shared)


def value(attribute: Attribute, source: Source, heaps: GlobalHeaps) -> Any:
    """Return what an attribute is: a number, a text, or an array of numbers, a list of texts.

    Raises:
        DamagedError: it does not hold what it promises.
        UnreadError: it is of another type.
    """
    if attribute.shared:
        raise UnreadError("have a type of its own; got one that lies elsewhere")
    kind = datatype(Fields(attribute.datatype, "the type of an attribute"))
    axes = shape(Fields(attribute.dataspace, "the shape of an attribute"))
    if axes is None:
        return None
    if kind.dtype is None or (kind.ends < 0 and kind.dtype.kind not in "fiub"):
        raise UnreadError(f"be numbers or texts; got {kind.name}")
    fields = Fields(attribute.data, "an attribute")
    if kind.ends < 0:
        data = fields.take(math.prod(axes) * kind.size)
        numbers = np.frombuffer(data, kind.dtype).reshape(axes)
        return numbers[()] if axes == () else numbers.copy()
    elements = [fields.take(kind.size) for _ in range(math.prod(axes))]
    if kind.ends == SEQUENCE:
        texts = _from_heaps(elements, source, heaps)
    else:
        texts = [_fixed(element, kind.ends) for element in elements]
    return texts[0] if axes == () else np.array(texts, object).reshape(axes).tolist()


def _fixed(data: bytes, ends: int) -> str:
    """Return a text of fixed size without what fills it."""
    if ends == SPACES:
        data = data.rstrip(b" ")
    return text(data if ends == NULL_TERMINATED else data.rstrip(b"\0"))


def _from_heaps(elements: Sequence[bytes], source: Source, heaps: GlobalHeaps) -> list[str]:
    """Return texts that lie in heaps: size 4, address of the heap 8, index there 4."""
    places = []
    for element in elements:
        fields = Fields(element, "a text")
        places.append((fields.number(4), fields.number(), fields.number(4)))
    total = sum(size for size, _, _ in places)
    if total > source.size:
        raise DamagedError(f"an attribute must have texts that are in the file; got {total} bytes")
    return [
        text(heaps.object(address, index, size)) if size else "" for size, address, index in places
    ]
