"""What a pass through layers is for, and what it brings along beside outputs: penalties.

A penalty is a number that a layer adds to the loss because of what it computed: its
`activity_regularizer` of its outputs, or what a layer of your own gives to `add_loss`. Who wants
penalties hands `Mode.penalties` a list. Their gradients lie on the tape until the way back.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import regularizers
from elman._typing import Array, Mask
from elman.gradient_tape import gradient_of

Arrays = tuple[Array, ...]
Masks = tuple[Mask | None, ...]


class Mode(NamedTuple):
    """What a forward pass is for.

    Attributes:
        training: whether dropout and its like are active.
        record: whether `backward` may follow, and so a tape must be kept.
        penalties: where layers put what they add to the loss; None where nobody wants to know.
    """

    training: bool
    record: bool
    penalties: list[float] | None = None


INFERENCE = Mode(training=False, record=False)
TRAINING = Mode(training=True, record=True)


class Penalized(NamedTuple):
    """The tape of a layer whose outputs were penalised.

    Attributes:
        tape: the layer's own.
        gradients: d(penalty)/d(output) of each output.
    """

    tape: Any
    gradients: Arrays

    def add_to(self, doutputs: Sequence[Array]) -> Arrays:
        """Return dL/d(outputs) where the loss contains the penalty."""
        return tuple(np.add(dy, d) for dy, d in zip(doutputs, self.gradients, strict=True))


def penalized(regularizer: Any, outputs: Arrays, tape: Any, mode: Mode) -> Any:
    """Put the penalty of these outputs where the mode wants it, and return the tape with it."""
    if regularizer is None or mode.penalties is None:
        return tape
    mode.penalties.extend(float(regularizer(y)) for y in outputs)
    gradients = tuple(penalty_gradient(regularizer, y) for y in outputs)
    return Penalized(tape, gradients) if mode.record else tape


def penalty_gradient(regularizer: Any, x: Array) -> Array:
    """Return the gradient of a penalty: the regularizer's own, or else the one a tape finds."""
    if regularizers.has_gradient(regularizer):
        return np.asarray(regularizer.gradient(x))
    return gradient_of(regularizer, x)


def redefined(layer: Any, maker: type, names: Sequence[str]) -> bool:
    """Say whether one of these methods is not that of the class that it should be, by whomever."""
    kind, own = type(layer), vars(layer)
    return any(
        name in own or getattr(kind, name, None) is not getattr(maker, name, None)
        for name in names
    )
