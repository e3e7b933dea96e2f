"""Fans: how many numbers a weight reads and how many it writes; first values are scaled by them."""

import math
from collections.abc import Sequence


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return how many inputs and outputs a weight of this shape connects.

    >>> fans((3, 8)), fans((5, 3, 8))  # a matrix; a kernel of 5 steps
    ((3, 8), (15, 40))
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]
