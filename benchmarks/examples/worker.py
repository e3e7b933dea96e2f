"""Run one example with elman or with Keras, in this process, and print what it found as JSON.

    python -m benchmarks.examples.worker keras long_memory --seed 1

The examples say `import elman`; with Keras that name is given to `keras`, and nothing else changes.
The little that Keras has not is in `stand_ins.py`.
"""

import contextlib
import importlib.util
import io
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.examples import stand_ins

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(library: str, name: str, arguments: Sequence[str]) -> dict[str, Any]:
    """Return the numbers of an example, and the seconds of the whole program with its imports.

    `program` is by the clock, `processor` what all its threads together have computed.
    """
    start = time.perf_counter()
    if library == "keras":
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras

        stand_ins.add_to(keras)
        sys.modules["elman"] = keras
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.main(arguments)
    return {**found, "program": time.perf_counter() - start, "processor": time.process_time()}


def main() -> None:
    library, name, *arguments = sys.argv[1:]
    with contextlib.redirect_stdout(io.StringIO()):  # progress is none of the result
        found = run(library, name, arguments)
    print(json.dumps({key: float(value) for key, value in found.items()}))


if __name__ == "__main__":
    main()
