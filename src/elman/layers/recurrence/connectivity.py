"""The kernels that a leaky cell multiplies by, made of the weights that are trained.

    E = M * s |R|        effective kernel                          (U, U), rows are units that send
                         s  sign of the unit that sends, +1 or -1  (U, 1)
                         M  1 where there is a connection, or 0    (U, U)
    dR = M * s sign(R) dE                                          sign(0) = 0

Without signs it is E = M * R, without a mask M = 1; the kernel of the inputs (F, U) has no signs.
What is frozen has no gradient.

    E = n m^T            of rank r, m and n (U, r)
    dm = dE^T n          dn = dE m

In the order of those who write J h for what is h E here, J = m n^T.

Sources: H. F. Song, G. R. Yang and X.-J. Wang, "Training excitatory-inhibitory recurrent neural
networks for cognitive tasks", PLOS Computational Biology 12 (2016); F. Mastrogiuseppe and S.
Ostojic, "Linking connectivity, dynamics, and computations in low-rank recurrent neural networks",
Neuron 99 (2018).
"""

from typing import Any

import numpy as np

from elman import _random
from elman._typing import Array
from elman.parameters import Initialize


def effective(R: Array, sign: Array | None, mask: Array | None) -> Array:
    """Return E."""
    E = R if sign is None else sign[:, None] * np.abs(R)
    return E if mask is None else E * mask


def deffective(
    dE: Array, R: Array, sign: Array | None, mask: Array | None, free: Array | None
) -> Array:
    """Return dR; zeros where `free` is 0."""
    dR = dE if sign is None else dE * sign[:, None] * np.sign(R)
    for factor in (mask, free):
        dR = dR if factor is None else dR * factor
    return dR


def low_rank(m: Array, n: Array) -> Array:
    """Return E = n m^T."""
    return n @ m.T


def dlow_rank(dE: Array, m: Array, n: Array) -> tuple[Array, Array]:
    """Return dm and dn."""
    return dE.T @ n, dE @ m


def balanced(sign: Array, mask: Array | None) -> Initialize:
    """Return an initializer of R under signs: excitation and inhibition of a unit are alike.

    Sizes are those of normal draws. Those of inhibitory units are larger the fewer these are, and
    all are scaled for the largest eigenvalue of E to be of size 1, as Song et al. 2016 do.
    """

    def initialize(shape: tuple[int, ...], dtype: Any) -> Array:
        R = np.abs(_random.generator(None).standard_normal(shape))
        excitatory, inhibitory = (sign > 0).sum(), (sign < 0).sum()
        if excitatory and inhibitory:
            R[sign < 0] *= excitatory / inhibitory
        radius = np.abs(np.linalg.eigvals(effective(R, sign, mask))).max()
        return np.asarray(R / radius if radius > 0 else R, dtype)

    return initialize
