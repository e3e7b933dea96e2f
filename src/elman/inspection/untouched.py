"""Looking inside changes nothing: what layers carry from call to call is put back.

That is their states, their random numbers, and weights that are not learned but moved by a pass in
training: the moving averages of a `BatchNormalization` that is called with `training=True`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from elman.layers import Layer
from elman.layers.parts.nesting import with_sublayers


@contextmanager
def untouched(layer: Layer) -> Iterator[None]:
    """Put back, at the end, what a layer and all inside it carry.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.SimpleRNN(2, stateful=True)
    >>> with untouched(layer):
    ...     _ = layer(np.ones((1, 3, 4)))
    >>> layer.states is None
    True
    """
    inside = with_sublayers(layer)
    states = [(each, each.states) for each in inside if hasattr(each, "states")]
    generators = [each.generator for each in inside if hasattr(each, "generator")]
    averages = [(w.array, w.numpy()) for w in layer.weights if not w.learned]
    drawn = [(bits, bits.state) for bits in (each.bit_generator for each in generators)]
    try:
        yield
    finally:
        for each, state in states:
            each.states = state
        for bits, state in drawn:
            bits.state = state
        for array, numbers in averages:
            array[...] = numbers
