"""What has each past timestep added to an output?"""

from typing import Any

import numpy as np

from elman.inspection.attribution import Attribution
from elman.inspection.explained import Explained


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
    y(baseline). Of a model that reads forwards alone, those of timesteps after the output's are
    zero; of one that reads backwards too, such as a `Bidirectional`, they need not be.

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
    explained = Explained(contributions, model_or_layer, x, output, timestep, given)
    whole, begin = explained.x, explained.baseline(baseline)
    T, values = whole.shape[1], []
    for some in explained.in_batches(T + 1):
        rows = [np.concatenate([begin[:, :t], whole[:, t:]], axis=1) for t in range(T + 1)[some]]
        values.append(explained.value(np.concatenate(rows)).reshape(-1, len(whole)))
    y = np.concatenate(values)  # (T + 1, batch), with the first t timesteps replaced
    parts = (y[:-1] - y[1:]).T[:, :, None]
    return Attribution("contributions", explained, parts, y[0], y[-1])
