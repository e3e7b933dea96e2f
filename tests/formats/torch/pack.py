"""Pack PyTorch's files, and what its modules compute, into one file that lies in the repository.

    python -m tests.formats.torch.pack FOLDER

FOLDER holds INDEX.json and of each module NAME.pt, NAME.safetensors and others, and NAME.npz: its
inputs x, h0 and c0, its outputs y, hn and cn, its weights w_…, as torch 2.13 computes them. The
packed file has

    "index"          JSON: what INDEX.json holds
    "file/NAME.pt"   the bytes of a file
    "array/NAME/y"   an array
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

PACKED = Path(__file__).parents[1] / "data" / "torch.npz"
ENDINGS = (".pt", ".safetensors", ".old.pt", ".half.safetensors")


class Module(NamedTuple):
    """A module of PyTorch: what it is, its files by ending, and its numbers."""

    name: str
    about: dict[str, Any]
    files: dict[str, bytes]
    arrays: dict[str, np.ndarray]


def pack(folder: Path) -> None:
    """Write the packed file."""
    index = json.loads((folder / "INDEX.json").read_text(encoding="utf-8"))
    packed = {"index": np.frombuffer(json.dumps(index).encode(), np.uint8)}
    for about in index["files"]:
        name = about["name"]
        for ending in ENDINGS:
            path = folder / f"{name}{ending}"
            if path.exists():
                packed[f"file/{path.name}"] = np.frombuffer(path.read_bytes(), np.uint8)
        with np.load(folder / f"{name}.npz") as arrays:
            packed |= {f"array/{name}/{key}": array for key, array in arrays.items()}
    np.savez_compressed(PACKED, **packed)


def unpack() -> dict[str, Module]:
    """Return all modules by name."""
    with np.load(PACKED) as file:
        found = dict(file.items())
    modules = {}
    for about in json.loads(found["index"].tobytes())["files"]:
        name, start = about["name"], f"array/{about['name']}/"
        files = {
            ending: found[f"file/{name}{ending}"].tobytes()
            for ending in ENDINGS
            if f"file/{name}{ending}" in found
        }
        arrays = {key.removeprefix(start): a for key, a in found.items() if key.startswith(start)}
        modules[name] = Module(name, about, files, arrays)
    return modules


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
