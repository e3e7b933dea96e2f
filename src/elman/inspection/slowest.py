"""The states in which a step changes least: many at once go down

    q(s) = |r|^2 / 2,    r = F(x, s) - s        dq/ds = r J - r

first by Adam, which a curved way does not hold up, then by damped Gauss-Newton steps,

    d = -(M^T M + mu 1)^-1 M^T r,    M = J - 1

which near a fixed point are Newton's, and double the right digits. A step that does not lower q is
not taken; mu goes down after one that does and up after one that does not.

    s, r, d  (N, n)      J, M  (N, n, n)      mu  (N,)

Sources: D. Sussillo and O. Barak, "Opening the black box: low-dimensional dynamics in
high-dimensional recurrent neural networks", Neural Computation 25 (2013); D. Kingma and J. Ba,
"Adam" (2015); D. Marquardt, "An algorithm for least-squares estimation of nonlinear parameters"
(1963).
"""

import numpy as np

from elman._typing import Array
from elman.inspection.step import Step

LEAST = 1e-30  # of q: r is some roundings of float64
PATIENCE, LESS = 5, 0.9  # in so many steps q must fall to this share; else it is at a minimum
LEAST_DAMPING = 1e-14  # of mu, and of mu as a share of |M|^2, whose roundings are some 1e-16
BYTES = 64 << 20  # of the matrices of one turn: rows are taken in blocks of no more
BETAS, EPSILON = (0.9, 0.999), 1e-12  # of Adam; q is small, and so are its gradients


def by_adam(step: Step, x: Array, s: Array, steps: int, learning_rate: float) -> Array:
    """Return states after so many steps of Adam, whose rate falls to a hundredth."""
    m, v = np.zeros_like(s), np.zeros_like(s)
    one, two = BETAS
    for t in range(1, steps + 1):
        r, rJ = step.residual(x, s)
        g = rJ - r
        m, v = one * m + (1 - one) * g, two * v + (1 - two) * g * g
        rate = learning_rate * 0.01 ** (t / steps)
        s = s - rate * (m / (1 - one**t)) / (np.sqrt(v / (1 - two**t)) + EPSILON)
    return s


def by_newton(step: Step, x: Array, s: Array, steps: int) -> tuple[Array, Array]:
    """Return states after at most so many Gauss-Newton steps, and q of each (N,)."""
    n = step.size
    width = max(1, BYTES // (8 * n * (5 * n + step.features)))  # J, M^T M, mu 1, their sum, its LU
    ended, q = s.copy(), np.empty(len(s))
    for start in range(0, len(s), width):
        some = slice(start, start + width)
        ended[some], q[some] = _newton(step, x[some], s[some], steps)
    return ended, q


def _newton(step: Step, x: Array, s: Array, steps: int) -> tuple[Array, Array]:
    """Return the same of so many states as go into memory at once."""
    s, mu = s.copy(), np.full(len(s), 1e-3)
    q = _speed(step.forward(x, s) - s)
    left, before = np.flatnonzero(np.isfinite(q)), q.copy()  # the rows that still move
    for turn in range(1, steps + 1):
        left = left[q[left] > LEAST]
        if not left.size:
            break
        trial = s[left] + _direction(step, x[left], s[left], mu[left])
        tried = _speed(step.forward(x[left], trial) - trial)
        lower = tried < q[left]
        s[left[lower]], q[left[lower]] = trial[lower], tried[lower]
        mu[left] = np.maximum(np.where(lower, mu[left] / 10, mu[left] * 10), LEAST_DAMPING)
        if turn % PATIENCE == 0:
            left, before = left[q[left] < LESS * before[left]], q.copy()
    return s, q


def _speed(r: Array) -> Array:
    """Return q, (N,); infinity where a step led out of all bounds."""
    q = 0.5 * (r * r).sum(axis=1)
    return np.where(np.isfinite(q), q, np.inf)


def _direction(step: Step, x: Array, s: Array, mu: Array) -> Array:
    """Return d."""
    new, M, _ = step.jacobians(x, s)
    r = new - s
    M -= np.eye(step.size)
    transposed = np.swapaxes(M, 1, 2)
    A = transposed @ M
    mu = np.maximum(mu, LEAST_DAMPING * np.trace(A, axis1=1, axis2=2))  # else A may be singular
    A += mu[:, None, None] * np.eye(step.size)
    d: Array = -np.linalg.solve(A, transposed @ r[:, :, None])[:, :, 0]
    return d
