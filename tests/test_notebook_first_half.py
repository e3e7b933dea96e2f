"""The notebook's first half runs unchanged but for its imports, and gives its numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parent / "notebook_first_half.py"

# The script draws random weights. This makes them the ones that the notebook printed.
DRAW_THE_PRINTED_WEIGHTS = """
import runpy, sys
import numpy as np
from elman import initializers

kernel = [[0.9035779, 0.64490056], [0.7345513, -0.7053789]]
recurrent_kernel = [[0.4672321, 0.8841347], [0.8841347, -0.4672321]]
initializers.GlorotUniform.__call__ = lambda self, shape, dtype: np.array(kernel, dtype)
initializers.Orthogonal.__call__ = lambda self, shape, dtype: np.array(recurrent_kernel, dtype)
names = runpy.run_path(sys.argv[1], run_name="__main__")
print(repr(names["model"].weights[1].value()))
"""


def test_first_half_of_the_notebook_prints_its_numbers():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRAW_THE_PRINTED_WEIGHTS, str(SCRIPT)],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "80"},
        encoding="utf-8",
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert lines[:3] == [
        "output:  [[6.445161 2.715219]]",
        "state:  [[6.445161 2.715219]]",
        "~~~~~~~~~~~~~~",
    ]
    assert "weights:  [array([[ 0.9035779 ,  0.64490056]," in run.stdout
    assert " Total params: 10 (40.00 B)" in lines
    assert " Trainable params: 10 (40.00 B)" in lines
    assert "None" in lines, "`summary` prints, and returns None"
    value = eval(run.stdout[run.stdout.rindex("array(") :], {"array": np.array, "float32": "f4"})
    np.testing.assert_array_equal(
        value, np.array([[0.4672321, 0.8841347], [0.8841347, -0.4672321]], "f4")
    )
