"""Pack ONNX files and what onnxruntime computes with them into a few files of the repository.

    python tests/formats/onnx/pack.py FOLDER [NODES]

FOLDER holds onnx_files (as torch writes them, with both of its exporters) and onnx_ops (single RNN,
GRU and LSTM nodes with random attributes): an INDEX.json each, NAME.onnx, and NAME.npz with inputs
and outputs by name. NODES holds the standard's own tests of single operators, a folder each with
model.onnx and test_data_set_0/{input,output}_N.pb, as the package onnx lays them out. Each packed
file has

    "bytes"    all .onnx files, one behind the other
    "numbers"  all numbers of all arrays, one behind the other, as float64
    "index"    JSON: of each case the length of its file, and the name (after "> " of an output),
               dtype and shape of each array, in the order in which they lie in "numbers"
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "data"
KINDS = ("onnx_files", "onnx_ops", "onnx_nodes")
NEVER = ("test_scan_sum",)  # Scan as it was in opset 8


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
    """Write what torch wrote, and the single operators."""
    for kind in KINDS[:2]:
        cases = {}
        for entry in json.loads((folder / kind / "INDEX.json").read_text())["files"]:
            with np.load(folder / kind / f"{entry['name']}.npz") as stored:
                cases[entry["file"]] = Case(
                    (folder / kind / entry["file"]).read_bytes(),
                    {name: stored[name] for name in entry["inputs"]},
                    {name: stored[name] for name in entry["outputs"]},
                )
        write(kind, cases)


def pack_nodes(folder: Path) -> None:
    """Write the standard's own tests."""
    import onnx
    from onnx import numpy_helper

    cases = {}
    for path in sorted(folder.glob("test_*/model.onnx")):
        if path.parent.name.startswith(NEVER):
            continue
        content = path.read_bytes()
        graph = onnx.load_model_from_string(content).graph
        found = []
        for kind, values in (("input", graph.input), ("output", graph.output)):
            arrays = {}
            for i, value in enumerate(values):
                tensor = onnx.TensorProto()
                tensor.ParseFromString(
                    (path.parent / "test_data_set_0" / f"{kind}_{i}.pb").read_bytes()
                )
                arrays[value.name] = numpy_helper.to_array(tensor)
            found.append(arrays)
        cases[path.parent.name] = Case(content, *found)
    write(KINDS[2], cases)


def write(kind: str, cases: dict[str, Case]) -> None:
    """Write one packed file."""
    numbers, index = [], {}
    for name, case in cases.items():
        arrays = {**case.inputs, **{f"> {key}": array for key, array in case.outputs.items()}}
        for array in arrays.values():
            as_float = array.astype(np.float64)
            assert np.array_equal(as_float.astype(array.dtype), array, equal_nan=True), name
            numbers.append(as_float.ravel())
        about = [[key, str(array.dtype), list(array.shape)] for key, array in arrays.items()]
        index[name] = [len(case.content), about]
    np.savez_compressed(
        DATA / f"{kind}.npz",
        bytes=np.frombuffer(b"".join(case.content for case in cases.values()), np.uint8),
        numbers=np.concatenate(numbers),
        index=np.frombuffer(json.dumps(index).encode(), np.uint8),
    )


def unpack(kind: str) -> dict[str, Case]:
    """Return the cases of a packed file by name."""
    with np.load(DATA / f"{kind}.npz") as file:
        content, numbers = file["bytes"].tobytes(), file["numbers"]
        index = json.loads(file["index"].tobytes())
    cases, at, start = {}, 0, 0
    for name, (length, arrays) in index.items():
        inputs, outputs = {}, {}
        for key, dtype, shape in arrays:
            stop = start + int(np.prod(shape))
            array = numbers[start:stop].reshape(shape).astype(dtype)
            start = stop
            if key.startswith("> "):
                outputs[key.removeprefix("> ")] = array
            else:
                inputs[key] = array
        cases[name] = Case(content[at : at + length], inputs, outputs)
        at += length
    return cases


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
    for folder in sys.argv[2:]:
        pack_nodes(Path(folder))
