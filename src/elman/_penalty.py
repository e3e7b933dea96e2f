"""A number that is added to the loss, of a weight or of what a layer puts out."""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman._typing import Array


class Penalty:
    """A penalty with its gradient, as an entry of a tape."""

    def __init__(self, value: Callable[[Array], Any], gradient: Callable[[Array], Array]) -> None:
        self.value, self.gradient = value, gradient

    def forward(self, w: Array) -> Any:
        """Return the penalty."""
        self.w = w
        return np.asarray(self.value(w), w.dtype)

    def backward(self, dpenalty: Any) -> list[Array]:
        """Return its gradient."""
        return [self.gradient(self.w) * dpenalty]
