"""Bidirectional: one layer reads the sequence forwards, its twin backwards, and they are merged."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from elman import _check, _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, ShapeError
from elman.layers.base import Layer
from elman.layers.parts import calling, ragged
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.recurrence import cell_states
from elman.layers.saved.serialization import twin

MERGE_MODES = ("concat", "sum", "mul", "ave", None)
OF_BOTH = ("return_sequences", "return_state", "stateful")  # what the two must have in common


def _recurrent(owner: str, name: str, value: Any) -> Any:
    """Return a layer that says in which direction it runs and what it returns."""
    says = ("go_backwards", "return_sequences", "return_state")
    if not isinstance(value, Layer) or not all(hasattr(value, each) for each in says):
        raise ArgumentError(
            f"{owner}: `{name}` must be a recurrent layer such as LSTM(8); got "
            f"{_check.shown(value)}."
        )
    return value


class Bidirectional(Layer):
    """Run a recurrent layer in both directions of time (Schuster and Paliwal 1997).

    Args:
        layer: a recurrent layer, or any other layer that has `go_backwards`, `return_sequences`
            and `return_state`; copies of it are used, not itself.
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
    takes_resets = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Any = None,
        **options: Any,
    ) -> None:
        _recurrent(type(self).__name__, "layer", layer)
        super().__init__(**{"dtype": layer.dtype, **options})
        self._sample = self._sample or layer.sample_shape
        self.merge_mode = merge_mode
        self.forward_layer = _copy(layer, "forward_", layer.go_backwards)
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", True)
        self.backward_layer = backward_layer
        self._pair()
        for half in self.sublayers:
            half.trainable = half.trainable and self.trainable
        self._initial_weights = None if weights is None else list(weights)

    @property
    def sublayers(self) -> tuple[Any, Any]:
        """The forward and the backward layer."""
        return self.forward_layer, self.backward_layer

    @property
    def layer(self) -> Any:
        """The layer that the configuration names: the forward one."""
        return self.forward_layer

    @property
    def return_sequences(self) -> bool:
        """Whether both layers return the outputs of all steps."""
        return self.forward_layer.return_sequences

    @property
    def return_state(self) -> bool:
        """Whether both layers return their final states."""
        return self.forward_layer.return_state

    @property
    def stateful(self) -> bool:
        """Whether both layers carry their states from call to call."""
        return getattr(self.forward_layer, "stateful", False)

    def _pair(self) -> None:
        """Check that the two go together, and let them give what can be merged."""
        f, b = self.sublayers
        if f.go_backwards == b.go_backwards:
            raise ArgumentError(
                f"{self.owner}: `backward_layer` must have go_backwards={not f.go_backwards}, the "
                f"opposite of `layer`; got {b.go_backwards}."
            )
        for name in OF_BOTH:
            wanted, found = getattr(f, name, False), getattr(b, name, False)
            if wanted != found:
                raise ArgumentError(
                    f"{self.owner}: `backward_layer` must have {name}={wanted}, as `layer` has; "
                    f"got {found}."
                )
        units = [getattr(half, "output_size", None) for half in self.sublayers]
        if self.merge_mode in ("sum", "mul", "ave") and None not in units and units[0] != units[1]:
            raise ArgumentError(
                f"{self.owner}: `merge_mode` must be 'concat' or None for layers of {units[0]} and "
                f"{units[1]} units; got {self.merge_mode!r}."
            )
        for half in self.sublayers:
            if getattr(half, "zero_output_for_mask", None) is not None:
                half.zero_output_for_mask = half.return_sequences

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
        lengths: Any = None,
        *,
        reset_mask: Any = None,
    ) -> Any:
        """Run in both directions; arguments as for a recurrent layer.

        Args:
            inputs: (batch, timesteps, features), or a list of arrays of different lengths.
            initial_state: the forward layer's states, then the backward layer's.
            mask: (batch, timesteps), True where a step is taken.
            training: whether dropout is active.
            lengths: (batch,) how many steps of each sequence are taken, in place of a mask.
            reset_mask: (batch, timesteps), True at the first step of each sequence of a row. The
                layer that reads from the end is reset on the other side of the same boundaries:
                True at t resets it before it takes t-1.
        """
        states = [] if initial_state is None else _tree.flatten(initial_state)
        x, mask, cut = ragged.prepared(self.owner, inputs, lengths, mask)
        found = calling.call(self, x, states, mask, training, reset_mask=reset_mask)
        count = (2 if self.merge_mode is None else 1) * self.return_sequences
        return found if cut is None else ragged.separated(found, cut, count)

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
        states, given = self._states, len(shapes) - 1
        if given not in (0, 2 * states) if states else given % 2:
            count = 2 * states if states else "as many"
            raise ShapeError(
                f"{self.owner}: `initial_state` must be {count} arrays, those of the forward "
                f"layer first; got {given}."
            )
        for half, part in zip(self.sublayers, self._split(shapes), strict=True):
            half.check_shapes(part)

    @property
    def _states(self) -> int:
        """How many states the forward layer has, 0 if it does not say."""
        size = getattr(self.forward_layer, "state_size", None)
        return 0 if size is None else len(cell_states.flat(size))

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
        if self.merge_mode in ("sum", "mul", "ave") and y_f[-1] != y_b[-1]:
            raise ShapeError(
                f"{self.owner}: `merge_mode` must be 'concat' or None for outputs of shapes {y_f} "
                f"and {y_b}; got {self.merge_mode!r}."
            )
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
        mode_f, mode_b = (_facing(half, mode) for half in self.sublayers)
        (y_f, *states_f), _, tape_f = self.forward_layer.run(tuple(forward), masks, mode_f)
        (y_b, *states_b), _, tape_b = self.backward_layer.run(tuple(backward), masks, mode_b)
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
        return (*merged, *states_f, *states_b), (tape_f, tape_b, y_f, y_b, len(states_f))

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Undo the merge, and run both layers in reverse."""
        tape_f, tape_b, y_f, y_b, half = tape
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

    def pack_states(self, states: Sequence[Any]) -> list[Any]:
        """Return the states of both layers as their cells nest them."""
        f, b = (getattr(half, "pack_states", list) for half in self.sublayers)
        half = self._states or len(states) // 2
        return [*f(states[:half]), *b(states[half:])]

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return the merged output bare, or a list of it, or of both, and of the states."""
        if not self.forward_layer.return_state:
            return super().pack_outputs(outputs)
        count = 2 if self.merge_mode is None else 1
        return [*outputs[:count], *self.pack_states(outputs[count:])]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        config = super().get_config()
        del config["weights"]  # initial values only; `get_weights` has what they became
        return config


def _facing(half: Any, mode: Mode) -> Mode:
    """Return the mode for a layer, with resets as they are met in its direction."""
    if mode.resets is None or not half.go_backwards:
        return mode
    return mode._replace(resets=mode.resets.from_the_end())


def _copy(layer: Any, prefix: str, go_backwards: bool) -> Any:
    """Return a fresh layer of the same configuration for one direction."""
    return twin(layer, go_backwards=go_backwards, name=prefix + layer.name.removeprefix(prefix))
