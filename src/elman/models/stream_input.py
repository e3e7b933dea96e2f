"""What a stream takes, and how anything else is made to fit or refused."""

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import BusyError, ShapeError, UnsupportedError
from elman.layers import Layer
from elman.layers.parts import arguments
from elman.models.stages import Stage

if TYPE_CHECKING:
    from elman.models.model import Model


class StreamInput(NamedTuple):
    """Arrays (batch, features) of a dtype, or indices (batch,).

    Attributes:
        owner: how messages name the model.
        batch: how many sequences there are.
        features: how many features; None for indices.
        dtype: of the numbers as the first stage reads them.
        layers: the layers that cast and check what comes in.
    """

    owner: str
    batch: int
    features: int | None
    dtype: Any
    layers: tuple[Any, ...]

    def step(self, x: Any) -> Array:
        """Return one timestep as an array that fits."""
        array = arguments.as_array(self.owner, "x", x)
        axes, sizes = self._axes()
        if self.batch == 1 and array.ndim == len(sizes) - 1:
            array = array[None]
        fix = "Give several timesteps to `process`." if array.ndim == len(sizes) + 1 else ""
        _check.shape(self.owner, "x", array, axes, sizes, fix)
        return self._converted(array)

    def block(self, block: Any) -> Array:
        """Return a block of timesteps as an array that fits."""
        array = arguments.as_array(self.owner, "block", block)
        axes, (batch, *features) = self._axes()
        axes, sizes = axes.replace("batch", "batch timesteps"), (batch, None, *features)
        fix = "Add the batch axis with `block[None]`." if array.ndim == len(sizes) - 1 else ""
        _check.shape(self.owner, "block", array, axes, sizes, fix)
        if array.shape[1] == 0:
            raise ShapeError(f"{self.owner}: `block` must have at least one timestep; got none.")
        return self._converted(array)

    def busy(self) -> NoReturn:
        """Say that somebody is inside already."""
        raise BusyError(
            f"{self.owner}: a stream must be used by one thread at a time; another is inside it. "
            "Make a stream for each."
        )

    def _axes(self) -> tuple[str, tuple[int, ...]]:
        if self.features is None:
            return "batch", (self.batch,)
        return "batch features", (self.batch, self.features)

    def _converted(self, array: Array) -> Array:
        for cast in self.layers:
            (array,) = cast((array,))
        return np.require(array, self.dtype, ["C", "A"])


def stream_input(model: "Model", batch: int, stages: list[Stage]) -> StreamInput:
    """Return what the stream of a model takes.

    Raises:
        UnsupportedError: the model's input is no sequence of vectors or of indices.
    """
    tensor = model.inputs[0]
    entry: Layer = tensor.node.layer
    first = stages[0] if stages else Stage(entry.owner, "activation", ("linear",))
    late = next((s.owner for s in stages[1:] if s.cast is not None), None)
    if late is not None:
        raise UnsupportedError(
            f"{model.owner}: an Embedding must stand first in a stream; got {late} behind "
            f"{first.owner}."
        )
    if len(tensor.shape) != (3 if first.cast is None else 2) or None in tensor.shape[2:]:
        raise UnsupportedError(
            f"{model.owner}: the input of a stream must have the shape (batch, timesteps, "
            f"features), or (batch, timesteps) before an Embedding; got {tensor.shape}."
        )
    if first.cast is not None:
        return StreamInput(model.owner, batch, None, np.int64, (entry.cast, first.cast))
    weights = [s.kernel.dtype for s in stages if s.kernel is not None]
    floats = tensor.dtype.startswith("float")
    dtype = np.dtype(tensor.dtype) if floats else next(iter(weights), np.dtype("float32"))
    return StreamInput(model.owner, batch, tensor.shape[2], dtype, (entry.cast,))
