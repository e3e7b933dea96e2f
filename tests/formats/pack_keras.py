"""Pack files of Keras and what it computes with them into tests/formats/data, a few files in all.

    python tests/formats/pack_keras.py FOLDER

FOLDER holds NAME.keras, NAME.weights.h5, NAME.h5, NAME.model.json and NAME.npz as Keras 3.15.1
(TensorFlow) wrote them: inputs x0 … or x_NAME, outputs y0 … or y_NAME, weights w0 …. A file is
packed as its bytes. `make_keras2.py` writes files of Keras 2 of the same form.
"""

import sys
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data"
FORMS = ("keras", "weights.h5", "h5", "model.json")


def pack(folder):
    """Write what is in a folder."""
    found = {}
    for path in sorted(folder.glob("*.model.json")):
        name = path.name.removesuffix(".model.json")
        for form in FORMS:
            data = (folder / f"{name}.{form}").read_bytes()
            found[f"{name}/{form}"] = np.frombuffer(data, np.uint8)
        with np.load(folder / f"{name}.npz") as arrays:
            found |= {f"{name}/{key}": array for key, array in arrays.items()}
    DATA.mkdir(exist_ok=True)
    np.savez_compressed(DATA / "keras3.npz", **found)


def unpack(file):
    """Return what is in a packed file: name of the model -> {what it is: array}."""
    found = {}
    with np.load(DATA / f"{file}.npz") as arrays:
        for key, array in arrays.items():
            name, _, what = key.partition("/")
            found.setdefault(name, {})[what] = array
    return found


def several(case, prefix):
    """Return the arrays prefix0, prefix1 and so on of a model."""
    found = []
    while f"{prefix}{len(found)}" in case:
        found.append(case[f"{prefix}{len(found)}"])
    return found


def inputs(case):
    """Return the inputs of a model as it is called with them."""
    named = {key[2:]: array for key, array in case.items() if key.startswith("x_")}
    xs = several(case, "x")
    return named or (xs if len(xs) > 1 else xs[0])


def put(case, form, folder):
    """Write a packed file where it can be read, and return its path."""
    path = folder / f"file.{form}"
    path.write_bytes(case[form].tobytes())
    return path


if __name__ == "__main__":
    pack(Path(sys.argv[1]))
