"""The boxes in which a `GradientTape` lets things travel, for those who only look inside."""

from typing import Any

types: "set[type]" = set()  # those of the package autograd, once it was needed


def boxed(x: Any) -> bool:
    """Say whether something travels in a box, because a tape watches it."""
    return type(x) in types


def unboxed(x: Any) -> Any:
    """Return what is in the box, whatever number of tapes watch it."""
    while boxed(x):
        x = x._value
    return x
