"""What a value of an ONNX graph is while a model of layers is made of it.

elman's tensors are (batch, timesteps, features). ONNX's have these axes in any order, and one of
directions; a letter each:    B batch    T timesteps    F features    D directions
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from elman.errors import UnsupportedError
from elman.formats.onnx.file import Node


class Tensor(NamedTuple):
    """Symbolic tensors that stand for one of ONNX's.

    Attributes:
        parts: one of each direction where "D" is among the axes, else a single one.
        axes: in ONNX's order, a letter each.
        merged: whether one part holds both directions' features, those of the forward one first.
    """

    parts: tuple[Any, ...]
    axes: str
    merged: bool = False

    @property
    def one(self) -> Any:
        """The only part."""
        return self.parts[0]


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
