"""A training step with an option of state or time: what all contenders compute.

LSTM with outputs at all steps, `Dense(1)`, the squared error, Adam. The options, by elman's names:

    reset_mask          a sample's state is put back to zeros before a step, here before every 20th
    lengths             of sequences half of whose steps are padding
    bptt_steps          truncated backpropagation: 25 timesteps at a time, and a step of Adam each
    initial_state       learned
    stateful            from the state that the call before has left
    checkpoint_steps    the state of every 10th step alone is kept, and what lies between run again
"""

from typing import Any, NamedTuple

import numpy as np

from benchmarks import problem as plain
from benchmarks.problem import WEIGHTS, Problem

OPTIONS = (
    "", "reset_mask", "lengths", "bptt_steps", "initial_state", "stateful", "checkpoint_steps",
)  # fmt: skip
CHUNK, KEPT, RESETS = 25, 10, 0.05
LEARNING_RATE = 1e-5  # so that it hardly counts that torch's Adam has its epsilon elsewhere
CALLS = 2  # whose losses are compared, as the second starts from what the first has left


class Data(NamedTuple):
    """x (batch, timesteps, features), y (batch, timesteps, 1), lengths (batch,), resets (B, T)."""

    x: np.ndarray
    y: np.ndarray
    lengths: np.ndarray
    resets: np.ndarray


def data(problem: Problem) -> Data:
    B, T, _, _ = problem.shape
    rng, (x, _) = np.random.default_rng(3), plain.data(problem)
    y = rng.normal(size=(B, T, 1)).astype(problem.dtype)
    lengths = rng.permutation(np.linspace(1, T - 1, B).round()).astype(int)
    return Data(x, y, lengths, rng.random((B, T)) < RESETS)


def weights(problem: Problem) -> dict[str, np.ndarray]:
    """Return the weights by name, in elman's order: learned states first."""
    found = dict(zip(WEIGHTS, plain.weights(problem), strict=True))
    if problem.option != "initial_state":
        return found
    first = 0.1 * np.random.default_rng(4).normal(size=(2, problem.shape.units))
    return dict(zip(("initial_h", "initial_c"), first.astype(problem.dtype), strict=True)) | found


def answers(problem: Problem, losses: Any, momenta: Any) -> dict[str, np.ndarray]:
    """Name the losses of `CALLS` calls, and Adam's averages of the gradients."""
    names = weights(problem)
    found = {f"loss {i + 1}": loss for i, loss in enumerate(losses)}
    found |= {f"gradients of {name}": m for name, m in zip(names, momenta, strict=True)}
    return {name: np.array(value, dtype="float64") for name, value in found.items()}
