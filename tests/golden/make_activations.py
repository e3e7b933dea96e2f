"""Write own_activations.npz: what Keras computes where activations are functions of one's own.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_activations.py

Each case of `tests/golden/activation_cases.py` holds "NAME/loss", "NAME/y" and "NAME/weight_0" and
so on, after training.
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

from tests.golden.activation_cases import CASES, trained

OUT = Path(__file__).with_name("own_activations.npz")


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    for name in CASES:
        out |= {f"{name}/{key}": value for key, value in trained(keras, name).items()}
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
