"""One number that a model puts out, as a function of its input: what attribution explains.

    y_b = output[b, timestep, output]           dy_b/dx_b, exact, by the way back

Samples do not see each other, so that the gradient of the sum of all y is that of each. Stateful
layers begin anew, and carry afterwards what they carried before.
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection import both_passes
from elman.inspection.untouched import untouched
from elman.layers import Layer
from elman.layers.parts import arguments
from elman.layers.parts.passes import INFERENCE, Arrays, Masks

ROWS = 512  # samples of a batch, at most, when many versions of an input are run


class Explained:
    """The number, of one output at one timestep, and the input that it is explained by.

    Attributes:
        owner: how messages name the model.
        x: the input, (batch, timesteps, features), or (batch, timesteps).
        target: what is explained, in words.
    """

    def __init__(
        self, function: str, model: Any, x: Any, output: int | None, timestep: int | None,
        *, mask: Any = None, output_name: str | None = None, input_name: str | None = None,
    ) -> None:  # fmt: skip
        both_passes.check_layer(function, "model_or_layer", model)
        self.owner: str = model.owner
        self._layer: Layer = model
        given = both_passes.enter(model, x, mask=mask)
        self._inputs, self._masks = given.inputs, given.masks
        self._input = self._place("input_name", input_name, "input_names", len(self._inputs))
        self.x = self._inputs[self._input]
        if self.x.ndim not in (2, 3):
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, features), or (batch, "
                f"timesteps); got {self.x.shape}."
            )
        outputs = self._run(self._inputs, self._masks, INFERENCE)[0]
        self._output = self._place("output_name", output_name, "output_names", len(outputs))
        at = self._index(outputs[self._output], output, timestep)
        self._at: Any = (slice(None), *at)  # the place of y in the output of a batch
        which = "" if output_name is None else f" of '{output_name}'"
        when = f" at timestep {at[0]}" if len(at) > 1 else ""
        self.target = f"output {at[-1]}{which}{when} of {self.owner}"

    def value(self, x: Array) -> Array:
        """Return y of each row of x, (rows,); rows are whole batches in the order of the input."""
        inputs, masks = self._rows(x)
        return self._number(self._run(inputs, masks, INFERENCE)[0])

    def gradient(self, x: Array) -> tuple[Array, Array]:
        """Return y (rows,) and dy/dx, of the shape of x.

        Raises:
            ArgumentError: the input has no gradient.
        """
        inputs, masks = self._rows(x)
        outputs, tape = self._run(inputs, masks, both_passes.RECORDING)
        doutputs = tuple(np.zeros_like(output) for output in outputs)
        doutputs[self._output][self._at] = 1
        dx = self._layer.reverse(tape, doutputs)[0][self._input]
        if dx is None:
            raise ArgumentError(
                f"{self.owner}: `x` must have a gradient; got indices, which have none. Use "
                "`occlusion` or `contributions`."
            )
        return self._number(outputs), dx

    def baseline(self, value: Any) -> Array:
        """Return an input that means nothing, of the shape of x, as a user gave it.

        Raises:
            ArgumentError, ShapeError: it does not go with x.
        """
        array = arguments.as_array(self.owner, "baseline", value)
        try:
            return np.broadcast_to(array.astype(self.x.dtype), self.x.shape)
        except ValueError:
            raise ShapeError(
                f"{self.owner}: `baseline` must go with `x`, {self.x.shape}; got {array.shape}."
            ) from None

    def in_batches(self, versions: int) -> list[slice]:
        """Return which of so many versions of the input to run at once."""
        width = max(1, ROWS // max(1, len(self.x)))
        return [slice(i, min(i + width, versions)) for i in range(0, versions, width)]

    def _run(self, inputs: Arrays, masks: Masks, mode: Any) -> tuple[Arrays, Any]:
        with untouched(self._layer):
            self._layer.reset_state()  # what is carried belongs to rows of another batch
            outputs, _, tape = self._layer.run(inputs, masks, mode)
        return tuple(outputs), tape

    def _rows(self, x: Array) -> tuple[Arrays, Masks]:
        """Return all inputs and masks for several batches of the one that is explained."""
        count = len(x) // max(1, len(self.x))
        inputs = [_again(array, count) for array in self._inputs]
        inputs[self._input] = x
        masks = tuple(None if mask is None else _again(mask, count) for mask in self._masks)
        return tuple(inputs), masks

    def _number(self, outputs: Arrays) -> Array:
        return outputs[self._output][self._at].astype(np.float64)

    def _place(self, argument: str, name: str | None, names: str, count: int) -> int:
        """Return which of the inputs or outputs is meant."""
        known = list(getattr(self._layer, names, ()))[:count]
        if name is None:
            if len(known) > 1:
                raise ArgumentError(
                    f"{self.owner}: `{argument}` must be given, one of "
                    f"{', '.join(map(repr, known))}; got None."
                )
            return 0
        return known.index(_check.one_of(self.owner, argument, name, known))

    def _index(self, found: Array, output: int | None, timestep: int | None) -> tuple[int, ...]:
        """Return the place of y in a sample's output."""
        *axes, G = found.shape[1:]
        if output is None and G > 1:
            raise ArgumentError(
                f"{self.owner}: `output` must say which of {G} outputs to explain; got None."
            )
        place = self._among("output", 0 if output is None else output, G)
        if not axes:
            if timestep is not None:
                raise ArgumentError(
                    f"{self.owner}: `timestep` must be left out, because the output has none; got "
                    f"{timestep}."
                )
            return (place,)
        return self._among("timestep", -1 if timestep is None else timestep, axes[0]), place

    def _among(self, name: str, value: Any, count: int) -> int:
        number = _check.integer(self.owner, name, value, None)
        if not -count <= number < count:
            raise ArgumentError(
                f"{self.owner}: `{name}` must be from {-count} to {count - 1}; got {number}."
            )
        return number % count


def _again(array: Array, count: int) -> Array:
    return np.concatenate([array] * count) if count > 1 else array
