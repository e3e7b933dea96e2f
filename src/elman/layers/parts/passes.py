"""The two passes through a layer, and what they are for.

    run       outputs, masks, tape = forward(inputs)
    reverse   dinputs, dweights = backward(tape, doutputs)

A penalty is a number that a layer adds to the loss because of what it computed: its
`activity_regularizer` of its outputs, or what a layer of your own gives to `add_loss`. Who wants
penalties hands `Mode.penalties` a list; see `elman.layers.parts.penalty`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman._warning import warn
from elman.layers.parts.penalty import Penalized, penalize
from elman.layers.parts.resets import Resets
from elman.layers.parts.watch import Watch

if TYPE_CHECKING:
    from elman.layers.base import Layer

Arrays = tuple[Array, ...]
Masks = tuple[Mask | None, ...]


class Mode(NamedTuple):
    """What a forward pass is for.

    Attributes:
        training: whether dropout and its like are active.
        record: whether `backward` may follow, and so a tape must be kept.
        penalties: where layers put what they add to the loss; None where nobody wants to know.
        again: whether `backward` may follow more than once.
        resets: before which steps recurrent layers reset a sample; None where nothing is reset.
        carried: what recurrent layers carry from chunk to chunk of a sequence; None where the
            sequence is whole.
        watch: who wants to see all that cells go through; None for nobody.
    """

    training: bool
    record: bool
    penalties: list[Any] | None = None
    again: bool = False
    resets: Resets | None = None
    carried: "Carried | None" = None
    watch: Watch | None = None


class Carried:
    """What recurrent layers hand on between the chunks of a sequence: states, and last outputs.

    A layer that a model calls several times has as many of them, in the order of its calls.
    """

    def __init__(self) -> None:
        self._before: dict[int, list[Any]] = {}
        self._after: dict[int, list[Any]] = {}

    def take(self, layer: "Layer") -> tuple[tuple[Array, ...], Array | None]:
        """Return the states and the last output of the chunk before; (), None at the first."""
        call = len(self._after.get(id(layer), ()))
        found = self._before.get(id(layer), [])
        return found[call] if found else ((), None)

    def put(
        self,
        layer: Any,
        states: Sequence[Array],
        outputs: Array,
        before: Array | None,
        mask: Any,
        resets: Resets | None,
    ) -> Array:
        """Keep the states and the last output with which this chunk ends, and return its outputs.

        In rows that take no step in it, an output alone is that of the chunk `before`.
        """
        if before is not None and mask is not None and not layer.zero_output_for_mask:
            anew = mask.any(axis=1)
            if resets is not None:
                anew = anew | resets.mask.any(axis=1)
            outputs = np.where(anew[:, None], outputs, before)
        last = None if layer.return_sequences else outputs
        self._after.setdefault(id(layer), []).append((tuple(states), last))
        return outputs

    def turn(self) -> None:
        """Go on to the next chunk."""
        self._before, self._after = self._after, {}


INFERENCE = Mode(training=False, record=False)
IN_TRAINING = Mode(training=True, record=False)  # as `model(x, training=True)` runs
TRAINING = Mode(training=True, record=True)


def run(
    layer: "Layer", inputs: Arrays, masks: Masks, mode: Mode, *given: Any
) -> tuple[Arrays, Masks, Any]:
    """Compute outputs, their masks and a tape, from inputs that were checked before.

    `given` is what a call gave beside them, where `forward` takes it.
    """
    outputs, tape = layer.forward(layer.cast(inputs), masks, mode, *given)
    tape = penalize(layer.activity_regularizer, outputs, tape, mode)
    if not layer.supports_masking and any(mask is not None for mask in masks):
        kind = getattr(layer, "kind", type(layer).__name__)
        warn(
            f"{layer.owner}: the mask of its input ends here, because {kind} "
            "cannot pass one on. Put it before the layer that makes the mask.",
        )
        return outputs, (None,) * len(outputs), tape
    found = layer.output_masks(inputs, masks)
    missing = len(outputs) - len(found)
    return outputs, (*found, *(None,) * missing) if missing else found, tape


def reverse(
    layer: "Layer",
    tape: Any,
    doutputs: Arrays,
    *,
    out: Sequence[Array] | None = None,
    need_inputs: bool = True,
) -> tuple[tuple[Any, ...], Sequence[Array]]:
    """Undo `run`: return the gradients of the inputs, and of `weights` in their order.

    Args:
        tape: what `run` returned.
        doutputs: dL/d(output) of each output.
        out: arrays for the gradients of the weights, where new ones are not wanted.
        need_inputs: whether those of the inputs will be read; if not, Nones may come.
    """
    if type(tape) is Penalized:
        tape, doutputs = tape.tape, tape.add_to(doutputs)
    backward: Any = layer.backward
    taken = getattr(backward, "__kwdefaults__", None) or ()
    if "need_inputs" in taken:
        return backward(tape, doutputs, out=out, need_inputs=need_inputs)
    if "out" in taken:
        return backward(tape, doutputs, out=out)
    dinputs, dweights = backward(tape, doutputs)
    for place, dweight in zip(out or (), dweights, strict=out is not None):
        place[...] = dweight
    return dinputs, dweights if out is None else out
