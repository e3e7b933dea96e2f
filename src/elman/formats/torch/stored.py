"""How do numbers lie in the files of PyTorch, and how do they become arrays of NumPy?

Little-endian throughout. NumPy has no bfloat16: it is the upper half of a float32, which it is
widened to. Everything else keeps its type.
"""

import math
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError

# What PyTorch calls a type of numbers: how it lies in a file.
LAID_OUT = {
    "float16": "<f2", "bfloat16": "<u2", "float32": "<f4", "float64": "<f8", "bool": "u1",
    "uint8": "u1", "int8": "i1", "uint16": "<u2", "int16": "<i2", "uint32": "<u4", "int32": "<i4",
    "uint64": "<u8", "int64": "<i8",
}  # fmt: skip
MOST_AXES = 32  # of an array in every version of NumPy
MOST = 2**48  # numbers in an array; a file that says more lies


def size_of(kind: str) -> int:
    """Return how many bytes a number of this type takes in a file."""
    return np.dtype(LAID_OUT[kind]).itemsize


def raw(kind: str, data: bytes | memoryview) -> Array:
    """Return bytes as a flat array of what lies in a file, without a copy."""
    return np.frombuffer(data, LAID_OUT[kind])


def read(kind: str, found: Array) -> Array:
    """Return numbers that `raw` gave, or a view of them, as an array of its own.

    >>> read("bfloat16", np.array([0x3F80, 0xC020], "<u2"))
    array([ 1. , -2.5], dtype=float32)
    """
    if kind == "bfloat16":
        return (found.astype(np.uint32) << 16).view(np.float32)
    if kind == "bool":
        return np.asarray(found != 0)
    return found.astype(kind, order="C")


def count(where: str, name: str, sizes: Any) -> int:
    """Return how many numbers an array of these sizes has.

    Raises:
        FormatError: they are no sizes of an array.
    """
    good = isinstance(sizes, (list, tuple)) and len(sizes) <= MOST_AXES
    good = good and all(type(n) is int and 0 <= n < MOST for n in sizes)
    if not good or math.prod(n or 1 for n in sizes) >= MOST:
        raise FormatError(
            f"{where}: entry {shown(name)} must have a shape of at most {MOST_AXES} sizes; "
            f"got {shown(sizes)}."
        )
    return math.prod(sizes)


def shown(value: object) -> str:
    """Return what a file holds as a message may show it: short, whatever it is."""
    if isinstance(value, str):
        return repr(value[:60])
    if isinstance(value, int) and value.bit_length() > 64:
        return "a number of more than 64 bits"
    if isinstance(value, (list, tuple)) and len(value) < 8 and all(type(n) is int for n in value):
        return f"({', '.join(map(shown, value))})"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'AEIOUaeiou' else 'a'} {kind}"
