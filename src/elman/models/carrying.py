"""The states that `stateful` layers carry through passes over data.

    fit        each epoch begins anew; batch after batch, row after row goes on
    validation begins anew, and leaves what training carries as it was
    evaluate, predict    go on from what is carried

A state belongs to a row of the batch. Where the last batch of a pass is shorter than those before
it, its rows go on from the first ones, and the states of the others stay as they were.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from elman.errors import ArgumentError
from elman.layers.parts.nesting import with_sublayers
from elman.layers.recurrence import carried
from elman.layers.rnn import RNN
from elman.models.batches import Batch, Source
from elman.parameters import version

if TYPE_CHECKING:
    from elman.layers import Layer
    from elman.models.model import Model


def stateful_layers(model: "Layer") -> list[Any]:
    """Return the layers of a model, however deep, that carry a state from call to call.

    They are looked for once, and anew when layers change.
    """
    known = vars(model).get("_stateful_layers")
    if known is None or known.version is not version():
        known = vars(model)["_stateful_layers"] = Found(model)
    layers: list[Any] = known.layers
    return layers


class Found:
    """The layers of a model that carry a state, in what is no container of layers itself."""

    __slots__ = ("layers", "version")

    def __init__(self, model: "Layer") -> None:
        self.version = version()
        self.layers = [layer for layer in with_sublayers(model) if carries(layer)]


def carries(layer: "Layer") -> bool:
    """Say whether a layer itself carries a state, and not one inside it."""
    return isinstance(layer, RNN) and layer.stateful


def begin(model: "Layer") -> None:
    """Let the next batch begin anew."""
    for layer in stateful_layers(model):
        layer.states = None


@contextmanager
def apart(model: "Layer") -> Iterator[None]:
    """Begin anew meanwhile, and carry on afterwards what was carried before."""
    before = [(layer, layer.states) for layer in stateful_layers(model)]
    begin(model)
    try:
        yield
    finally:
        for layer, states in before:
            layer.states = states


def check_passes(model: "Model", source: Source, passes: int) -> None:
    """Check that no batch is shorter than one that goes on from it.

    Raises:
        ArgumentError: one is, where passes go on in the middle of the data.
    """
    steps, total = source.steps or 0, source.uneven
    if total and (total - 1) // steps < passes and stateful_layers(model):
        raise ArgumentError(
            f"{model.owner}: `steps_per_epoch` must divide the number of batches, {total}, where "
            f"layers are stateful and the last batch is shorter; got {steps}. Leave it out, or "
            "give samples that fill all batches."
        )


class Rows:
    """Which rows of the carried states the batches of one pass go on from.

    Args:
        model: the model.
        steps: batches in the pass, None if not known.
    """

    def __init__(self, model: "Model", steps: int | None) -> None:
        self._layers = stateful_layers(model)
        self._steps, self._before = steps, 0

    def of(self, step: int, batch: Batch) -> AbstractContextManager[None]:
        """Return what must be around the step that is taken on a batch."""
        if not self._layers:
            return _AS_IT_IS
        count, before = len(batch.x[0]), self._before
        self._before = count
        if step + 1 == self._steps and count < before:
            return self._the_first(count, before)
        return _AS_IT_IS

    @contextmanager
    def _the_first(self, count: int, before: int) -> Iterator[None]:
        """Carry the states of the first rows alone meanwhile; those of the others stay."""
        whole = [(layer, carried.arrays(layer)) for layer in self._layers]
        whole = [(layer, s) for layer, s in whole if s and len(s[0]) == before]
        for layer, states in whole:
            _carry(layer, [state[:count] for state in states])
        try:
            yield
        finally:
            for layer, states in whole:
                now = carried.arrays(layer)
                if now and len(now[0]) == count:  # or else the step itself has let it begin anew
                    pairs = zip(now, states, strict=True)
                    _carry(layer, [np.concatenate([new, old[count:]]) for new, old in pairs])


_AS_IT_IS = nullcontext()


def _carry(layer: Any, states: list[Any]) -> None:
    """Let a layer carry these arrays."""
    layer.states = tuple(layer.pack_states(states))
