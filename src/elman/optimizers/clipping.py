"""How gradients are clipped. At most one kind is chosen:

g <- min(max(g, -c), c)                           clipvalue = c
g <- g c / max(|g|, c)                            clipnorm = c, for each weight by itself
g <- g c / max(|(g_1, g_2, …)|, c)                global_clipnorm = c, for all weights together

|g| is the Euclidean norm. Where it is not finite, all that it clips becomes NaN, as in Keras.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from elman._typing import Array

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer


def norm(gradients: Sequence[Array]) -> float:
    """Return the Euclidean norm of all gradients together."""
    return float(np.sqrt(sum(float(np.dot(g, g)) for g in gradients)))


def shrink(size: float, limit: float) -> float:
    """Return the factor that brings a norm down to `limit`; NaN where the norm is not finite."""
    return limit / max(size, limit) if np.isfinite(size) else float("nan")


def clips(optimizer: "Optimizer") -> bool:
    """Say whether an optimizer clips."""
    return not (optimizer.clipnorm is optimizer.clipvalue is optimizer.global_clipnorm is None)


def clip(optimizer: "Optimizer", gradients: Sequence[Array], clipped: Sequence[Array]) -> None:
    """Write what an optimizer makes of gradients, one flat array a weight, to `clipped`."""
    if optimizer.clipvalue is not None:
        for g, out in zip(gradients, clipped, strict=True):
            np.clip(g, -optimizer.clipvalue, optimizer.clipvalue, out=out)
    elif optimizer.global_clipnorm is not None:
        scale = shrink(norm(gradients), optimizer.global_clipnorm)
        for g, out in zip(gradients, clipped, strict=True):
            np.multiply(g, g.dtype.type(scale), out=out)
    elif optimizer.clipnorm is not None:
        for g, out in zip(gradients, clipped, strict=True):
            np.multiply(g, g.dtype.type(shrink(norm([g]), optimizer.clipnorm)), out=out)
