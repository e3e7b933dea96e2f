"""The product that every cell is made of: values times the kernels of all gates.

    a = h R                     R (U, G*U): the kernels of G gates, side by side
    a_g = (h * drop_g) R_g      with dropout, where each gate reads through a mask of its own

`drop` is a tuple of masks (B, U), one a gate, or the empty tuple for no dropout. One mask alone
serves all gates. A mask holds 0 for what is dropped and 1 / (1 - rate) for what is kept.
"""

import numpy as np

from elman._typing import Array


def gate_product(h: Array, R: Array, drop: tuple[Array, ...]) -> Array:
    """Return the pre-activations that `h` contributes to all gates, (B, G*U)."""
    if not drop:
        return h @ R
    kernels = np.split(R, len(drop), axis=1)
    return np.concatenate([(h * m) @ R_g for m, R_g in zip(drop, kernels, strict=True)], axis=1)


def dgate_product(da: Array, h: Array, R: Array, drop: tuple[Array, ...]) -> tuple[Array, Array]:
    """Return dh and dR from da."""
    if not drop:
        return da @ R.T, h.T @ da
    kernels, das = np.split(R, len(drop), axis=1), np.split(da, len(drop), axis=1)
    dh = sum((da_g @ R_g.T) * m for da_g, R_g, m in zip(das, kernels, drop, strict=True))
    dR = np.concatenate([(h * m).T @ da_g for da_g, m in zip(das, drop, strict=True)], axis=1)
    return np.asarray(dh), dR
