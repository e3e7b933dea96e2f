"""In which few directions of the state space does a layer move?"""

from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection.layer_trace import LayerTrace
from elman.layers.parts import arguments


class PCA(NamedTuple):
    """Principal components of states.

    Attributes:
        mean: of the states, (units,).
        components: orthonormal directions, (k, units), that of the largest variance first. The sign
            of each is such that its largest entry is positive.
        variances: of the states along each, (k,).
        shares: of the whole variance, (k,).
        projections: the states along the components, (…, k).
    """

    mean: Array
    components: Array
    variances: Array
    shares: Array
    projections: Array

    def project(self, states: Any) -> Array:
        """Return other states (…, units) along the components, (…, k).

        Raises:
            ShapeError: the states are of other units.
        """
        return (_ending("states", states, "units", len(self.mean)) - self.mean) @ self.components.T

    def back(self, projections: Any) -> Array:
        """Return the states (…, units) that projections (…, k) stand for.

        Raises:
            ShapeError: the projections are along other components.
        """
        along = _ending("projections", projections, "k", len(self.components))
        return along @ self.components + self.mean

    def __repr__(self) -> str:
        shown = ", ".join(f"{share:.1%}" for share in self.shares[:5])
        more = ", …" if len(self.shares) > 5 else ""
        return (
            f"<PCA of {self.components.shape[1]} units: {len(self.components)} components with "
            f"{shown}{more} of the variance>"
        )

    def plot(self) -> Any:
        """Draw the trajectories in the plane of the first two components, and all shares.

        Returns:
            The figure.
        """
        from elman.inspection.pictures import state_space

        return state_space.pca(self)


def pca(states: Any, components: int | None = None) -> PCA:
    """Return the principal components of states, computed in float64.

    Args:
        states: (…, units), such as `trace["gru"].h`, (batch, timesteps, units); or `trace["gru"]`,
            the states of a cell side by side, without those of masked steps.
        components: how many to keep; all by default.

    Raises:
        ArgumentError: there are fewer than two states, or not all are finite; or `components` is
            out of range.

    >>> import numpy as np
    >>> from elman.inspection import pca
    >>> along = np.array([[3.0, 4.0]]) * np.arange(5.0)[:, None]
    >>> found = pca(along)
    >>> found.components[0].round(4).tolist(), found.shares.round(4).tolist()
    ([0.6, 0.8], [1.0, 0.0])
    """
    taken: Any = slice(None)
    if isinstance(states, LayerTrace):
        taken, states = states.mask, np.concatenate(list(states.states.values()), axis=2)
    array = arguments.as_array("pca", "states", states).astype(np.float64)
    there = array.ndim > 1 and array.size
    rows = array[taken].reshape(-1, array.shape[-1]) if there else np.empty((0, 1))
    if len(rows) < 2 or not np.isfinite(rows).all():
        got = f"shape {array.shape}" if len(rows) < 2 else "NaN or infinity among them"
        raise ArgumentError(f"pca: `states` must be two finite states at least; got {got}.")
    most = min(rows.shape)
    k = most if components is None else _check.integer("pca", "components", components)
    if k > most:
        raise ArgumentError(f"pca: `components` must be at most {most}; got {k}.")
    mean = rows.mean(axis=0)
    _, sizes, directions = np.linalg.svd(rows - mean, full_matrices=False)
    largest = np.abs(directions).argmax(axis=1)[:, None]
    directions = directions * np.sign(np.take_along_axis(directions, largest, axis=1))
    variances = sizes**2 / (len(rows) - 1)
    shares = variances / (variances.sum() or 1.0)
    kept = directions[:k]
    return PCA(mean, kept, variances[:k], shares[:k], (array - mean) @ kept.T)


def _ending(name: str, value: Any, axis: str, size: int) -> Array:
    """Return what was given in float64, its last axis checked."""
    array = arguments.as_array("pca", name, value).astype(np.float64)
    if array.shape[-1:] != (size,):
        raise ShapeError(f"pca: `{name}` must have shape (…, {axis}={size}); got {array.shape}.")
    return array
