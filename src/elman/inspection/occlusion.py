"""What does an output lose when a part of the input is taken away?"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError
from elman.inspection.attribution import Attribution
from elman.inspection.explained import Explained


def occlusion(
    model_or_layer: Any,
    x: Any,
    output: int | None = None,
    timestep: int | None = None,
    *,
    baseline: Any = 0.0,
    window: int = 1,
    together: bool = False,
    **given: Any,
) -> Attribution:
    """Return by how much an output falls when inputs are replaced by a baseline.

    A window of timesteps slides over the input, for each feature alone or for all together. Where
    windows overlap, a timestep has the mean of those that cover it. No gradient is needed, so that
    it works for indices too.

    Args:
        baseline: what is put in: a number, or an array that goes with `x`.
        window: how many timesteps are replaced at once.
        together: replace all features at once; the result has one.
        model_or_layer, x, output, timestep, given: see `input_gradients`.

    Raises:
        ShapeError, ArgumentError: see `input_gradients`; `baseline` does not go with `x`, or is
            fractions where `x` is indices; or the window is longer than `x`.

    Source: M. Zeiler and R. Fergus (2014).

    >>> import elman, numpy as np
    >>> from elman.inspection import occlusion
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3), elman.layers.Dense(1)])
    >>> occlusion(model, np.ones((4, 5, 2)), window=2).values.shape
    (4, 5, 2)
    """
    explained = Explained(occlusion, model_or_layer, x, output, timestep, given)
    whole, begin = explained.x, explained.baseline(baseline)
    T = whole.shape[1]
    _check.integer(explained.owner, "window", window)
    _check.flag(explained.owner, "together", together)
    if window > T:
        raise ArgumentError(
            f"{explained.owner}: `window` must be at most {T}, the timesteps of `x`; got {window}."
        )
    F = 1 if together or whole.ndim == 2 else whole.shape[2]
    parts = [(start, feature) for start in range(T - window + 1) for feature in range(F)]
    y = explained.value(whole)
    total, covered = np.zeros((len(whole), T, F)), np.zeros(T)
    for some in explained.in_batches(len(parts)):
        rows = [_without(whole, begin, start, window, f, F) for start, f in parts[some]]
        left = explained.value(np.concatenate(rows)).reshape(-1, len(whole))
        for (start, feature), value in zip(parts[some], left, strict=True):
            total[:, start : start + window, feature] += (y - value)[:, None]
    for start in range(T - window + 1):
        covered[start : start + window] += 1
    return Attribution("occlusion", explained, total / covered[:, None], y)


def _without(x: Array, begin: Array, start: int, window: int, feature: int, F: int) -> Array:
    """Return the input with one part replaced."""
    found, steps = x.copy(), slice(start, start + window)
    at: Any = (slice(None), steps) if F == 1 else (slice(None), steps, feature)
    found[at] = begin[at]
    return found
