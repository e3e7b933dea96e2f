"""One number that a model puts out, as a function of its input: what attribution explains.

    y_b = output[b, timestep, output]           dy_b/dx_b, exact, by the way back

Samples do not see each other, so that the gradient of the sum of all y is that of each. Stateful
layers begin anew, and carry afterwards what they carried before.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask
from elman._warning import warn
from elman.errors import ArgumentError, ShapeError
from elman.inspection import both_passes, counted, skipped
from elman.inspection.untouched import untouched
from elman.layers import Layer
from elman.layers.parts import arguments
from elman.layers.parts.passes import INFERENCE, Arrays, Masks
from elman.models import Model

ROWS = 512  # samples of a batch, at most, when many versions of an input are run
GIVEN = ("mask", "output_name", "input_name")  # what may be given beside what a method names


class Explained:
    """The number, of one output at one timestep, and the input that it is explained by.

    Attributes:
        owner: how messages name the model.
        x: the input as it enters, (batch, timesteps, features), or (batch, timesteps): in the dtype
            of its `Input`, or of the layer, where that is one of floats.
        mask: where its timesteps count, (batch, timesteps); None where all do.
        target: what is explained, in words, and by which input, where there are several.
    """

    def __init__(
        self, function: Callable[..., Any], model: Any, x: Any, output: int | None,
        timestep: int | None, given: dict[str, Any],
    ) -> None:  # fmt: skip
        both_passes.check_layer(function.__name__, "model_or_layer", model)
        self.owner: str = model.owner
        _check.no_more(self.owner, function, sorted(given.keys() - set(GIVEN)), GIVEN)
        input_name, output_name = given.get("input_name"), given.get("output_name")
        self._layer: Layer = model
        entered = both_passes.enter(model, x, mask=given.get("mask"))
        self._inputs, self._masks = entered.inputs, entered.masks
        self._input = self._place("input_name", input_name, "input_names", len(self._inputs))
        self.x = self._as_it_enters()
        if self.x.ndim not in (2, 3):
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, features), or (batch, "
                f"timesteps); got {self.x.shape}."
            )
        self.mask: Mask | None = counted.mask(model, self._input, self.x, self._masks[self._input])
        outputs = self._run(self._inputs, self._masks, INFERENCE)[0]
        self._output = self._place("output_name", output_name, "output_names", len(outputs))
        at = self._index(outputs[self._output], output, timestep)
        self._at: Any = (slice(None), *at)  # the place of y in the output of a batch
        count = outputs[self._output].shape[-1]
        among = f" (of {count})" if count > 1 else ""
        which = "" if output_name is None else f" of '{output_name}'"
        when = f" at timestep {at[0]}" if len(at) > 1 else ""
        by = "" if input_name is None else f", by input '{input_name}'"
        self.target = f"output {at[-1]}{among}{which}{when} of {self.owner}{by}"

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

    def check_has_points_between(self) -> None:
        """Check that there are inputs between x and a baseline.

        Raises:
            ArgumentError: there are none, because x holds whole numbers.
        """
        if self.x.dtype.kind in "iub":
            raise ArgumentError(
                f"{self.owner}: `x` must enter as floats, for points between it and the baseline; "
                f"got {self.x.dtype}. Use `occlusion` or `contributions`."
            )

    def baseline(self, value: Any) -> Array:
        """Return an input that means nothing, of the shape of x, as a user gave it.

        Raises:
            ArgumentError, ShapeError: it does not go with x.
        """
        array = arguments.as_array(self.owner, "baseline", value)
        with np.errstate(invalid="ignore"):  # NaN as an integer, which is refused below
            found = arguments.held(self.owner, "baseline", array, self.x.dtype)
        if self.x.dtype.kind in "iub" and (found != array).any():
            wrong = array[found != array].flat[0]
            raise ArgumentError(
                f"{self.owner}: `baseline` must be of numbers that `x` can hold, which enters as "
                f"{self.x.dtype}; got {wrong}. Where fractions mean something, give `x` as floats."
            )
        try:
            return np.broadcast_to(found, self.x.shape)
        except ValueError:
            raise ShapeError(
                f"{self.owner}: `baseline` must go with `x`, {self.x.shape}; got {array.shape}."
            ) from None

    def warn_of_a_jump(self, begin: Array) -> None:
        """Warn where y jumps at the beginning of the line from a baseline to x."""
        masking = skipped.skips(self._layer, self._input, self.x, begin)
        if masking is not None:
            warn(
                f"{self.owner}: {masking.owner} skips timesteps of `baseline`, where all features "
                f"are {masking.mask_value:g}, and takes those of `x`. The output jumps where the "
                "line from one to the other begins, and the values miss that much, the "
                "`completeness_error`. Give another `baseline`, or use `contributions`."
            )

    def in_batches(self, versions: int) -> list[slice]:
        """Return which of so many versions of the input to run at once."""
        width = max(1, ROWS // max(1, len(self.x)))
        return [slice(i, min(i + width, versions)) for i in range(0, versions, width)]

    def _as_it_enters(self) -> Array:
        """Return x, of integers or booleans too, in the floats that it enters as, if it does."""
        entries = getattr(self._layer, "inputs", None)
        if isinstance(self._layer, Model):
            if not entries:  # a model of one's own that is never drawn: its layers alone know
                return self._inputs[self._input]
            found = entries[self._input].node.layer.cast((self._inputs[self._input],))
            return np.asarray(found[0])
        return np.asarray(self._layer.cast(self._inputs)[self._input])

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
        if found.ndim not in (2, 3):
            raise ShapeError(
                f"{self.owner}: `model_or_layer` must put out (batch, features), or (batch, "
                f"timesteps, features), to be explained; got {found.shape}. Add a `Reshape`."
            )
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
