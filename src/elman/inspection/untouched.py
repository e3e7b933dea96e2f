"""Looking inside changes nothing: what layers carry from call to call is put back.

That is their states, their random numbers, and weights that are not learned but moved by a pass in
training: the moving averages of a `BatchNormalization` that is called with `training=True`.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from elman.layers import Layer
from elman.layers.parts.kinds import redefined
from elman.layers.parts.nesting import known, with_sublayers
from elman.layers.recurrence.stock_cell import COMPUTES, StockCell
from elman.models import Model
from elman.parameters import Weight


class _Carries:
    """What carries something from call to call: layers with states, layers that draw, weights.

    Draws and averages move in training alone, but for layers of one's own, and those that are
    called with `training=True` by hand.
    """

    def __init__(self, layer: Layer) -> None:
        inside: list[Any] = with_sublayers(layer)
        self.in_training = not any(map(_trains_anyway, inside))
        self.states = [
            each for each in inside if hasattr(each, "states") and getattr(each, "stateful", True)
        ]
        self.draws = [each for each in inside if _draws(each)]
        self.averages = [weight for weight in layer.weights if not weight.learned]


def untouched(layer: Layer, *, training: bool = False) -> AbstractContextManager[None]:
    """Put back, at the end, what a layer and all inside it carry and a pass may change.

    Nothing else is written to: other threads may go on with it meanwhile.

    >>> import numpy as np
    >>> from elman import layers
    >>> layer = layers.SimpleRNN(2, stateful=True)
    >>> with untouched(layer):
    ...     _ = layer(np.ones((1, 3, 4)))
    >>> layer.states is None
    True
    """
    carry = known(layer, "carries", _Carries)
    if training or not carry.in_training:
        return _put_back(carry.states, carry.draws, carry.averages)
    return _put_back(carry.states) if carry.states else NOTHING


NOTHING = nullcontext()


def _draws(layer: Any) -> bool:
    """Say whether a layer may draw random numbers; most cells have a generator that they leave."""
    if isinstance(layer, StockCell) and not redefined(layer, StockCell, COMPUTES):
        return bool(layer.dropout or layer.recurrent_dropout)
    return hasattr(layer, "generator")


def _trains_anyway(layer: Any) -> bool:
    """Say whether a pass in inference may be one in training for a layer, or for one inside it."""
    if isinstance(layer, Model) and layer.drawn:
        return any(visit.training for visit in layer.graph.visits)
    return bool(layer.has_call)


@contextmanager
def _put_back(
    carrying: Sequence[Any], drawing: Sequence[Any] = (), weights: Sequence[Weight] = ()
) -> Iterator[None]:
    states = [(each, each.states) for each in carrying]
    drawn = [(bits, bits.state) for bits in (each.generator.bit_generator for each in drawing)]
    averages = [(w.array, w.numpy()) for w in weights]
    try:
        yield
    finally:
        for each, state in states:
            each.states = state
        for bits, state in drawn:
            bits.state = state
        for array, numbers in averages:
            array[...] = numbers
