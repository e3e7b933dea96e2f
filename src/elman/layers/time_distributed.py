"""TimeDistributed: the same layer at every timestep.

    y_t = layer(x_t)        x (batch, timesteps, …)

Timesteps of a layer that treats each sample alone are rows of one large batch. A layer that does
not, or that carries a state from call to call (through which no gradient goes, as in Keras), is
called once a timestep, as Keras does always.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ShapeError
from elman.layers.base import Layer
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.wrapper import Wrapper


class TimeDistributed(Wrapper):
    """Apply a layer to every timestep of a sequence, with the same weights.

    Args:
        layer: a layer or a model of one input.
        options: `name`, `dtype`, `trainable`.

    A mask (batch, timesteps) goes past the layer to what follows; one of more axes reaches it, a
    timestep at a time. As in Keras, an `activity_regularizer` of the layer itself is not heard;
    those of layers inside a model are, and what a `call` of your own gives to `add_loss`, at every
    timestep.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.TimeDistributed(layers.Dense(5))(np.zeros((2, 10, 3))).shape
    (2, 10, 5)
    """

    takes_one = True
    takes_sequences = True

    def __init__(self, layer: Layer, **options: Any) -> None:
        super().__init__(layer, **options)

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
        """Run the layer on all timesteps at once, or on one after another."""
        (x,), (mask,) = inputs, masks
        if mask is not None and mask.shape[:2] != x.shape[:2]:
            _check.shape(self.owner, "mask", mask, "batch timesteps", x.shape[:2])
        inner_mask = None if mask is None or mask.ndim == 2 else mask
        if mode.penalties is not None and not (self.layer.sublayers or self.layer.has_call):
            mode = mode._replace(penalties=None)
        mode = mode._replace(resets=None, carried=None)  # the timesteps here are not those inside
        if self._one_by_one(mode):
            return self._forward_one_by_one(x, inner_mask, mode)
        folded = None if inner_mask is None else _fold(inner_mask)
        outputs, _, tape = self.layer.run((_fold(x),), (folded,), mode)
        return tuple(_unfold(y, x) for y in outputs), (tape, x)

    def backward(
        self, tape: Any, doutputs: Arrays, *, out: Sequence[Array] | None = None
    ) -> tuple[tuple[Array | None], Sequence[Array]]:
        """Undo the inner layer on the folded batch, or timestep by timestep."""
        inner, x = tape
        if isinstance(inner, OneByOne):
            return self._backward_one_by_one(inner, doutputs, out)
        dys = tuple(_fold(dy) for dy in doutputs)
        (dx,), dweights = self.layer.reverse(inner, dys, out=out)
        return (None if dx is None else _unfold(dx, x),), dweights

    def _one_by_one(self, mode: Mode) -> bool:
        """Say whether it makes a difference that timesteps are called one after another."""
        _, *inside = layers = with_sublayers(self.layer)
        if any(layer.mixes_samples or getattr(layer, "stateful", False) for layer in layers):
            return True
        return mode.penalties is not None and any(
            layer.activity_regularizer is not None for layer in inside
        )

    def _forward_one_by_one(self, x: Array, mask: Any, mode: Mode) -> tuple[Arrays, Any]:
        """Call the layer once a timestep."""
        steps = [
            self.layer.run((x[:, t],), (None if mask is None else mask[:, t],), mode)
            for t in range(x.shape[1])
        ]
        outputs = zip(*(step[0] for step in steps), strict=True)
        tape = OneByOne([tape for _, _, tape in steps])
        return tuple([np.stack(ys, axis=1) for ys in outputs]), (tape, x)

    def _backward_one_by_one(
        self, tape: "OneByOne", doutputs: Arrays, out: Sequence[Array] | None
    ) -> tuple[tuple[Array | None], Sequence[Array]]:
        """Undo the calls, the last first, and add up the gradients of the weights."""
        total = [np.empty_like(w.array) for w in self.weights] if out is None else out
        for dweight in total:
            dweight[...] = 0
        dxs: list[Any] = []
        for t in reversed(range(len(tape.tapes))):
            dys = tuple(dy[:, t] for dy in doutputs)
            (dx,), dweights = self.layer.reverse(tape.tapes[t], dys)
            dxs.insert(0, dx)
            for place, dweight in zip(total, dweights, strict=True):
                place += dweight
        return (None if dxs[0] is None else np.stack(dxs, axis=1),), total


class OneByOne(NamedTuple):
    """The tape of a layer that was called once a timestep.

    Attributes:
        tapes: those of its calls.
    """

    tapes: list[Any]


def _inner(shape: Shape) -> Shape:
    """Return the shape of one timestep."""
    return (shape[0], *shape[2:])


def _fold(x: Array) -> Array:
    """Return (batch*timesteps, …) from (batch, timesteps, …)."""
    return x.reshape(-1, *x.shape[2:])


def _unfold(y: Array, x: Array) -> Array:
    """Return (batch, timesteps, …) from (batch*timesteps, …)."""
    return y.reshape(*x.shape[:2], *y.shape[1:])
