"""Which shape has an array, and what are its elements?

Source: HDF5 File Format Specification 3.0, IV.A.2.b (dataspaces) and IV.A.2.d (datatypes).
"""

import math
from typing import Any, NamedTuple

import numpy as np

from elman.formats.hdf5.source import Axes, DamagedError, Fields

INTEGER, FLOAT, TEXT, OPAQUE, COMPOUND, ENUM, SEQUENCE = 0, 1, 3, 5, 6, 8, 9  # classes
NAMES = {2: "times", 4: "bits", 6: "compounds", 7: "references", 9: "sequences", 10: "arrays"}
NULL_TERMINATED, SPACES = 0, 2  # how a text of fixed size ends; otherwise by zeros
ALL_FALSE_TRUE = b"FALSE\0\0\0TRUE\0\0\0\0\0\1", b"FALSE\0TRUE\0\0\1"  # h5py's booleans
MOST_AXES = 32  # that NumPy and HDF5 have
LARGEST = 2**31  # element

# size -> where sign, exponent (and its size) and fraction (and its size) are, and the bias
FORMS = {
    (2, 15, 10, 5, 0, 10, 15): "f2",
    (4, 31, 23, 8, 0, 23, 127): "f4",
    (8, 63, 52, 11, 0, 52, 1023): "f8",
    (2, 15, 7, 8, 0, 7, 127): "bfloat16",
}


class Datatype(NamedTuple):
    """What an element is.

    Attributes:
        size: its bytes.
        dtype: NumPy's, None if that has none.
        name: for messages.
        ends: how a text ends; -1 if it is none, SEQUENCE if it lies elsewhere.
    """

    size: int
    dtype: np.dtype[Any] | None
    name: str
    ends: int = -1

    @property
    def is_bfloat16(self) -> bool:
        """Whether it is the upper half of a float32."""
        return self.name == "bfloat16"


def shape(fields: Fields) -> Axes | None:
    """Return the shape that a dataspace has, () of a scalar, None if there is nothing at all.

    Raises:
        DamagedError: it is none.
    """
    version, axes, _ = fields.number(1), fields.number(1), fields.number(1)
    if version not in (1, 2) or axes > MOST_AXES:
        raise DamagedError(f"a shape must be of version 1 or 2; got {version}, with {axes} axes")
    kind = fields.number(1)
    if version == 2 and kind == 2:
        return None
    if version == 1:
        fields.take(4)
    found = tuple(fields.number() for _ in range(axes))
    if math.prod(size for size in found if size) > 2**48 and 0 in found:
        raise DamagedError(f"a shape must have at most 2^48 elements; got {found}")
    return found


def datatype(fields: Fields) -> Datatype:
    """Return what the elements are.

    Raises:
        DamagedError: it does not say.
    """
    first, bits, size = fields.number(1), fields.number(3), fields.number(4)
    kind, version = first & 15, first >> 4
    if not 0 < size < LARGEST or not 1 <= version <= 5:
        raise DamagedError(f"{fields.what} must be one that there is; got {size} bytes")
    if kind == INTEGER:
        return _integer(fields, bits, size)
    if kind == FLOAT:
        return _float(fields, bits, size)
    if kind == TEXT:
        dtype = np.dtype(f"S{size}")
        return Datatype(size, dtype, str(dtype), bits & 15)
    if kind == OPAQUE:
        dtype = np.dtype(f"V{size}")
        return Datatype(size, dtype, str(dtype))
    if kind == ENUM:
        return _enumeration(fields, bits & 0xFFFF, size, version)
    if kind == SEQUENCE and bits & 15 == 1:
        return Datatype(size, np.dtype(object), "text", SEQUENCE)
    if kind == COMPOUND and bits & 0xFFFF == 2 and fields.take(2) == b"r\0":
        return Datatype(size, None, f"complex{8 * size}")
    return Datatype(size, None, NAMES.get(kind, f"elements of class {kind}"))


def _integer(fields: Fields, bits: int, size: int) -> Datatype:
    offset, precision = fields.number(2), fields.number(2)
    if size not in (1, 2, 4, 8) or (offset, precision) != (0, 8 * size):
        return Datatype(size, None, f"integers of {precision} bits in {size} bytes")
    dtype = np.dtype(f"{'>' if bits & 1 else '<'}{'i' if bits & 8 else 'u'}{size}")
    return Datatype(size, dtype, str(dtype))


def _float(fields: Fields, bits: int, size: int) -> Datatype:
    fields.take(4)
    exponent = fields.number(1), fields.number(1)
    fraction = fields.number(1), fields.number(1)
    form = FORMS.get((size, bits >> 8 & 255, *exponent, *fraction, fields.number(4)))
    if form is None or bits & 64:
        return Datatype(size, None, f"floats of {size} bytes that are not IEEE's")
    order = ">" if bits & 1 else "<"
    if form == "bfloat16":
        return Datatype(size, np.dtype(f"{order}u2"), form)
    dtype = np.dtype(order + form)
    return Datatype(size, dtype, str(dtype))


def _enumeration(fields: Fields, members: int, size: int, version: int) -> Datatype:
    """Return booleans, as which h5py writes an enumeration of FALSE and TRUE, or the integers."""
    base = datatype(fields)
    if base.size != size:
        raise DamagedError(f"{fields.what} must be of {size} bytes; got {base.size}")
    if members == 2 and size == 1 and fields.take(fields.left).startswith(ALL_FALSE_TRUE):
        return Datatype(1, np.dtype(bool), "bool")
    return base
