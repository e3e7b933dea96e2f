"""Masks of any pattern as ONNX's `sequence_lens`, which know of padding at the end alone.

The steps that are taken are put first, in their order; the operator runs over so many of them; and
its outputs are put back: at a masked step that of the step before it (in the order in which the
layer runs), or zeros. With padding at the end the order is the one that there was.
"""

from typing import NamedTuple

from elman.formats.onnx.writing.builder import Builder


class Packed(NamedTuple):
    """A mask, and what is made of it.

    Attributes:
        mask: (batch, timesteps), True where a step is taken.
        numbers: the same as 0 and 1.
        lengths: (batch,) of int32, how many steps are taken.
        order: (batch, timesteps, 1), the steps that are taken, then the others.
    """

    mask: str
    numbers: str
    lengths: str
    order: str


def of_steps(b: Builder, x: str, value: str) -> str:
    """Write which timesteps of x (batch, timesteps, features) do not all hold a value."""
    other = b.cast(b.add("Not", b.add("Equal", x, value)), "int32")
    return b.cast(b.add("ReduceMax", other, axes=[-1], keepdims=0), "bool")


def of_indices(b: Builder, indices: str, dtype: str) -> str:
    """Write which indices are not 0."""
    return b.add("Not", b.add("Equal", indices, b.constant(0, dtype)))


def without(b: Builder, mask: str, x: str, dtype: str) -> str:
    """Write x with zeros at the timesteps that are masked."""
    return b.add("Where", b.unsqueeze(mask, -1), x, b.number(0, dtype))


def packed(b: Builder, mask: str) -> Packed:
    """Write what a mask means for a recurrent operator."""
    numbers = b.cast(mask, "int64")
    lengths = b.cast(b.add("ReduceSum", numbers, b.constant([1]), keepdims=0), "int32")
    T = b.size(mask, 1)
    scalar = b.squeeze(T, 0)
    left = b.add("Range", scalar, b.constant(0), b.constant(-1))  # T … 1
    _, order = b.node("TopK", b.add("Mul", numbers, left), T, outputs=2)
    return Packed(mask, numbers, lengths, b.unsqueeze(order, 2))


def put_first(b: Builder, found: Packed, x: str) -> str:
    """Write x (batch, timesteps, features) with the steps that are taken first."""
    return b.add("GatherND", x, found.order, batch_dims=1)


def put_back(b: Builder, found: Packed, y: str, backwards: bool, zeros: bool, dtype: str) -> str:
    """Write outputs with each at its place, and at masked steps the last one again, or zeros."""
    count = b.add("CumSum", found.numbers, b.constant(1), exclusive=int(backwards))
    total = b.cast(b.unsqueeze(found.lengths, 1), "int64")
    if backwards:  # so many steps lie before; the one after them was run last
        there, place = b.add("Less", count, total), count
    else:
        there, place = b.add("Greater", count, b.constant(0)), b.add("Sub", count, b.constant(1))
    last = b.add("Sub", b.size(found.mask, 1), b.constant(1))
    inside = b.add("Max", b.add("Min", place, last), b.constant(0))
    spread = b.add("GatherND", y, b.unsqueeze(inside, 2), batch_dims=1)
    keep = found.mask if zeros else there
    return b.add("Where", b.unsqueeze(keep, 2), spread, b.number(0, dtype))


def last(b: Builder, found: Packed, y: str, backwards: bool, dtype: str) -> str:
    """Write the last output (batch, units), which is zeros where the last step is masked.

    That is what `zero_output_for_mask` does without `return_sequences`.
    """
    taken = b.add("Gather", found.mask, b.constant([0 if backwards else -1]), axis=1)
    return b.add("Where", taken, y, b.number(0, dtype))


def any_step(b: Builder, found: Packed) -> str:
    """Write (batch, 1): whether a sequence has a step that is taken."""
    return b.unsqueeze(b.add("Greater", found.lengths, b.constant(0, "int32")), 1)
