"""Links of a chain that are more, or less, than a bound layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman import kernels
from elman._typing import Array, Mask, Shape
from elman.bound import Bound, Recurrence
from elman.layers import RNN
from elman.layers.parts import resets
from elman.layers.parts.passes import Mode
from elman.layers.parts.penalty import Penalized, penalize

if TYPE_CHECKING:
    from elman.layers import Layer


class Link:
    """A layer that has no bound form: run as it is, with its checks and its options.

    Attributes:
        shape: of the output.
    """

    def __init__(self, layer: "Layer", shape: Shape) -> None:
        self.layer = layer
        (output,) = layer.output_shapes([shape])
        self.shape = tuple(int(n or 0) for n in output)

    def forward(self, x: Array, mask: Mask | None, mode: Mode) -> tuple[Array, Mask | None, Any]:
        """Run the layer."""
        (y,), (mask,), tape = self.layer.run((x,), (mask,), mode)
        return kernels.contiguous(y), None if mask is None else kernels.contiguous(mask), tape

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Run it in reverse."""
        (dx,), _ = self.layer.reverse(tape, (dy,), out=out, need_inputs=need_inputs)
        return None if dx is None else kernels.contiguous(dx)


class ResumedLink:
    """A bound recurrent layer whose sequences go on from chunk to chunk, or are reset on the way.

    Attributes:
        shape: of the output.
    """

    def __init__(self, bound: Recurrence, layer: RNN) -> None:
        self.bound, self.layer, self.shape = bound, layer, bound.shape
        self.backward = bound.backward  # at the states that come in the gradient is cut

    def forward(self, x: Array, mask: Mask | None, mode: Mode) -> tuple[Array, Mask | None, Any]:
        """Run the time loop; see `RNN.forward`."""
        found = resets.of_sequence(self.layer.owner, mode.resets, x)
        reset_mask = None if found is None else kernels.contiguous(found.mask)
        passed_on = mask if self.layer.return_sequences else None
        if mode.carried is None:
            y, tape = self.bound.run(x, mask, mode, (), reset_mask)
            return y, passed_on, tape
        (states, before), final = mode.carried.take(self.layer), self.bound.states()
        y, tape = self.bound.run(x, mask, mode, states, reset_mask, final)
        return mode.carried.put(self.layer, final, y, before, mask, found), passed_on, tape


class PenalizedLink:
    """A bound layer with an `activity_regularizer`.

    Attributes:
        shape: of the output.
    """

    def __init__(self, bound: Bound, regularizer: Any) -> None:
        self.bound, self.regularizer, self.shape = bound, regularizer, bound.shape

    def forward(self, x: Array, mask: Mask | None, mode: Mode) -> tuple[Array, Mask | None, Any]:
        """Run the layer, and let the mode know its penalty."""
        y, mask, tape = self.bound.forward(x, mask, mode)
        return y, mask, penalize(self.regularizer, (y,), tape, mode)

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array], need_inputs: bool
    ) -> Array | None:
        """Add the gradient of the penalty, and run the layer in reverse."""
        if type(tape) is Penalized:
            tape, (dy,) = tape.tape, tape.add_to((dy,))
        return self.bound.backward(tape, dy, out, need_inputs)
