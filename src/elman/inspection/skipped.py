"""Does a `Masking` layer skip a baseline that stands for an input?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from elman._typing import Array
from elman.layers import Layer, Masking
from elman.models import Model


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
    for masking in _reading(layer, place):
        (of_x,) = masking.output_masks((x,), (None,))
        (of_baseline,) = masking.output_masks((np.ascontiguousarray(baseline),), (None,))
        if of_x is not None and of_baseline is not None and (of_x & ~of_baseline).any():
            return masking
    return None


def _reading(layer: Any, place: int) -> Iterator[Masking]:
    """Yield the `Masking` layers that read an input as it comes in."""
    if isinstance(layer, Masking):
        yield layer
    elif isinstance(layer, Model) and layer.inputs:
        tensor = layer.inputs[place]
        for node in layer.graph.nodes:
            for i, read in enumerate(node.inputs):
                if read is tensor:
                    yield from _reading(node.layer, i)
