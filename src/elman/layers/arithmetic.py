"""Add, Subtract, Multiply and Average: y from x_1, …, x_n of one shape, element by element.

    Add        y = x_1 + … + x_n          dx_i = dy
    Subtract   y = x_1 - x_2              dx_1 = dy, dx_2 = -dy
    Multiply   y = x_1 · … · x_n          dx_i = dy prod_{j != i} x_j
    Average    y = (x_1 + … + x_n) / n    dx_i = dy / n

What a mask leaves out of an input counts as 1 in a product. Where all inputs have masks and none
counts a step, the product is 0. The other three add what lies there like anything else.
"""

from functools import reduce
from typing import Any

import numpy as np

from elman._typing import Array
from elman.layers.merging import Merge
from elman.layers.parts.passes import Arrays, Masks


class Add(Merge):
    """Add inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Add()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[11., 22.]])
    """

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the sum."""
        return reduce(np.add, xs), len(xs)

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy for each."""
        return [dy] * cache


class Subtract(Merge):
    """Subtract the second of two inputs from the first.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Subtract()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[ -9., -18.]])
    """

    exactly = 2

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the difference."""
        return np.subtract(*xs), None

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy and -dy."""
        return [dy, -dy]


class Multiply(Merge):
    """Multiply inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Multiply()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[10., 40.]])
    """

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the product of what counts."""
        factors = [
            x if mask is None else np.where(mask, x, x.dtype.type(1))
            for x, mask in zip(xs, masks, strict=True)
        ]
        y = reduce(np.multiply, factors)
        counts = None
        if all(mask is not None for mask in masks):
            counts = np.broadcast_to(reduce(np.logical_or, masks), y.shape)  # type: ignore[arg-type]
            y = np.where(counts, y, y.dtype.type(0))
        return y, (factors, masks, counts)

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy times the product of the others: that of those before it and after it."""
        factors, masks, counts = cache
        dy = dy if counts is None else np.where(counts, dy, dy.dtype.type(0))
        after = [dy]
        for factor in factors[:0:-1]:
            after.append(after[-1] * factor)
        before, dxs = None, []
        for factor, mask, dx in zip(factors, masks, reversed(after), strict=True):
            dx = dx if before is None else dx * before
            dxs.append(dx if mask is None else np.where(mask, dx, dx.dtype.type(0)))
            before = factor if before is None else before * factor
        return dxs


class Average(Merge):
    """Average inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Average()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
    array([[ 5.5, 11. ]])
    """

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the mean."""
        return reduce(np.add, xs) / len(xs), len(xs)

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy / n for each."""
        return [dy / cache] * cache
