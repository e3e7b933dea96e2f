"""What arrays are in an ONNX file, and how are they checked before memory is taken for them?

A tensor says its type, its sizes and where its numbers lie: in the file itself, as bytes or as a
list, or in a file beside it. Its sizes must be those of the numbers that are there.
"""

import math
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError, UnsupportedError

DTYPES = {  # TensorProto.DataType, https://onnx.ai/onnx/intro/concepts.html#element-type
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64",
}  # fmt: skip
NUMBERS = {name: number for number, name in DTYPES.items()}
FIELDS = {  # where the numbers of a type lie if not as bytes
    "float32": "float_data", "float64": "double_data", "int64": "int64_data",
    "uint32": "uint64_data", "uint64": "uint64_data",
}  # fmt: skip
EXTERNAL = 1  # TensorProto.DataLocation
LARGEST_SIZE = 2**40  # of an axis
LARGEST_ARRAY = 2**59  # numbers, of eight bytes, that NumPy could have by the sizes that are not 0
USES = 2  # how many times all that lies in a file beside it may be taken: tied weights are twice


def dtype_of(owner: str, number: int) -> "np.dtype[Any]":
    """Return NumPy's name for one of ONNX's types."""
    if number not in DTYPES:
        raise UnsupportedError(
            f"{owner} must hold numbers of a type that elman has; got ONNX's type {number}. "
            f"It has {', '.join(DTYPES.values())}."
        )
    return np.dtype(DTYPES[number])


class Tensors:
    """The arrays of one file.

    Args:
        path: the file's.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._regions: dict[tuple[str, int, int], bytes] = {}
        self._left: dict[str, int] = {}  # bytes of each file beside it that nobody has taken yet
        self._uses: dict[str, int] = {}  # bytes of each that were taken, with those taken again

    def array(self, tensor: Any, name: str) -> Array:
        """Return a TensorProto as an array.

        Raises:
            FormatError: its sizes are not those of its numbers.
            UnsupportedError: its type is none of elman's.
        """
        owner = f"{self.path}: entry '{name}'"
        dtype = dtype_of(owner, tensor.data_type)
        shape = sizes(owner, tensor.dims)
        count = math.prod(shape)
        if tensor.data_location == EXTERNAL:
            raw = self._beside(owner, tensor.external_data, count * dtype.itemsize)
        elif tensor.HasField("raw_data"):
            raw = tensor.raw_data
        else:
            return _listed(owner, tensor, dtype, shape)
        if len(raw) != count * dtype.itemsize:
            raise FormatError(
                f"{owner} must hold {count * dtype.itemsize} bytes, for {dtype.name} of shape "
                f"{shape}; got {len(raw)}."
            )
        return np.frombuffer(raw, dtype.newbyteorder("<")).astype(dtype).reshape(shape)

    def _beside(self, owner: str, entries: Any, size: int) -> bytes:
        """Return the bytes of a tensor that lie in a file in the same folder."""
        said = {entry.key: entry.value for entry in entries}
        location = said.get("location", "")
        path = _inside(owner, os.path.dirname(os.path.abspath(self.path)), location)
        offset = _number(owner, "offset", said.get("offset", "0"))
        length = _number(owner, "length", said.get("length", str(size)))
        there = os.path.getsize(path)
        if length != size or offset + length > there:
            raise FormatError(
                f"{owner} must lie within {location!r}, which has {there} bytes, with {size} of "
                f"them; got {length} from {offset} on."
            )
        self._uses[path] = self._uses.get(path, 0) + length
        if self._uses[path] > USES * there:  # each use is an array of its own
            raise FormatError(
                f"{owner} must take what lies in {location!r} at most {USES} times over; got more."
            )
        region = (path, offset, length)
        if region not in self._regions:
            self._left[path] = self._left.get(path, there) - length
            if self._left[path] < 0:  # many that overlap would take more memory than files hold
                raise FormatError(f"{owner} must not overlap with other entries in {location!r}.")
            with open(path, "rb") as file:
                file.seek(offset)
                self._regions[region] = file.read(length)
        return self._regions[region]


def sizes(owner: str, dims: Iterable[int]) -> tuple[int, ...]:
    """Return the sizes of a tensor, checked."""
    shape = tuple(dims)
    if any(not 0 <= size <= LARGEST_SIZE for size in shape) or len(shape) > 32:
        raise FormatError(f"{owner} must have sizes of at least 0; got {shape}.")
    if math.prod(filter(None, shape)) > LARGEST_ARRAY:
        raise FormatError(f"{owner} must hold fewer numbers than any array may; got {shape}.")
    return shape


def _listed(owner: str, tensor: Any, dtype: "np.dtype[Any]", shape: tuple[int, ...]) -> Array:
    """Return a tensor whose numbers are a list."""
    field = FIELDS.get(dtype.name, "int32_data")
    numbers = getattr(tensor, field)
    if len(numbers) != math.prod(shape):
        raise FormatError(
            f"{owner} must hold {math.prod(shape)} numbers, for shape {shape}; got {len(numbers)}."
        )
    if dtype.name == "float16":  # its bits
        found = np.array(numbers, "int64")
        return found.astype("uint16").view("float16").reshape(shape)
    kind = {"float_data": "float32", "double_data": "float64", "uint64_data": "uint64"}
    return np.array(numbers, kind.get(field, "int64")).astype(dtype).reshape(shape)


def _number(owner: str, name: str, text: str) -> int:
    """Return an offset or a length."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise FormatError(f"{owner} must have a whole number as its {name}; got {text!r}.")
    return int(text)


def _inside(owner: str, folder: str, location: str) -> str:
    """Return the path of a file that is in a folder, or below it, without links."""
    parts = location.replace("\\", "/").split("/")
    plain = location and "\0" not in location and ":" not in location and parts[0] != ""
    path = os.path.join(folder, *parts)
    if (
        not plain
        or ".." in parts
        or os.path.realpath(path)
        != os.path.join(
            os.path.realpath(folder), *(part for part in parts if part not in ("", "."))
        )
    ):
        raise FormatError(
            f"{owner} must lie in a file beside the model, and none that is a link; got "
            f"{location!r}."
        )
    if not os.path.isfile(path):
        raise FormatError(f"{owner} must lie in a file that is there; got {location!r}.")
    return path
