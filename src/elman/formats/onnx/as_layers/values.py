"""What a value of an ONNX graph is while a model of layers is made of it.

elman's tensors are (batch, timesteps, features). ONNX's have these axes in any order, and one of
directions; a letter each:    B batch    T timesteps    F features    D directions
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman.errors import UnsupportedError
from elman.formats.onnx.file import Node


class Tensor(NamedTuple):
    """Symbolic tensors that stand for one of ONNX's.

    Attributes:
        parts: one of each direction where "D" is among the axes, else a single one.
        axes: in ONNX's order, a letter each.
        merged: whether one part holds both directions' features, those of the forward one first.
        batch: how many samples the file takes, None for any number.
        linear: of which layer of the file it is, if an activation of that may still be put in,
            since nobody else reads it; else None.
    """

    parts: tuple[Any, ...]
    axes: str
    merged: bool = False
    batch: int | None = None
    linear: str | None = None

    @property
    def one(self) -> Any:
        """The only part."""
        return self.parts[0]

    @property
    def sizes(self) -> tuple[int | str, ...]:
        """The size of each of ONNX's axes, or its letter where any will do."""
        sizes = dict(zip(ordered(self.axes), self.one.shape, strict=True), D=len(self.parts))
        return tuple(axis if sizes[axis] is None else sizes[axis] for axis in self.axes)


class Sizes(NamedTuple):
    """The shape of a tensor, or of a part of its axes: an integer each, or a letter."""

    entries: tuple[int | str, ...]


class Zeros(NamedTuple):
    """Zeros of a shape that depends on the batch."""

    rank: int


def refuse(node: Node, why: str) -> UnsupportedError:
    """Return the error of a node that is none of a layer's."""
    return UnsupportedError(
        f"{node.owner} must be what elman has as a layer; it {why}. Use `run` in place of "
        "`to_model`."
    )


def single(node: Node, value: Any, last: str = "") -> Tensor:
    """Return a value that is one tensor, whose last axis is this one."""
    if not isinstance(value, Tensor) or len(value.parts) != 1 or value.merged:
        raise refuse(node, "reads what is no output of a layer")
    if last and (value.axes[-1] != last or "D" in value.axes):
        raise refuse(node, f"works along another axis than the features of {value.axes}")
    return value


def ordered(axes: Sequence[str]) -> str:
    """Return axes as elman has them."""
    return "".join(axis for axis in "BTF" if axis in axes)


def place(axis: int, count: int) -> int:
    """Return an axis counted from the first.

    Raises:
        IndexError: there is none.
    """
    return range(count)[axis]


def whole(node: Node, value: Any) -> tuple[int, ...]:
    """Return axes, sizes or places, which the file must say."""
    array = np.asarray(() if value is None else value)
    if isinstance(value, (Tensor, Sizes, Zeros)) or (array.size and array.dtype.kind not in "iu"):
        raise refuse(node, "has axes or places that are not in the file")
    return tuple(int(number) for number in array.ravel())


def check_types(node: Node, values: Sequence[Any]) -> None:
    """Check that a node reads numbers of one type, which a layer can compute in."""
    parts = [part for each in values if isinstance(each, Tensor) for part in each.parts]
    arrays = [each for each in values if isinstance(each, np.ndarray)]
    found = {str(each.dtype) for each in (*parts, *arrays)}
    if len(found) > 1 or not found <= {"float32", "float64"}:
        raise refuse(node, f"computes with {', '.join(sorted(found))}")
