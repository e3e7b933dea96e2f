"""The normalisation of a row, which the normalised cells are made of.

    m    = mean(a)                           of the D numbers of a row
    ahat = (a - m) s
    s    = 1 / sqrt(mean((a - m)^2) + EPSILON)

    a, ahat  (B, D)     m, s  (B, 1)

    da = s (dahat - mean(dahat) - ahat mean(dahat ahat)),
because a shift of a changes m as much, and a stretch changes 1/s as much.

Source: J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization" (2016), arXiv:1607.06450,
equation 4, without its gain and bias.
"""

import numpy as np

from elman._typing import Array

EPSILON = 1e-3  # as Keras's LayerNormalization has it


def normalise(a: Array) -> tuple[Array, Array]:
    """Return ahat (B, D) and s (B, 1)."""
    d = a - a.mean(axis=1, keepdims=True)
    s = 1 / np.sqrt((d * d).mean(axis=1, keepdims=True) + a.dtype.type(EPSILON))
    return d * s, s


def dnormalise(dahat: Array, ahat: Array, s: Array) -> Array:
    """Return da."""
    along = (dahat * ahat).mean(axis=1, keepdims=True)
    return np.asarray(s * (dahat - dahat.mean(axis=1, keepdims=True) - ahat * along))
