"""TimeDistributed: the same layer at every timestep."""

from collections.abc import Sequence
from typing import Any

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.passes import Arrays, Masks, Mode


def _a_layer(owner: str, name: str, value: Any) -> Layer:
    if not isinstance(value, Layer):
        raise ArgumentError(f"{owner}: `{name}` must be a layer such as Dense(4); got {value!r}.")
    return value


class TimeDistributed(Layer):
    """Apply a layer to every timestep of a sequence, with the same weights.

    Args:
        layer: a layer of one input and one output.
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.TimeDistributed(layers.Dense(5))(np.zeros((2, 10, 3))).shape
    (2, 10, 5)
    """

    checks = {"layer": _a_layer}
    fixed = ("layer",)
    takes_one = True
    takes_sequences = True

    def __init__(self, layer: Layer, **options: Any) -> None:
        self.layer = layer
        super().__init__(**{"dtype": layer.dtype, **options})
        if not self.trainable:
            layer.trainable = False

    @property
    def sublayers(self) -> tuple[Layer]:
        """The layer that is applied."""
        return (self.layer,)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the inner layer's weights."""
        self.layer.build(_inner(shapes[0]))

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Return the inputs as the inner layer wants them, indices as integers."""
        return self.layer.cast(inputs)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that there is a time axis, and what the inner layer takes."""
        if len(shapes[0]) < 3:
            raise ShapeError(
                f"{self.owner}: `x` must have shape (batch, timesteps, features, …); got "
                f"{shapes[0]}. Add a time axis with `x[:, None]`."
            )
        self.layer.check_shapes([_inner(shapes[0])])

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the inner layer's output shapes with the time axis put in."""
        B, T = shapes[0][:2]
        return [(B, T, *inner[1:]) for inner in self.layer.output_shapes([_inner(shapes[0])])]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Let timesteps be rows of the batch: (batch, timesteps, …) -> (batch*timesteps, …)."""
        (x,), (mask,) = inputs, masks
        if mask is not None and mask.shape[:2] != x.shape[:2]:
            _check.shape(self.owner, "mask", mask, "batch timesteps", x.shape[:2])
        inner_mask = None if mask is None or mask.ndim == 2 else _fold(mask)
        outputs, _, tape = self.layer.run((_fold(x),), (inner_mask,), mode)
        return tuple(_unfold(y, x) for y in outputs), (tape, x)

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[Array | None], Sequence[Array]]:
        """Undo the inner layer on the folded batch."""
        inner, x = tape
        dys = tuple(_fold(dy) for dy in doutputs)
        (dx,), dweights = self.layer.reverse(inner, dys, out=out)
        return (None if dx is None else _unfold(dx, x),), dweights


def _inner(shape: Shape) -> Shape:
    """Return the shape of one timestep."""
    return (shape[0], *shape[2:])


def _fold(x: Array) -> Array:
    """Return (batch*timesteps, …) from (batch, timesteps, …)."""
    return x.reshape(-1, *x.shape[2:])


def _unfold(y: Array, x: Array) -> Array:
    """Return (batch, timesteps, …) from (batch*timesteps, …)."""
    return y.reshape(*x.shape[:2], *y.shape[1:])
