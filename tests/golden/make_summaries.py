"""Write what Keras's `summary()` prints with all its options into `summary_options.json`.

Run with a Python that has Keras 3 and TensorFlow, from anywhere:

    python tests/golden/make_summaries.py
"""

import json
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.golden.summary_cases import CASES, WIDTH, printed  # noqa: E402 - found by the path above


def main() -> None:
    """Write the file."""
    os.environ["COLUMNS"] = str(2 * WIDTH)  # Keras cuts a summary off at the terminal's edge
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    warnings.simplefilter("ignore")  # that a `build` is missing in a class with a `call`
    found = {name: printed(keras, name) for name in CASES}
    form = {"keras": keras.__version__, "summaries": found}
    text = json.dumps(form, indent=1, ensure_ascii=False)
    (HERE / "summary_options.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
