"""A graph that is one chain of layers, bound to one shape: what small models spend their time on.

A graph walks through its nodes with masks, casts and slots for every tensor. Where each layer just
feeds the next, none has dropout to draw or a state to carry, no mask is given from outside, and
the kernels have them all, the same numbers come from their bound forms called one after the other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import kernels
from elman._typing import Array, Mask, Shape
from elman.bound import Bound

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

    def forward(self, x: Array, record: bool) -> tuple[Array, Mask | None, ChainTape]:
        """Return the output, its mask, and a tape that is empty where it is not wanted."""
        x, mask = kernels.contiguous(x if x.dtype == self.dtype else x.astype(self.dtype)), None
        tapes = []
        for layer in self.layers:
            x, mask, tape = layer.forward(x, mask, record)
            if record:
                tapes.append(tape)
        return x, mask, ChainTape(self, tapes)

    def backward(
        self, tapes: list[Any], dy: Array | None, places: Sequence["Place"]
    ) -> Array | None:
        """Return dx where it is wanted; the gradients of the weights go to their places."""
        dx = None if dy is None else kernels.contiguous(dy.astype(self.dtype, copy=False))
        for layer, tape, (out, _, need_inputs) in zip(
            reversed(self.layers), reversed(tapes), reversed(places), strict=True
        ):
            if dx is not None and (out or need_inputs):
                dx = layer.backward(tape, dx, out, need_inputs)
                continue
            for array in out:  # nobody has asked for the outputs
                array[...] = 0
        return dx


def chain(dtype: str, layers: Sequence["Layer"], shape: Shape, training: bool) -> Chain | None:
    """Return layers that follow one another as a chain, or None.

    Args:
        dtype: what the input is converted to.
        layers: all of them, from the input to the output.
        shape: of an input, which they have taken before.
        training: whether dropout is active.
    """
    weights = [weight for layer in layers for weight in layer.weights]
    if {dtype, *(layer.dtype for layer in layers), *(w.dtype.name for w in weights)} != {dtype}:
        return None
    if len(weights) != len({id(weight) for weight in weights}):
        return None
    found = []
    for layer in layers:
        bound = layer.bind(shape, training) if all(shape) and _is_its_own(layer) else None
        if bound is None:
            return None
        found.append(bound)
        shape = bound.shape
    return Chain(tuple(found), np.dtype(dtype))


# What a layer computes with; a bound form stands for those of the class that made it.
COMPUTES = (
    "forward", "backward", "run", "reverse", "cast", "output_masks", "supports_masking",
    "cell_weights",
)  # fmt: skip


def _is_its_own(layer: "Layer") -> bool:
    """Say whether nothing of what its bound form stands for was defined anew, by whomever."""
    kind = type(layer)
    maker = next(cls for cls in kind.__mro__ if "bind" in vars(cls))
    return not any(
        name in vars(layer) or getattr(kind, name, None) is not getattr(maker, name, None)
        for name in COMPUTES
    )
