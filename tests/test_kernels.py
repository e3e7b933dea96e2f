import os
import subprocess
import sys

import numpy as np
import pytest

from elman import bptt, kernels
from elman.cells import CELLS
from elman.layers import GRU, LSTM, SimpleRNN
from tests.cells.problem import draw


@pytest.fixture
def reference(kernels_restored):
    """Let the reference run."""
    kernels.use("reference")


def test_status_names_the_implementation_and_the_reason(reference):
    assert kernels.status() == ("reference", "chosen by name")


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("reference", "Status(implementation='reference', reason='chosen by name')"),
        (
            "nonsense",
            "ArgumentError: ELMAN_KERNELS=nonsense in the environment: kernels: `implementation` "
            "must be one of 'native'",
        ),
    ],
)
def test_the_environment_chooses_the_implementation(setting, shown):
    command = [sys.executable, "-c", "import elman; print(elman.kernels.status())"]
    environment = {**os.environ, "ELMAN_KERNELS": setting}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert shown in done.stdout + done.stderr


def test_without_compiled_kernels_everything_says_why():
    code = (
        "import sys; sys.modules['elman._native'] = None\n"
        "import elman; print(elman.kernels.status())\n"
        "from elman.cli import app; app(['--version'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "ELMAN_KERNELS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    reason = (
        "there are no compiled kernels: they were not built, which takes a C++ compiler when elman "
        "is installed; `pip install -v` shows why"
    )
    shown = f"Status(implementation='reference', reason='{reason}')\nelman "
    assert done.stdout.startswith(shown)
    assert done.stdout.endswith(f"kernels: reference ({reason})\n")


@pytest.mark.parametrize("name", ["ELMAN_NUM_THREADS", "OMP_NUM_THREADS"])
def test_the_environment_sets_the_number_of_threads(name):
    command = [sys.executable, "-c", "import elman; print(elman.kernels.get_num_threads())"]
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        command, env={**environment, name: "3"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "3\n"


@pytest.mark.parametrize("cell", CELLS)
def test_the_reference_takes_and_returns_what_the_kernels_do(cell, reference):
    problem = draw(cell, mask="holes", input_dropout=1, recurrent_dropout=True)
    x, weights, state = problem.x, problem.weights, problem.state
    outputs, final, tape = kernels.unroll(cell, x, weights, state, **problem.options)
    expected, last, recorded = bptt.unroll(cell, x, weights, state, **problem.options)
    np.testing.assert_array_equal(outputs, expected)
    for array, other in zip(final, last, strict=True):
        np.testing.assert_array_equal(array, other)
    found = kernels.backpropagate(tape, problem.doutputs, problem.dstate, record_states=True)
    reference = bptt.backpropagate(recorded, problem.doutputs, problem.dstate, record_states=True)
    pairs = [(found.x, reference.x), *zip(found.weights, reference.weights, strict=True)]
    pairs += [*zip(found.initial_state, reference.initial_state, strict=True)]
    pairs += [*zip(found.states, reference.states, strict=True)]
    for array, other in pairs:
        np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize("layer", [SimpleRNN, GRU, LSTM])
def test_layers_compute_through_the_kernels_and_nothing_else(layer, monkeypatch):
    called, real = [], kernels.unroll

    def unroll(*arguments, **options):
        called.append(arguments[0])
        return real(*arguments, **options)

    monkeypatch.setattr(kernels, "unroll", unroll)
    layer(2)(np.zeros((1, 3, 2)))
    assert called == [{"SimpleRNN": "simple_rnn", "GRU": "gru", "LSTM": "lstm"}[layer.__name__]]
