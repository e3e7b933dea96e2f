"""Resets within a call: before which timesteps a sample is put back to where a sequence starts.

`reset_mask` (batch, timesteps) travels with the mode of a call, so that it reaches every recurrent
layer of a model, however deep. Each checks it against the sequence that it reads.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask, Shape, State
from elman.errors import ArgumentError, ShapeError
from elman.layers.parts import arguments


class Resets(NamedTuple):
    """Resets within a call.

    Attributes:
        mask: (batch, timesteps), True where a sample is reset before the step.
        state: what is put in, (size,) an array; () for what the cell starts from.
    """

    mask: Mask
    state: State = ()

    def turned(self) -> "Resets":
        """Return the same for a sequence that was turned around, step by step."""
        return self._replace(mask=self.mask[:, ::-1])

    def from_the_end(self) -> "Resets":
        """Return the same boundaries for who reads the sequence from its end.

        What parts step t from step t-1 comes before t-1 on the way back. Before the first step
        there is nothing to be parted from, and so nothing before the last on the way back.
        """
        mask = np.zeros_like(self.mask)
        mask[:, :-1] = self.mask[:, 1:]
        return self._replace(mask=mask)


def given(owner: str, reset_mask: Any) -> Resets | None:
    """Return a `reset_mask` argument as resets, None for None.

    Raises:
        ArgumentError: it holds other than booleans, or zeros and ones.
        ShapeError: it does not have two axes.
    """
    if reset_mask is None:
        return None
    fix = "Pad them with False to one length, that of the longest sequence."
    array = arguments.as_array(owner, "reset_mask", reset_mask, unequal=fix)
    if array.dtype.kind != "b" and not np.isin(array, (0, 1)).all():
        raise ArgumentError(
            f"{owner}: `reset_mask` must hold booleans, True where a sample is reset before the "
            f"step; got dtype {array.dtype}."
        )
    check_axes(owner, array.shape)
    return Resets(array.astype(bool))


def as_called(owner: str, mode: Any, training: bool | None, reset_mask: Array | None) -> Any:
    """Return the mode of a call in a model, with what was given to the call by hand."""
    if training is not None:
        mode = mode._replace(training=training)
    return mode if reset_mask is None else mode._replace(resets=given(owner, reset_mask))


def check_axes(owner: str, shape: Shape) -> None:
    """Check that a `reset_mask` has the axes (batch, timesteps)."""
    if len(shape) != 2:
        fix = ""
        if shape[2:] == (1,):
            fix = " Drop the last axis with `reset_mask[..., 0]`."
        elif len(shape) == 1:
            fix = " To reset whole samples before a call there is `reset_state(mask)`."
        raise ShapeError(
            f"{owner}: `reset_mask` must have shape (batch, timesteps); got {shape}.{fix}"
        )


def check_symbolic(owner: str, reset_mask: Any, x: Shape) -> None:
    """Check a `reset_mask` that is given in a call on a symbolic tensor of shape `x`."""
    shape = getattr(reset_mask, "shape", None)
    if not hasattr(reset_mask, "node") or shape is None:
        raise ArgumentError(
            f"{owner}: `reset_mask` must be a symbolic tensor where the input is one; got "
            f"{type(reset_mask).__name__}. Make it an `Input` of the model, or give it to the "
            "model: `model(x, reset_mask=r)`."
        )
    check_axes(owner, shape)
    _check_sizes(owner, shape, x)


def of_sequence(owner: str, resets: Resets | None, x: Array, state: State = ()) -> Resets | None:
    """Return the resets of a sequence x (batch, timesteps, …), checked; None where there are none.

    Args:
        owner: the layer that reads it.
        resets: what came with the call.
        x: the sequence.
        state: what a reset puts in, if not what the cell starts from.
    """
    if resets is None:
        return None
    _check_sizes(owner, resets.mask.shape, x.shape)
    return Resets(resets.mask, state) if resets.mask.any() else None


def _check_sizes(owner: str, shape: Shape, x: Shape) -> None:
    """Check the sizes of a `reset_mask` against those of its sequence; None is not known."""
    pairs = list(zip(shape, x[:2], strict=True))
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        names = ("batch", "timesteps")
        axes = [name if n is None else f"{name}={n}" for name, n in zip(names, x, strict=False)]
        raise ShapeError(
            f"{owner}: `reset_mask` must have shape ({', '.join(axes)}), as what this layer reads "
            f"has; got {shape}. Where layers of a model read other timesteps than its input has, "
            "give each its own in the call of the layer: `layer(x, reset_mask=r)`."
        )


def check_heard(owner: str, layers: Sequence[Any]) -> None:
    """Check that among layers there is one that a `reset_mask` is for.

    Raises:
        ArgumentError: there is none.
    """
    if not any(getattr(layer, "takes_resets", False) for layer in layers):
        raise ArgumentError(
            f"{owner}: `reset_mask` must be left out, because no layer here is recurrent and has a "
            "state to reset; got one."
        )
