"""Online learning with Keras's layers, losses and optimizers: see tests/golden/make_online.py."""

from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Sequential, optimizers
from tests.golden import online_cases as cases
from tests.tolerances import KERAS_TWENTY_STEPS, RTRL

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "online.npz")


def taught(cell, dtype, optimizer, *arguments):
    """Return the losses and the weights at the end."""
    stack = cases.stack(elman, cell, dtype)
    model = Sequential([Input((None, cases.FEATURES), dtype=dtype), *stack])
    model.set_weights(cases.numbers([w.shape for w in model.weights]))
    model.compile(optimizer, "mse")
    learner, (x, y) = model.online(*arguments), cases.data(dtype)
    losses = [learner.learn(x[:, t], y[:, t]) for t in range(cases.TIMESTEPS)]
    return losses, model.get_weights()


def assert_as_keras(name, losses, weights, tolerance):
    golden = [GOLDEN[f"{name}/w{i}"] for i in range(len(weights))]
    for found, wanted in zip([np.array(losses), *weights], [GOLDEN[f"{name}/losses"], *golden]):  # noqa: B905
        assert np.abs(found - wanted).max() <= tolerance * max(1, np.abs(wanted).max())


@pytest.mark.parametrize("cell", cases.CELLS)
def test_windows_that_follow_one_another_are_keras_chunks_of_a_stateful_model(cell):
    K = cases.WINDOW
    losses, weights = taught(cell, "float32", optimizers.Adam(0.01), "bptt", K, K)
    means = np.reshape(losses, (-1, K)).mean(axis=1)
    assert_as_keras(f"chunks/{cell}", means, weights, KERAS_TWENTY_STEPS)


@pytest.mark.parametrize("cell", cases.CELLS)
def test_a_window_at_each_timestep_learns_as_with_keras(cell):
    found = taught(cell, "float32", optimizers.Adam(0.01), "bptt", cases.WINDOW)
    assert_as_keras(f"window/{cell}", *found, KERAS_TWENTY_STEPS)


@pytest.mark.parametrize("cell", cases.CELLS)
def test_rtrl_learns_as_with_the_jacobians_of_keras(cell):
    found = taught(cell, "float64", optimizers.SGD(0.1), "rtrl")
    assert_as_keras(f"exact/{cell}", *found, RTRL)
