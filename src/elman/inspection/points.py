"""States at which a layer (nearly) stands still, and what becomes of a small push there.

    delta_t = J delta_{t-1}        J = dF/ds at the point

A direction in which |eigenvalue| < 1 leads back to the point, one with |eigenvalue| > 1 away. A
point is "stable" if all lead back, "unstable" if all lead away, a "saddle" if some lead away. In a
direction with |eigenvalue| = 1, to within `MARGIN`, J does not say what becomes of a push: where
there is such a one, and none leads away, the point is "marginal". One of a line of points is.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array

KINDS = ("stable", "marginal", "saddle", "unstable")
# |eigenvalue| within so much of 1 is 1. At a pitchfork, where three points meet and q is flattest,
# q <= 1e-20 lets a state be off by 7e-4 and the eigenvalue by the square of it.
MARGIN = 1e-6


class Points(NamedTuple):
    """Some points, P of them.

    Attributes:
        states: (P, n), the states of a cell side by side.
        speeds: q = |F(s) - s|^2 / 2 at each, (P,).
        jacobians: J at each, (P, n, n).
        eigenvalues: of J, (P, n), the largest first.
    """

    states: Array
    speeds: Array
    jacobians: Array
    eigenvalues: Array

    @property
    def unstable_modes(self) -> Array:
        """How many directions lead away from each point, (P,)."""
        return np.asarray((np.abs(self.eigenvalues) > 1 + MARGIN).sum(axis=1))

    @property
    def marginal_modes(self) -> Array:
        """How many directions lead neither away nor back, (P,)."""
        return np.asarray((np.abs(np.abs(self.eigenvalues) - 1) <= MARGIN).sum(axis=1))

    @property
    def kinds(self) -> list[str]:
        """Of each point "stable", "marginal", "saddle" or "unstable"."""
        n = self.states.shape[1]
        return [
            ("unstable" if away == n else "saddle") if away else "marginal" if still else "stable"
            for away, still in zip(self.unstable_modes, self.marginal_modes, strict=True)
        ]

    @property
    def time_constants(self) -> Array:
        """In how many timesteps each direction shrinks or grows e-fold, (P, n); inf for neither."""
        with np.errstate(divide="ignore"):
            return np.asarray(1 / np.abs(np.log(np.abs(self.eigenvalues))))

    def at(self, rows: Sequence[int] | Array) -> "Points":
        """Return some of the points."""
        return Points(*(array[rows] for array in self))

    def of_kind(self, kind: str) -> "Points":
        """Return the points of one kind: "stable", "marginal", "saddle" or "unstable".

        Raises:
            ArgumentError: there is no such kind.
        """
        _check.one_of("points", "kind", kind, KINDS)
        return self.at(np.array([each == kind for each in self.kinds], bool))

    def __repr__(self) -> str:
        return f"<{len(self.states)} points: {counts(self)}>"


def counts(points: Points) -> str:
    """Return how many points there are of each kind, in words."""
    kinds = points.kinds
    words = [f"{kinds.count(kind)} {kind}" for kind in KINDS if kind in kinds]
    return ", ".join(words) or "none"


def apart(states: Array, distance: float) -> list[int]:
    """Return the rows that are no copies of an earlier one.

    Args:
        states: (N, n).
        distance: what is nearer is a copy, as a share of 1 + the size of the state.
    """
    kept: list[int] = []
    sizes = 1 + np.linalg.norm(states, axis=1)
    for i, state in enumerate(states):
        if not kept or np.linalg.norm(states[kept] - state, axis=1).min() > distance * sizes[i]:
            kept.append(i)
    return kept
