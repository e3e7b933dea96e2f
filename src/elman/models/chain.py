"""A graph that is one chain of layers, bound to one shape: what small models spend their time on.

A graph walks through its nodes with masks, casts and slots for every tensor. Where each layer just
feeds the next, the same numbers come from the layers called one after the other: in their bound
forms, or as they are where they have none, because they draw dropout or are stateful, say.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, Shape
from elman.bound import Bound, Recurrence
from elman.layers import RNN
from elman.layers.parts.kinds import redefined
from elman.layers.parts.passes import Mode
from elman.models.links import Link, PenalizedLink, ResumedLink

if TYPE_CHECKING:
    from elman.layers import Layer
    from elman.models.graph import Place


class ChainTape(NamedTuple):
    """What the reverse of a chain reads: the chain, and the tape of each layer."""

    chain: "Chain"
    tapes: list[Any]


class Chain(NamedTuple):
    """Bound layers, each of which reads what the one before made."""

    layers: tuple[Bound, ...]
    dtype: "np.dtype[Any]"  # in which all of them compute

    def forward(
        self, x: Array, mask: Mask | None, mode: Mode
    ) -> tuple[Array, Mask | None, ChainTape]:
        """Return the output, its mask, and a tape that is empty where it is not wanted."""
        x = kernels.contiguous(x if x.dtype == self.dtype else x.astype(self.dtype))
        mask = None if mask is None else kernels.contiguous(mask)
        tapes = []
        for layer in self.layers:
            x, mask, tape = layer.forward(x, mask, mode)
            if mode.record:
                tapes.append(tape)
        return x, mask, ChainTape(self, tapes)

    def backward(
        self, tapes: list[Any], dy: Array | None, places: Sequence["Place"]
    ) -> Array | None:
        """Return dx where it is wanted; the gradients of the weights go to their places.

        Where nobody has asked for the outputs, dy is zero; penalties may have gradients all the
        same.
        """
        shape = self.layers[-1].shape
        dx: Array | None = np.zeros(shape, self.dtype) if dy is None else dy
        dx = kernels.contiguous(np.asarray(dx, self.dtype))
        for layer, tape, (out, _, need_inputs) in zip(
            reversed(self.layers), reversed(tapes), reversed(places), strict=True
        ):
            if dx is not None and (out or need_inputs):
                dx = layer.backward(tape, dx, out, need_inputs)
            else:
                dx = None
        return dx


def chain(
    dtype: str, layers: Sequence["Layer"], shape: Shape, training: bool, resumes: bool
) -> Chain | None:
    """Return layers that follow one another as a chain, or None.

    Args:
        dtype: what the input is converted to.
        layers: all of them, from the input to the output.
        shape: of an input, which they have taken before.
        training: whether dropout is active.
        resumes: whether states come in, from chunks or by resets.
    """
    weights = [weight for layer in layers for weight in layer.weights]
    if {dtype, *(layer.dtype for layer in layers), *(w.dtype.name for w in weights)} != {dtype}:
        return None
    if len(weights) != len({id(weight) for weight in weights}):
        return None
    found = []
    for layer in layers:
        if not all(shape):
            return None
        bound: Any = layer.bind(shape, training) if _is_its_own(layer) else None
        if resumes and isinstance(layer, RNN):
            bound = ResumedLink(bound, layer) if type(bound) is Recurrence else None
        if bound is not None and layer.activity_regularizer is not None:
            bound = PenalizedLink(bound, layer.activity_regularizer)
        found.append(bound or Link(layer, shape))
        shape = found[-1].shape
    if all(type(link) is Link for link in found):
        return None
    return Chain(tuple(found), np.dtype(dtype))


# What a layer computes with; a bound form stands for those of the class that made it.
COMPUTES = (
    "forward", "backward", "run", "reverse", "cast", "output_masks", "supports_masking",
)  # fmt: skip


def _is_its_own(layer: "Layer") -> bool:
    """Say whether nothing of what its bound form stands for was defined anew, by whomever."""
    maker = next(cls for cls in type(layer).__mro__ if "bind" in vars(cls))
    return not redefined(layer, maker, COMPUTES)
