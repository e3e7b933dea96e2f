"""Names for the arrays that travel through elman."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]  # float32 or float64 unless a docstring says otherwise
Mask: TypeAlias = npt.NDArray[np.bool_]  # (batch, timesteps), True where a step counts
Shape: TypeAlias = tuple[int | None, ...]  # None where the size is open, as the batch is
State: TypeAlias = tuple[Array, ...]  # what a recurrent layer hands from step to step

Function: TypeAlias = Callable[[Array], Array]  # an activation, y = f(a)
Derivative: TypeAlias = Callable[[Array, Array, Array], Array]  # da = df(dy, a, y)
Activation: TypeAlias = tuple[Function, Derivative]
