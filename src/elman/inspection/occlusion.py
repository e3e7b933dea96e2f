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
        ShapeError, ArgumentError: see `input_gradients`; `baseline` does not go with `x`, or the
            window is longer than it.

    Source: M. Zeiler and R. Fergus (2014).

    >>> import elman, numpy as np
    >>> from elman.inspection import occlusion
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3), elman.layers.Dense(1)])
    >>> occlusion(model, np.ones((4, 5, 2)), window=2).values.shape
    (4, 5, 2)
    """
    explained = Explained("occlusion", model_or_layer, x, output, timestep, **given)
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


def contributions(
    model_or_layer: Any,
    x: Any,
    output: int | None = None,
    timestep: int | None = None,
    *,
    baseline: Any = 0.0,
    **given: Any,
) -> Attribution:
    """Return what each past timestep has added to an output.

    The past is replaced by a baseline from its beginning on, a timestep more each time. What the
    output changes by is the part of the timestep that went last. The parts sum up to y(x) -
    y(baseline), and those of timesteps after the output's are zero.

    Args:
        baseline: what is put in: a number, or an array that goes with `x`.
        model_or_layer, x, output, timestep, given: see `input_gradients`.

    Returns:
        An `Attribution` with one feature.

    Raises:
        ShapeError, ArgumentError: see `input_gradients`; `baseline` does not go with `x`.

    >>> import elman, numpy as np
    >>> from elman.inspection import contributions
    >>> inside = [elman.layers.GRU(3, return_sequences=True), elman.layers.Dense(1)]
    >>> model = elman.Sequential([elman.Input((5, 2)), *inside])
    >>> found = contributions(model, np.ones((4, 5, 2)), timestep=2)
    >>> found.by_timestep()[0].astype(bool).tolist()
    [True, True, True, False, False]
    """
    explained = Explained("contributions", model_or_layer, x, output, timestep, **given)
    whole, begin = explained.x, explained.baseline(baseline)
    T, values = whole.shape[1], []
    for some in explained.in_batches(T + 1):
        rows = [np.concatenate([begin[:, :t], whole[:, t:]], axis=1) for t in range(T + 1)[some]]
        values.append(explained.value(np.concatenate(rows)).reshape(-1, len(whole)))
    y = np.concatenate(values)  # (T + 1, batch), with the first t timesteps replaced
    parts = (y[:-1] - y[1:]).T[:, :, None]
    return Attribution("contributions", explained, parts, y[0], y[-1])
