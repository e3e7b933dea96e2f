"""A model as a chain of parts that can be taken a timestep at a time, or a window of them.

    forward    x (B, T, F), state  ->  y (B, T, G), the new state, a tape
    backward   tape, dy (B, T, G)  ->  dx (B, T, F), gradients of the weights

A recurrent part carries a state and puts out every timestep; any other part treats each alone.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from elman import _tree
from elman._typing import Array, Mask, State
from elman.layers import Layer
from elman.layers.cell import Ways
from elman.layers.parts.nesting import known_weights
from elman.layers.parts.passes import Mode
from elman.layers.recurrence.loop import unroller
from elman.layers.rnn import RNN
from elman.parameters import Weight

EVERY_STEP = Ways(return_sequences=True)


class Part(Protocol):
    """One layer of the chain.

    Attributes:
        layer: the layer.
        recurrent: whether it carries a state.
        weights: those of the layer, in order.
    """

    layer: Any
    recurrent: bool

    @property
    def weights(self) -> list[Weight]:
        """The weights, in the layer's order."""

    def start(self, batch: int) -> State:
        """Return the states that a sequence starts from; none of a part that carries none."""

    def forward(self, x: Array, state: State, mode: Mode) -> tuple[Array, State, Any]:
        """Return the outputs of all timesteps, the new state, and a tape."""

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array] | None, need_x: bool
    ) -> tuple[Array | None, Sequence[Array]]:
        """Return dx, and the gradients of the weights, which go to `out` if it is there."""


class Recurrent:
    """A recurrent layer."""

    recurrent = True

    def __init__(self, layer: RNN) -> None:
        self.layer = layer

    @property
    def weights(self) -> list[Weight]:
        """The weights of the cell."""
        return known_weights(self.layer)

    @property
    def run(self) -> Any:
        """What runs the cell over a sequence; see `elman.layers.cell.Unrolls`."""
        return unroller(self.layer.cell)

    def start(self, batch: int) -> State:
        """Return the states that a sequence starts from, which no gradient goes through."""
        states = _tree.flatten(self.layer.get_initial_state(batch))
        return tuple([np.array(state, self.layer.dtype) for state in states])

    def forward(self, x: Array, state: State, mode: Mode) -> tuple[Array, State, Any]:
        """Run over the timesteps."""
        x = x.astype(self.layer.dtype, copy=False)
        y, state, tape = self.run.unroll(x, state, None, EVERY_STEP, mode)
        return y, tuple(state), tape

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array] | None, need_x: bool
    ) -> tuple[Array | None, Sequence[Array]]:
        """Run over them in reverse; the states before the first are taken as given."""
        dx, _, dweights = self.run.backpropagate(
            tape, dy.astype(self.layer.dtype, copy=False), (),
            out=out, need_x=need_x, need_states=False,
        )  # fmt: skip
        return dx, dweights


class Static:
    """A layer without a state, which treats each timestep alone.

    Args:
        layer: the layer.
        timesteps: whether it has an axis of timesteps in the model, or reads the last one alone.
    """

    recurrent = False

    def __init__(self, layer: Layer, timesteps: bool) -> None:
        self.layer, self._timesteps = layer, timesteps

    @property
    def weights(self) -> list[Weight]:
        """The weights of the layer."""
        return known_weights(self.layer)

    def start(self, batch: int) -> State:
        """Return none."""
        return ()

    def forward(self, x: Array, state: State, mode: Mode) -> tuple[Array, State, Any]:
        """Compute all timesteps."""
        B, T = x.shape[:2]
        if not self._timesteps:
            x = x.reshape(B * T, *x.shape[2:])
        (y,), _, tape = self.layer.run((x,), (None,), mode)
        return y.reshape(B, T, *y.shape[-1:]), (), (tape, y.shape, y.dtype)

    def backward(
        self, tape: Any, dy: Array, out: Sequence[Array] | None, need_x: bool
    ) -> tuple[Array | None, Sequence[Array]]:
        """Undo it."""
        tape, shape, dtype = tape
        dys = (dy.reshape(shape).astype(dtype, copy=False),)
        (dx,), dweights = self.layer.reverse(tape, dys, out=out, need_inputs=need_x)
        if dx is not None and not self._timesteps:
            dx = dx.reshape(*dy.shape[:2], *dx.shape[1:])
        return dx, dweights


def restarted(parts: Sequence[Part], states: list[State], rows: Mask | None) -> list[State]:
    """Return states of which these rows, (B,), are what a sequence starts from; None for none."""
    if rows is None:
        return states
    found: list[State] = []
    for part, state in zip(parts, states, strict=True):
        start = part.start(len(rows)) if state else ()
        pairs = zip(start, state, strict=True)
        found.append(tuple([np.where(rows[:, None], new, old) for new, old in pairs]))
    return found


def through(
    parts: Sequence[Part], x: Array, states: list[State], mode: Mode
) -> tuple[Array, list[State], list[Any]]:
    """Run all parts on x (B, T, F), from a state each; return y, the new states and the tapes."""
    new, tapes = [], []
    for part, state in zip(parts, states, strict=True):
        x, after, tape = part.forward(x, state, mode)
        new.append(after)
        tapes.append(tape)
    return x, new, tapes


def back(
    parts: Sequence[Part],
    tapes: Sequence[Any],
    dy: Array,
    places: Sequence[Sequence[Array]],
    need_x: bool,
) -> Array | None:
    """Run them in reverse as far as weights are trained; gradients go to the places.

    Args:
        parts, tapes: what was run, and what it kept.
        dy: dL/d(y), (B, T, G).
        places: an array for each weight of each part.
        need_x: whether the gradient of what the first part read is wanted.
    """
    first = 0 if need_x else lowest(parts)
    dx: Array | None = dy
    for i in reversed(range(first, len(parts))):
        if dx is None:
            break
        dx, _ = parts[i].backward(tapes[i], dx, places[i], i > first or need_x)
    return dx


def lowest(parts: Sequence[Part]) -> int:
    """Return the place of the first part with a weight that is trained; their number if none."""
    trained = (i for i, part in enumerate(parts) if any(w.trainable for w in part.weights))
    return next(trained, len(parts))
