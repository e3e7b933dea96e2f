"""What does a `.safetensors` file hold, and how is one written?

    8 bytes   N, the size of the header, little-endian
    N bytes   JSON: {"__metadata__": {…}, NAME: {"dtype": "F32", "shape": […],
              "data_offsets": [start, stop]}, …}, which may end in spaces
    the rest  the numbers, of each entry from start to stop, row by row; without holes

Source: https://github.com/huggingface/safetensors, "Format", and what it calls invalid there.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.torch import stored

TYPES = {
    "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "BOOL": "bool",
    "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32",
    "U64": "uint64", "I64": "int64",
}  # fmt: skip
LARGEST_HEADER = 100_000_000  # bytes; more is refused by the format's own library
METADATA = "__metadata__"
PARTS = {"dtype", "shape", "data_offsets"}


class Entry(NamedTuple):
    """What the header says of an array: a type of `stored`, its sizes, and where it lies."""

    kind: str
    shape: tuple[int, ...]
    start: int
    stop: int


def read(path: Path) -> dict[str, Array]:
    """Return the arrays of a file by name, in the order of its header.

    Raises:
        FormatError: the file does not hold what its format promises.
        UnsupportedError: it holds numbers of a type that NumPy has not.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        header, start = _header(path, file, size)
        entries = {name: _entry(path, name, said) for name, said in header.items()}
        _check_places(path, entries, size - start)
        found = {}
        for name, entry in entries.items():
            file.seek(start + entry.start)
            data = file.read(entry.stop - entry.start)
            flat = stored.raw(entry.kind, data)
            found[name] = stored.read(entry.kind, flat).reshape(entry.shape)
    return found


def write(file: IO[bytes], arrays: Mapping[str, Array]) -> None:
    """Write arrays under their names, in their order."""
    codes = {kind: code for code, kind in TYPES.items()}
    header: dict[str, Any] = {METADATA: {"format": "pt"}}
    stop = 0
    for name, array in arrays.items():
        start, stop = stop, stop + array.nbytes
        header[name] = {
            "dtype": codes[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [start, stop],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the numbers begin at a multiple of 8
    file.write(len(text).to_bytes(8, "little") + text)
    for array in arrays.values():
        file.write(array.astype(array.dtype.newbyteorder("<"), order="C").tobytes())


def _header(path: Path, file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """Return what the header says of each array, and where the numbers begin."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, LARGEST_HEADER):
        raise FormatError(
            f"{path}: it must be a safetensors file, with a header that fits into its {size} bytes "
            f"and into {LARGEST_HEADER}; got one of {length}. Is it complete?"
        )
    text = file.read(length)
    try:
        header = json.loads(
            text.decode() if text[:1] == b"{" else "", object_pairs_hook=_once, parse_constant=int
        )
    except (ValueError, RecursionError):
        header = None
    metadata = header.pop(METADATA, {}) if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or not all(type(v) is str for v in metadata.values()):
        raise FormatError(
            f"{path}: its header must be a JSON object with every name in it once, and text alone "
            f"as `{METADATA}`; it is not. Is it a safetensors file?"
        )
    assert isinstance(header, dict)
    return header, 8 + length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _entry(path: Path, name: str, said: Any) -> Entry:
    """Return what the header says of one array, checked by itself."""
    owner = f"{path}: entry {stored.shown(name)}"
    if not isinstance(said, dict) or said.keys() != PARTS:
        got = [stored.shown(part) for part in said] if isinstance(said, dict) else []
        raise FormatError(
            f"{owner} must have a dtype, a shape and data_offsets; got {', '.join(got[:5]) or 'no'}"
            " parts."
        )
    dtype, places = said["dtype"], said["data_offsets"]
    if type(dtype) is not str:
        raise FormatError(f"{owner} must have a dtype such as 'F32'; got {stored.shown(dtype)}.")
    if dtype not in TYPES:
        raise UnsupportedError(
            f"{owner} must have one of the types {', '.join(TYPES)}; got {stored.shown(dtype)}."
        )
    kind = TYPES[dtype]
    wanted = stored.count(str(path), name, said["shape"]) * stored.size_of(kind)
    good = isinstance(places, list) and len(places) == 2 and all(type(n) is int for n in places)
    if not good or not 0 <= places[0] <= places[1] or places[1] - places[0] != wanted:
        raise FormatError(
            f"{owner} must have data_offsets that are {wanted} bytes apart, as its shape and dtype "
            f"say; got {stored.shown(places)}."
        )
    return Entry(kind, tuple(said["shape"]), *places)


def _check_places(path: Path, entries: Mapping[str, Entry], size: int) -> None:
    """Check that the arrays fill the rest of the file, each from where another stops."""
    at = 0
    for name, entry in sorted(entries.items(), key=lambda item: item[1][2:]):
        if entry.start != at:
            raise FormatError(
                f"{path}: entry {stored.shown(name)} must begin where another stops, at byte {at}; "
                f"got {stored.shown(entry.start)}."
            )
        at = entry.stop
    if at != size:
        raise FormatError(
            f"{path}: its entries must fill the {size} bytes behind its header; they fill {at}. "
            "Is it complete?"
        )
