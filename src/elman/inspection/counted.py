"""Which timesteps of an input count, by masks given and by those that layers make of it?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from elman._typing import Array, Mask
from elman.layers import Layer
from elman.models import Model


def mask(layer: Layer, place: int, x: Array, given: Mask | None) -> Mask | None:
    """Return where timesteps of an input count, (batch, timesteps); None where all do.

    What a `Masking` or an `Embedding` skips does not, if that is all that reads the input. What a
    layer alone, or a `call` of somebody, does with it is not known.

    Args:
        layer: the model, or the layer.
        place: which of its inputs is meant.
        x: the input.
        given: its mask as it was given.

    >>> import elman, numpy as np
    >>> words = elman.layers.Embedding(9, 2, mask_zero=True)
    >>> inside = [elman.Input((3,), dtype="int32"), words, elman.layers.GRU(2)]
    >>> mask(elman.Sequential(inside), 0, np.array([[4, 1, 0]]), None).tolist()
    [[True, True, False]]
    """
    if not (isinstance(layer, Model) and layer.inputs):
        return given
    (x,) = layer.inputs[place].node.layer.cast((x,))
    made = [_made(reader, x, given) for reader in readers(layer, place)]
    there = [each for each in made if each is not None]
    whole = there and len(there) == len(made)
    return np.logical_or.reduce(there) if whole else given


def _made(reader: Layer, x: Array, given: Mask | None) -> Mask | None:
    """Return the mask that a layer makes, if it goes by the timesteps of what the layer reads."""
    found = next(iter(reader.output_masks((x,), (given,))), None)
    if found is None or found.shape != x.shape[:2]:
        return given
    return found if given is None else found & given  # as a model has it, of a `Masking` too


def readers(layer: Any, place: int) -> Iterator[Layer]:
    """Yield the layers that read an input, and nothing else, as it comes in; of submodels too."""
    if not isinstance(layer, Model):
        yield layer
    elif layer.inputs:
        tensor = layer.inputs[place]
        for node in layer.graph.nodes:
            for i, read in enumerate(node.inputs):
                if read is tensor and (len(node.inputs) == 1 or isinstance(node.layer, Model)):
                    yield from readers(node.layer, i)
