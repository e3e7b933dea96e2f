"""Does a `Masking` layer skip a baseline that stands for an input?"""

import numpy as np

from elman._typing import Array
from elman.inspection import counted
from elman.layers import Layer, Masking


def skips(layer: Layer, place: int, x: Array, baseline: Array) -> Masking | None:
    """Return the layer that skips timesteps of a baseline where it takes those of x, if one does.

    Layers that read the input itself are looked at, in submodels too; not what a `call` of somebody
    does with it.

    Args:
        layer: the model, or the layer.
        place: which of its inputs is meant.
        x: the input, (batch, timesteps, features).
        baseline: what stands for it, of the same shape.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.Masking(), elman.layers.GRU(3)])
    >>> x = np.ones((4, 5, 2))
    >>> skips(model, 0, x, 0 * x) is model.layers[0], skips(model, 0, x, -x) is None
    (True, True)
    """
    for masking in counted.readers(layer, place):
        if not isinstance(masking, Masking):
            continue
        (of_x,) = masking.output_masks((x,), (None,))
        (of_baseline,) = masking.output_masks((np.ascontiguousarray(baseline),), (None,))
        if of_x is not None and of_baseline is not None and (of_x & ~of_baseline).any():
            return masking
    return None
