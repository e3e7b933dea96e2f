"""Do the contenders compute the same? Only then are they timed."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.problem import LEARNING_RATE, WEIGHTS, Problem

Answers = Mapping[str, np.ndarray]  # by name

OUTPUTS = 1e-4
"""Outputs and losses in float32, relative to the larger of 1 and the largest: a hundred
steps amplify roundings of 1.2e-7."""

GRADIENTS = 1e-3
"""Gradients of one step, relative to the largest: ten times that, as they sum over all steps."""

STEP = 0.5 * LEARNING_RATE
"""Weights after one step of Adam. It moves them by LEARNING_RATE g / (|g| + 3e-6), which for the
smallest gradients hangs on their last digits, and for all others is the whole rate."""


class DisagreementError(AssertionError):
    """Two contenders computed different things."""


def of_training(
    outputs: object,
    loss: object,
    gradients: Sequence[object],
    weights: Sequence[object],
) -> dict[str, np.ndarray]:
    """Name the answers of a training step: what came out before it, and the weights after it."""
    found = {"outputs": outputs, "loss": loss}
    found |= {f"gradient of {name}": g for name, g in zip(WEIGHTS, gradients, strict=True)}
    found |= {f"{name} after a step": w for name, w in zip(WEIGHTS, weights, strict=True)}
    return {name: np.array(value, dtype="float64") for name, value in found.items()}


def check(problem: Problem, answers: Mapping[str, Answers]) -> None:
    """Compare all contenders' answers with those of the first.

    Raises:
        DisagreementError: one differs by more than is allowed, or answers something else.
    """
    (first, expected), *others = answers.items()
    for name, found in others:
        if found.keys() != expected.keys():
            raise DisagreementError(f"{problem}: {name} answers {[*found]}, {first} {[*expected]}.")
        for what, array in found.items():
            _check_one(f"{problem}: {name}'s {what}", f"{first}'s", what, array, expected[what])


def _check_one(owner: str, other: str, what: str, found: np.ndarray, expected: np.ndarray) -> None:
    if found.shape != expected.shape:
        raise DisagreementError(f"{owner} has shape {found.shape}, {other} {expected.shape}.")
    largest = float(np.abs(expected).max(initial=0.0))
    if what.endswith("after a step"):
        allowed = STEP + OUTPUTS * largest
    elif what.startswith("gradient"):
        allowed = GRADIENTS * largest
    else:
        allowed = OUTPUTS * max(1.0, largest)
    apart = float(np.abs(found - expected).max(initial=0.0))
    if not apart <= allowed:  # NaN too
        raise DisagreementError(
            f"{owner} differs from {other} by {apart:.2g}; at most {allowed:.2g} is allowed. "
            "Nothing was timed."
        )
