"""A layer with a gradient by hand, called while a `GradientTape` is open: one entry of the tape."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman.gradient_tape import active, boxed, paused, record
from elman.layers.parts import penalty
from elman.layers.parts.nesting import known_weights, with_sublayers
from elman.layers.parts.passes import Masks, Mode
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer


class LayerCall:
    """One call of a layer; its values are the inputs, then the weights that are trained.

    The layer computes with its weights as they lie, on the way back with what they were then.
    Inputs that no tape watches have no gradient.
    """

    def __init__(
        self,
        layer: "Layer",
        masks: Masks,
        mode: Mode,
        given: tuple[Any, ...],
        need_inputs: bool,
    ) -> None:
        self.layer, self.masks, self.mode, self.given = layer, masks, mode, given
        self.need_inputs = need_inputs
        self.weights = known_weights(layer)
        self.out_masks: Masks = ()
        self.tape: Any = None

    @property
    def owner(self) -> str:
        """How messages name it."""
        return self.layer.owner

    def forward(self, *values: Array) -> Any:
        """Run the layer."""
        self.trained = [weight for weight in self.weights if weight.trainable]
        count = len(values) - len(self.trained)
        inputs = tuple(np.asarray(value) for value in values[:count])
        self.values = values[count:]
        with paused():
            outputs, self.out_masks, self.tape = self.layer.run(
                inputs, self.masks, self.mode, *self.given
            )
        self.dtypes = [y.dtype for y in outputs]
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def backward(self, doutputs: Any) -> list[Array | None]:
        """Run the layer in reverse."""
        given = doutputs if isinstance(doutputs, tuple) else (doutputs,)
        dys = [np.asarray(dy, dtype) for dy, dtype in zip(given, self.dtypes, strict=True)]
        with paused(), _as_then(self.trained, self.values):
            dinputs, dweights = self.layer.reverse(
                self.tape, tuple(dys), need_inputs=self.need_inputs
            )
        pairs = zip(dweights, self.weights, strict=True)
        trained = {id(weight) for weight in self.trained}
        return [*dinputs, *(dw for dw, weight in pairs if id(weight) in trained)]


@contextmanager
def _as_then(weights: Sequence[Weight], values: Sequence[Array]) -> Iterator[None]:
    """Let weights that were assigned to since have these numbers meanwhile."""
    pairs = zip(weights, values, strict=True)
    changed = [(w, w.array.copy(), v) for w, v in pairs if not np.array_equal(w.array, v)]
    for weight, _, then in changed:
        weight.array[...] = then
    try:
        yield
    finally:
        for weight, now, _ in changed:
            weight.array[...] = now


def run(
    layer: "Layer", inputs: Sequence[Any], masks: Masks, mode: Mode, *given: Any
) -> tuple[tuple[Any, ...], Masks]:
    """Run a layer on arrays or boxes; return outputs in boxes, and their masks.

    What the layers inside it add to the loss is put there as numbers; the way back adds the
    gradients, as of a loss that holds them once.
    """
    inside = any(each.may_penalize for each in with_sublayers(layer)[1:])
    said: list[Any] | None = [] if inside and mode.penalties is not None else None
    recorded = mode._replace(training=bool(mode.training), record=True, penalties=said, again=True)
    call = LayerCall(layer, masks, recorded, given, any(map(boxed, inputs)))
    tape = active()
    trained = [weight for weight in call.weights if weight.trainable]
    read = [weight.array.copy() if tape is None else tape.read(weight) for weight in trained]
    found = record(call, *inputs, *read)
    outputs = (found,) if len(call.out_masks) == 1 else tuple(found[i] for i in _range(call))
    if said is not None and mode.penalties is not None:
        mode.penalties.extend(said)
    elif mode.penalties is not None and layer.activity_regularizer is not None:
        regularizer = layer.activity_regularizer
        mode.penalties.extend(penalty.of_output(regularizer, y) for y in outputs)
    return outputs, call.out_masks


def _range(call: LayerCall) -> range:
    return range(len(call.out_masks))
