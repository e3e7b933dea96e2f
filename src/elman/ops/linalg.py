"""Linear algebra: solve, inv, det and the decompositions, of the last two axes."""

from typing import Any

import numpy as np

from elman._operation import operation
from elman.ops.products import norm

__all__ = [
    "cholesky",
    "det",
    "eigh",
    "inv",
    "logdet",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
]


@operation
def solve(a: Any, b: Any) -> Any:
    """Return x with a x = b."""
    return np.linalg.solve(a, b)


@operation
def inv(x: Any) -> Any:
    """Return the inverse."""
    return np.linalg.inv(x)


@operation
def pinv(x: Any, rcond: float | None = None) -> Any:
    """Return the Moore-Penrose inverse; singular values below rcond times the largest are zero."""
    return np.linalg.pinv(x) if rcond is None else np.linalg.pinv(x, rcond)


@operation
def det(x: Any) -> Any:
    """Return the determinant."""
    return np.linalg.det(x)


@operation
def slogdet(x: Any) -> Any:
    """Return the determinant's sign, and the logarithm of its size."""
    sign, size = np.linalg.slogdet(x)
    return sign, size


@operation
def logdet(x: Any) -> Any:
    """Return the logarithm of the determinant of positive definite matrices."""
    return np.linalg.slogdet(x)[1]


@operation
def cholesky(x: Any, upper: bool = False) -> Any:
    """Return the triangular L with L L^T = x; or with `upper` its transpose."""
    lower = np.linalg.cholesky(x)
    return np.swapaxes(lower, -1, -2) if upper else lower


@operation
def eigh(x: Any) -> Any:
    """Return eigenvalues and eigenvectors of symmetric matrices."""
    values, vectors = np.linalg.eigh(x)
    return values, vectors


@operation
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Return U, the singular values and V^T; or with `compute_uv=False` the values alone."""
    if not compute_uv:
        return np.linalg.svd(x, full_matrices=False)[1]
    u, s, v = np.linalg.svd(x, full_matrices=full_matrices)
    return u, s, v


@operation
def qr(x: Any, mode: str = "reduced") -> Any:
    """Return Q with orthonormal columns and the triangular R, of arrays without a gradient."""
    q, r = np.linalg.qr(x, mode=mode)  # type: ignore[call-overload]
    return q, r
