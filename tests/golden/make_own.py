"""Write own.json: what Keras does with the layers and models of own_*_cases.py.

Run with a Python that has Keras 3 and TensorFlow, from anywhere:

    python tests/golden/make_own.py
"""

import json
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tests.golden.own_layer_cases import CASES as LAYERS  # noqa: E402 - found by the path above
from tests.golden.own_loss_cases import CASES as LOSSES  # noqa: E402
from tests.golden.own_model_cases import CASES as MODELS  # noqa: E402
from tests.golden.own_step_cases import CASES as STEPS  # noqa: E402


def rounded(value):
    """Return floats with nine digits, which float32 has not."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def main():
    """Write the file."""
    import keras
    import tensorflow as tf

    warnings.simplefilter("ignore")
    tf.config.run_functions_eagerly(True)
    out = {"keras": keras.__version__}
    for name, case in (LAYERS | LOSSES | MODELS | STEPS).items():
        keras.utils.clear_session()
        out[name] = rounded(case(keras, tf.GradientTape))
    text = json.dumps(out, separators=(",", ":"))
    (HERE / "own.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
