"""What Adam and its kin follow: exponential means of the gradient and of its square.

m <- m + (1 - beta_1) (g - m)
v <- v + (1 - beta_2) (g^2 - v)

Both start at zero, and too small by the factor 1 - beta^t after t steps, which is corrected for in
the dtype of the weights, as in Keras: in float32, 1 - beta_2^t is off by 1e-5 at the first step.
"""

from typing import Any

import numpy as np

from elman._typing import Array


def follow_mean(m: Array, g: Array, share: Any, a: Array) -> None:
    """Move the mean a share of the way to the gradient, with scratch."""
    np.subtract(g, m, out=a)
    a *= share
    m += a


def follow_square(v: Array, g: Array, share: Any, a: Array) -> None:
    """Move the mean square a share of the way to the square of the gradient, with scratch."""
    np.multiply(g, g, out=a)
    a -= v
    a *= share
    v += a


def too_small(beta: float, t: int, eta: Any) -> Any:
    """Return 1 - beta^t, in the dtype of the learning rate."""
    type_ = eta.dtype.type
    return type_(1) - type_(beta) ** type_(t)
