"""Bidirectional: one layer reads the sequence forwards, its twin backwards, and they are merged."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers import calling
from elman.layers.base import Layer
from elman.layers.passes import Arrays, Masks, Mode
from elman.layers.recurrent import Recurrent
from elman.layers.serialization import deserialize, serialize

MERGE_MODES = ("concat", "sum", "mul", "ave", None)


def _recurrent(owner: str, name: str, value: Any) -> Recurrent:
    if not isinstance(value, Recurrent):
        raise ArgumentError(
            f"{owner}: `{name}` must be a recurrent layer such as LSTM(8); got {value!r}."
        )
    return value


class Bidirectional(Layer):
    """Run a recurrent layer in both directions of time (Schuster and Paliwal 1997).

    Args:
        layer: a recurrent layer; copies of it are used, not itself.
        merge_mode: how the two outputs become one: "concat" along the features, "sum", "mul",
            "ave", or None for both.
        weights: initial weights, those of the forward layer first.
        backward_layer: the layer for the other direction; by default a copy of `layer`.
        options: `name`, `dtype`, `trainable`.

    With `return_state` the states follow the output, those of the forward layer first;
    `initial_state` is given in the same order. Masked steps put out zeros, as in Keras.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Bidirectional(layers.GRU(4))(np.zeros((2, 10, 3))).shape
    (2, 8)
    """

    checks = {
        "merge_mode": partial(_check.one_of, choices=MERGE_MODES),
        "forward_layer": _recurrent,
        "backward_layer": _recurrent,
    }
    fixed = ("merge_mode", "forward_layer", "backward_layer")
    takes_sequences = True

    def __init__(
        self,
        layer: Recurrent,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Recurrent | None = None,
        **options: Any,
    ) -> None:
        _recurrent(type(self).__name__, "layer", layer)
        super().__init__(**{"dtype": layer.dtype, **options})
        self._sample = self._sample or layer.sample_shape
        self.merge_mode = merge_mode
        self.forward_layer = _copy(layer, "forward_", layer.go_backwards)
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", not layer.go_backwards)
        self.backward_layer = backward_layer
        self._pair()
        for half in self.sublayers:
            half.trainable = half.trainable and self.trainable
        self._initial_weights = None if weights is None else list(weights)

    @property
    def sublayers(self) -> tuple[Recurrent, Recurrent]:
        """The forward and the backward layer."""
        return self.forward_layer, self.backward_layer

    @property
    def layer(self) -> Recurrent:
        """The layer that the configuration names: the forward one."""
        return self.forward_layer

    @property
    def return_sequences(self) -> bool:
        """Whether both layers return the outputs of all steps."""
        return self.forward_layer.return_sequences

    def _pair(self) -> None:
        """Check that the two go together, and let them give what can be merged."""
        f, b = self.sublayers
        if f.go_backwards == b.go_backwards:
            raise ArgumentError(
                f"{self.owner}: `backward_layer` must have go_backwards={not f.go_backwards}, the "
                f"opposite of `layer`; got {b.go_backwards}."
            )
        for name in ("return_sequences", "return_state", "stateful"):
            if getattr(f, name) != getattr(b, name):
                raise ArgumentError(
                    f"{self.owner}: `backward_layer` must have {name}={getattr(f, name)}, as "
                    f"`layer` has; got {getattr(b, name)}."
                )
        if self.merge_mode in ("sum", "mul", "ave") and f.units != b.units:
            raise ArgumentError(
                f"{self.owner}: `merge_mode` must be 'concat' or None for layers of {f.units} and "
                f"{b.units} units; got {self.merge_mode!r}."
            )
        for half in self.sublayers:
            half.zero_output_for_mask = half.return_sequences

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Run in both directions; arguments as for a recurrent layer.

        Args:
            inputs: (batch, timesteps, features).
            initial_state: the forward layer's states, then the backward layer's.
            mask: (batch, timesteps), True where a step is taken.
            training: whether dropout is active.
        """
        several = isinstance(initial_state, (list, tuple))
        states = initial_state if several else [] if initial_state is None else [initial_state]
        return calling.call(self, inputs, list(states), mask, training)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the weights of both layers."""
        for half in self.sublayers:
            half.build(shapes[0])
        if self._initial_weights is not None:
            self.built = True
            self.set_weights(self._initial_weights)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check what each layer takes, and before they are built the layers."""
        if not self.built:
            self._pair()
        states, given = len(self.forward_layer.maths.STATES), len(shapes) - 1
        if given not in (0, 2 * states):
            raise ShapeError(
                f"{self.owner}: `initial_state` must be {2 * states} arrays, those of the forward "
                f"layer first; got {given}."
            )
        for half, part in zip(self.sublayers, self._split(shapes), strict=True):
            half.check_shapes(part)

    def _split(self, parts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return what belongs to each direction: the sequence, and its half of the states."""
        x, *states = parts
        middle = (len(states) + 1) // 2
        return [x, *states[:middle]], [x, *states[middle:]]

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shapes of the merged output or of both, then of the states."""
        forward, backward = (
            half.output_shapes(part)
            for half, part in zip(self.sublayers, self._split(shapes), strict=True)
        )
        y_f, y_b = forward[0], backward[0]
        if self.merge_mode is None:
            outputs = [y_f, y_b]
        elif self.merge_mode == "concat":
            outputs = [(*y_f[:-1], (y_f[-1] or 0) + (y_b[-1] or 0))]
        else:
            outputs = [y_f]
        return [*outputs, *forward[1:], *backward[1:]]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Run both layers and merge their outputs, the backward one's turned around in time."""
        forward, backward = self._split(inputs)
        (y_f, *states_f), _, tape_f = self.forward_layer.run(tuple(forward), masks, mode)
        (y_b, *states_b), _, tape_b = self.backward_layer.run(tuple(backward), masks, mode)
        y_b = self._turn(y_b)
        merged: Arrays
        if self.merge_mode == "concat":
            merged = (np.concatenate([y_f, y_b], axis=-1),)
        elif self.merge_mode == "sum":
            merged = (y_f + y_b,)
        elif self.merge_mode == "ave":
            merged = ((y_f + y_b) / 2,)
        elif self.merge_mode == "mul":
            merged = (y_f * y_b,)
        else:
            merged = (y_f, y_b)
        return (*merged, *states_f, *states_b), (tape_f, tape_b, y_f, y_b)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Undo the merge, and run both layers in reverse."""
        tape_f, tape_b, y_f, y_b = tape
        count = 2 if self.merge_mode is None else 1
        (dy, *_), dstates = doutputs[:count], doutputs[count:]
        if self.merge_mode == "concat":
            dy_f, dy_b = dy[..., : y_f.shape[-1]], dy[..., y_f.shape[-1] :]
        elif self.merge_mode == "sum":
            dy_f, dy_b = dy, dy
        elif self.merge_mode == "ave":
            dy_f, dy_b = dy / 2, dy / 2
        elif self.merge_mode == "mul":
            dy_f, dy_b = dy * y_b, dy * y_f
        else:
            dy_f, dy_b = doutputs[:2]
        half = len(self.forward_layer.maths.STATES) if dstates else 0
        (dx_f, *dinit_f), dw_f = self.forward_layer.reverse(tape_f, (dy_f, *dstates[:half]))
        dy_b = self._turn(dy_b)
        (dx_b, *dinit_b), dw_b = self.backward_layer.reverse(tape_b, (dy_b, *dstates[half:]))
        return (dx_f + dx_b, *dinit_f, *dinit_b), [*dw_f, *dw_b]

    def _turn(self, y: Array) -> Array:
        """Turn the backward layer's outputs around, so that both run forwards in time."""
        return y[:, ::-1] if self.forward_layer.return_sequences else y

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Pass the mask on with the sequences."""
        mask = masks[0] if self.forward_layer.return_sequences else None
        return (mask, mask) if self.merge_mode is None else (mask,)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        config = super().get_config()
        del config["weights"]  # initial values only; `get_weights` has what they became
        return config


def _copy(layer: Recurrent, prefix: str, go_backwards: bool) -> Recurrent:
    """Return a fresh layer of the same configuration for one direction."""
    form = serialize(layer)
    form.pop("build_config", None)
    form["config"]["go_backwards"] = go_backwards
    form["config"]["name"] = prefix + layer.name.removeprefix(prefix)
    copy = deserialize(form)
    assert isinstance(copy, Recurrent)
    return copy
