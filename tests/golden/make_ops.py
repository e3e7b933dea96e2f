"""Write ops.npz: what `keras.ops` returns for the calls of `ops_cases.py`.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_ops.py

Each call is a key, and holds the value.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from tests.golden.ops_cases import CONSTANT, DIFFERENTIABLE, inputs, value

OUT = Path(__file__).with_name("ops.npz")


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    arrays = inputs()
    for case in [*DIFFERENTIABLE, *CONSTANT]:
        tensors = {name: keras.ops.convert_to_tensor(array) for name, array in arrays.items()}
        try:
            out[case] = np.asarray(value(case, keras.ops, tensors))
        except Exception as error:  # printed, and the test of this call fails
            print(case, str(error).splitlines()[0][:200])
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
