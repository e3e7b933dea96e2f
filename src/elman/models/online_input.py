"""What a learner takes at a timestep, and how it is made to fit or refused."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.layers import Embedding, InputLayer
from elman.layers.parts import arguments
from elman.models.kinds import is_model

if TYPE_CHECKING:
    from elman.models.model import Model


class OnlineInput(NamedTuple):
    """Arrays (batch, features), or indices (batch,).

    Attributes:
        owner: how messages name the learner.
        features: how many features; None for indices.
        casts: what converts and checks what comes in.
    """

    owner: str
    features: int | None
    casts: tuple[Any, ...]

    @classmethod
    def of(cls, model: "Model", owner: str, x_t: Any) -> "OnlineInput":
        """Return the input of a model, which is built for x_t if it is not yet."""
        if not model.drawn:
            x = arguments.as_array(owner, "x_t", x_t)
            first = first_layer(model)
            axes = 1 if isinstance(first, Embedding) else 2
            if x.ndim != axes:
                named = "(batch,)" if axes == 1 else "(batch, features)"
                raise ShapeError(
                    f"{owner}: `x_t` must have shape {named} to build the model for it; got "
                    f"{x.shape}. Or begin the model with an `Input`."
                )
            model.enter(x[:, None])
        tensor, first = model.inputs[0], first_layer(model)
        entry = tensor.node.layer
        if isinstance(first, Embedding):
            return cls(owner, None, (entry.cast, first.cast))
        return cls(owner, tensor.shape[-1], (entry.cast,))

    def step(self, x_t: Any, batch: int | None) -> tuple[Array, bool]:
        """Return a timestep as an array, and whether its batch axis was added.

        Args:
            x_t: what was given.
            batch: that of the carried state; None if nothing is carried yet.
        """
        array = arguments.as_array(self.owner, "x_t", x_t)
        axes = "batch" if self.features is None else "batch features"
        sizes: tuple[int | None, ...] = (None,) if self.features is None else (None, self.features)
        alone = array.ndim == len(sizes) - 1 and batch in (None, 1)
        array = array[None] if alone else array
        fix = "Give one timestep at a time." if array.ndim == len(sizes) + 1 else ""
        _check.shape(self.owner, "x_t", array, axes, sizes, fix)
        if len(array) == 0:
            raise ShapeError(f"{self.owner}: `x_t` must hold at least one sample; got none.")
        if batch not in (None, len(array)):
            raise ShapeError(
                f"{self.owner}: `x_t` must have batch={batch}, that of the carried state; got "
                f"{len(array)}. Call `reset()` before a batch of another size."
            )
        given = finite(self.owner, "x_t", array)
        with np.errstate(over="ignore"):
            for cast in self.casts:
                (array,) = cast((array,))
        arguments.check_held(self.owner, "x_t", given, array)
        return array, alone


def first_layer(model: Any) -> Any:
    """Return the layer that the input of a model first meets, None if there is none."""
    layer = next((one for one in model.layers if not isinstance(one, InputLayer)), None)
    return first_layer(layer) if is_model(layer) else layer


def finite(owner: str, name: str, array: Array) -> Array:
    """Return an array if all its numbers are finite: a NaN would stay in state and weights."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ArgumentError(
            f"{owner}: `{name}` must be finite; got {array[place]} at {place}. Leave the timestep "
            "out, or put a number in its place."
        )
    return array
