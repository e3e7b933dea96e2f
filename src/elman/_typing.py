"""Names for the arrays that travel through elman."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

# What `numpy.typing.NDArray` stands for, spelled out because that is slow to import.
Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]  # float32 unless it is said
Mask: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[np.bool_]]  # True where a step counts
Shape: TypeAlias = tuple[int | None, ...]  # None where the size is open, as the batch is
State: TypeAlias = tuple[Array, ...]  # what a recurrent layer hands from step to step

Function: TypeAlias = Callable[[Array], Array]  # an activation, y = f(a)
Derivative: TypeAlias = Callable[[Array, Array, Array], Array]  # da = df(dy, a, y)
Activation: TypeAlias = tuple[Function, Derivative]
