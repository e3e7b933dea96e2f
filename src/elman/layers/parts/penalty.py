"""A regularizer's penalty of one array: of a weight, or of what a layer puts out.

    p = r(x) / n         n  1 for a weight, the number of samples for outputs, as in Keras
    dp/dx = r'(x) / n

By hand (`penalize`) it lies beside the tape of a layer; on a `GradientTape` it is an entry.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import regularizers
from elman._penalty import Penalty
from elman._typing import Array
from elman.gradient_tape import gradient_of, record

if TYPE_CHECKING:
    from elman.layers.parts.passes import Arrays, Mode


def value(regularizer: Any, x: Array, samples: int = 1) -> float:
    """Return the penalty of an array."""
    return float(regularizer(x)) / samples


def gradient(regularizer: Any, x: Array, samples: int = 1) -> Array:
    """Return its gradient: the regularizer's own, or else the one that a tape finds."""
    by_hand = regularizers.has_gradient(regularizer)
    dx = np.asarray(regularizer.gradient(x)) if by_hand else gradient_of(regularizer, x)
    return dx if samples == 1 else dx / x.dtype.type(samples)


# ---------------------------------------------------------------------- of outputs, by hand


class Penalized(NamedTuple):
    """The tape of a layer whose outputs were penalized.

    Attributes:
        tape: the layer's own.
        gradients: d(penalty)/d(output) of each output.
    """

    tape: Any
    gradients: "Arrays"

    def add_to(self, doutputs: Sequence[Array]) -> "Arrays":
        """Return dL/d(outputs) where the loss contains the penalty."""
        return tuple(np.add(dy, d) for dy, d in zip(doutputs, self.gradients, strict=True))


def penalize(regularizer: Any, outputs: "Arrays", tape: Any, mode: "Mode") -> Any:
    """Put the penalty of these outputs where the mode wants it, and return the tape with it."""
    if regularizer is None or mode.penalties is None:
        return tape
    mode.penalties.extend(value(regularizer, y, len(y)) for y in outputs)
    if not mode.record:
        return tape
    return Penalized(tape, tuple(gradient(regularizer, y, len(y)) for y in outputs))


# ---------------------------------------------------------------------- on a GradientTape


def of_weight(regularizer: Any, x: Any) -> Any:
    """Return the penalty of a weight that may be in a box."""
    return _recorded(regularizer, x, 1)


def of_output(regularizer: Any, y: Any) -> Any:
    """Return what an `activity_regularizer` adds to the loss for an output in a box."""
    return _recorded(regularizer, y, len(y) if y.ndim else 1)


def _recorded(regularizer: Any, x: Any, samples: int) -> Any:
    of_x = partial(value, regularizer, samples=samples)
    return record(Penalty(of_x, partial(gradient, regularizer, samples=samples)), x)
