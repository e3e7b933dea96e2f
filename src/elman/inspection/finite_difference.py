"""What is a derivative, asked of the function alone: central differences."""

from collections.abc import Callable, Iterable

import numpy as np

from elman._typing import Array

# The step balances the error of cutting off the Taylor series, h^2, and of rounding, eps / h.
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)


def central_differences(
    function: Callable[[], float], array: Array, indices: Iterable[tuple[int, ...]]
) -> list[float]:
    """Return (f(a + h) - f(a - h)) / 2h for the entries of an array that a function reads.

    Args:
        function: of no arguments; reads `array` when called.
        array: float64; each entry is changed and put back.
        indices: which entries.

    >>> a = np.array([3.0])
    >>> round(central_differences(lambda: float(a[0] ** 2), a, [(0,)])[0], 6)
    6.0
    """
    found = []
    for index in indices:
        value = array[index]
        h = STEP * max(1.0, abs(float(value)))
        try:
            array[index] = value + h
            above = function()
            array[index] = value - h
            below = function()
        finally:
            array[index] = value
        found.append((above - below) / (2 * h))
    return found
