"""Pack conformance cases, two files each, into a few files that lie in the repository.

    python tests/conformance/pack.py FOLDER

FOLDER holds NNN_kind.json and NNN_kind.npz for every case: a layer or model in Keras's own
configuration, and what Keras 3.15.1 (TensorFlow) computes with it. Each of the packed files has

    "numbers"  all numbers of all its cases, one behind the other, as float32
    "index"    JSON: of each case what its .json held, and in "arrays" the name, dtype and shape of
               each array, in the order in which they lie in "numbers"
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
FILES = {"recurrent": ("simplernn", "gru", "lstm"), "wrapped": ("bidir", "rnncells", "cell")}
OTHERS = "models"


class Case(NamedTuple):
    """A layer or model, and what Keras computes with it.

    Attributes:
        about: "config", "form" (layer, cell or model), and "contested" where Keras's own backends
            disagree.
        arrays: inputs x0 …, mask0, initial states s0 …, weights w0 …, outputs y0 …; the gradients
            of sum(y * r): gx0 …, gs0 …, gw0 …
    """

    about: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def several(self, prefix: str) -> list[np.ndarray]:
        """Return the arrays prefix0, prefix1 and so on."""
        found = []
        while f"{prefix}{len(found)}" in self.arrays:
            found.append(self.arrays[f"{prefix}{len(found)}"])
        return found


def pack(folder: Path) -> None:
    """Write the packed files."""
    packed: dict[str, tuple[dict[str, Any], list[np.ndarray]]] = {}
    for path in sorted(folder.glob("[0-9]*.json")):
        kind = path.stem.split("_", 1)[1]
        name = next((file for file, kinds in FILES.items() if kind in kinds), OTHERS)
        index, numbers = packed.setdefault(name, ({}, []))
        about = json.loads(path.read_text(encoding="utf-8"))
        about["arrays"] = []
        with np.load(path.with_suffix(".npz")) as arrays:
            for key, array in arrays.items():
                about["arrays"].append([key, str(array.dtype), list(array.shape)])
                numbers.append(array.astype(np.float32).ravel())
        index[path.stem] = about
    for name, (index, numbers) in packed.items():
        np.savez_compressed(
            HERE / f"{name}.npz",
            numbers=np.concatenate(numbers),
            index=np.frombuffer(json.dumps(index, sort_keys=True).encode(), np.uint8),
        )


def unpack() -> dict[str, Case]:
    """Return all cases by name."""
    cases = {}
    for path in sorted(HERE.glob("*.npz")):
        with np.load(path) as file:
            numbers, index = file["numbers"], json.loads(file["index"].tobytes())
        start = 0
        for name, about in index.items():
            arrays = {}
            for key, dtype, shape in about.pop("arrays"):
                stop = start + int(np.prod(shape))
                arrays[key] = numbers[start:stop].reshape(shape).astype(dtype)
                start = stop
            cases[name] = Case(about, arrays)
    return cases


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
