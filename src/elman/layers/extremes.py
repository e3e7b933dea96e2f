"""Maximum and Minimum: the largest, or smallest, of x_1, …, x_n, element by element.

    y = x_w     w the input that wins; of equals the first, as in Keras on TensorFlow
    dx_w = dy   and 0 for the others

What a mask leaves out does not win against what counts. Inputs are compared one after another, and
as soon as one of those so far had no mask, the winner of them counts everywhere, as in Keras.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman._typing import Array
from elman.layers.merging import Merge
from elman.layers.parts.passes import Arrays, Masks


class Maximum(Merge):
    """Take the largest of inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Maximum()([np.array([[1.0, 20.0]]), np.array([[10.0, 2.0]])])
    array([[10., 20.]])
    """

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the largest, and which it was of how many."""
        return _winner(np.maximum, np.greater_equal, xs, masks)

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy where an input won."""
        return _to_winner(cache, dy)


class Minimum(Merge):
    """Take the smallest of inputs of one shape.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> import numpy as np
    >>> from elman import layers
    >>> layers.Minimum()([np.array([[1.0, 20.0]]), np.array([[10.0, 2.0]])])
    array([[1., 2.]])
    """

    def merge(self, xs: Arrays, masks: Masks) -> tuple[Array, Any]:
        """Return the smallest, and which it was of how many."""
        return _winner(np.minimum, np.less_equal, xs, masks)

    def unmerge(self, cache: Any, dy: Array) -> list[Array]:
        """Return dy where an input won."""
        return _to_winner(cache, dy)


def _winner(
    better: Callable[..., Any], keeps: Callable[..., Any], xs: Arrays, masks: Masks
) -> tuple[Array, Any]:
    """Return the winners, and the number w of each among how many inputs."""
    y, counts = xs[0], masks[0]
    w: Array = np.zeros((1,) * y.ndim, np.intp)
    for i, (x, mask) in enumerate(zip(xs[1:], masks[1:], strict=True), start=1):
        takes, best = ~keeps(y, x), better(y, x)
        if counts is not None:
            takes, best = takes | ~counts, np.where(counts, best, x)
        if mask is not None:
            takes, best = takes & mask, np.where(mask, best, y)
        y, w = best, np.where(takes, i, w)
        counts = None if counts is None or mask is None else counts | mask
    return y, (w, len(xs))


def _to_winner(cache: Any, dy: Array) -> list[Array]:
    """Return dy where each input won, and 0 elsewhere."""
    w, count = cache
    return [np.where(w == i, dy, dy.dtype.type(0)) for i in range(count)]
