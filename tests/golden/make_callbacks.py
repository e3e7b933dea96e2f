"""Write callbacks.json: what Keras does in the trainings of callback_cases.py.

Run with a Python that has Keras 3, TensorFlow and TensorBoard, from anywhere:

    python tests/golden/make_callbacks.py
"""

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tests.golden.callback_cases import CASES  # noqa: E402 - found by the path above
from tests.golden.callback_setting import Setting  # noqa: E402


def main():
    """Write the file."""
    import keras
    from tensorflow.core.util.event_pb2 import Event

    warnings.simplefilter("ignore")
    out = {"keras": keras.__version__}
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            keras.utils.clear_session()
            out[name] = case(Setting(keras, folder, ".keras", ".weights.h5", Event))
    text = json.dumps(out, separators=(",", ":"))
    (HERE / "callbacks.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
