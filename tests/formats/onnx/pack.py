"""Pack ONNX files and what onnxruntime computes with them into a few files of the repository.

    python tests/formats/onnx/pack.py FOLDER

FOLDER holds onnx_files (as torch writes them, with both of its exporters) and onnx_ops (single RNN,
GRU and LSTM nodes with random attributes): an INDEX.json each, NAME.onnx, and NAME.npz with inputs
and outputs by name. Each packed file has

    "bytes"    all .onnx files, one behind the other
    "numbers"  all numbers of all arrays, one behind the other, as float64
    "index"    JSON: of each case the length of its file, which arrays are inputs and which are
               outputs, and of each array its name, dtype and shape in order
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data"
KINDS = ("onnx_files", "onnx_ops")


class Case(NamedTuple):
    """An ONNX file, and what it computes.

    Attributes:
        content: the file's bytes.
        inputs, outputs: arrays by name.
    """

    content: bytes
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]


def pack(folder: Path) -> None:
    """Write the packed files."""
    for kind in KINDS:
        files: list[bytes] = []
        numbers: list[np.ndarray] = []
        index: dict[str, Any] = {}
        for entry in json.loads((folder / kind / "INDEX.json").read_text())["files"]:
            content = (folder / kind / entry["file"]).read_bytes()
            arrays = []
            with np.load(folder / kind / f"{entry['name']}.npz") as stored:
                for name in (*entry["inputs"], *entry["outputs"]):
                    array = stored[name]
                    arrays.append([name, str(array.dtype), list(array.shape)])
                    numbers.append(array.astype(np.float64).ravel())
            files.append(content)
            index[entry["file"]] = [len(content), len(entry["inputs"]), arrays]
        np.savez_compressed(
            DATA / f"{kind}.npz",
            bytes=np.frombuffer(b"".join(files), np.uint8),
            numbers=np.concatenate(numbers),
            index=np.frombuffer(json.dumps(index).encode(), np.uint8),
        )


def unpack(kind: str) -> dict[str, Case]:
    """Return the cases of a packed file by name."""
    with np.load(DATA / f"{kind}.npz") as file:
        content, numbers = file["bytes"].tobytes(), file["numbers"]
        index = json.loads(file["index"].tobytes())
    cases, at, start = {}, 0, 0
    for name, (length, inputs, arrays) in index.items():
        found = {}
        for key, dtype, shape in arrays:
            stop = start + int(np.prod(shape))
            found[key] = numbers[start:stop].reshape(shape).astype(dtype)
            start = stop
        keys = list(found)
        cases[name] = Case(
            content[at : at + length],
            {key: found[key] for key in keys[:inputs]},
            {key: found[key] for key in keys[inputs:]},
        )
        at += length
    return cases


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
