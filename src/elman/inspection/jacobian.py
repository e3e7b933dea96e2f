"""What does a small change of the state, or of the input, become in one timestep?"""

from functools import cached_property
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ShapeError
from elman.inspection.step import Step


class Jacobian:
    """The derivatives of one timestep.

    Attributes:
        state: ds_t/ds_{t-1}, (…, n, n): row i is the gradient of s_t[i]. The states of a cell stand
            side by side, n = 2 * units for an LSTM's h and c.
        x: ds_t/dx_t, (…, n, features).
        new_state: s_t, (…, n).
        state_names: such as ("h", "c").
        owner: how messages name the layer.
    """

    def __init__(
        self, owner: str, state_names: tuple[str, ...], state: Array, x: Array, new_state: Array
    ) -> None:
        self.owner, self.state_names = owner, state_names
        self.state, self.x, self.new_state = state, x, new_state

    def of(self, after: str, before: str) -> Array:
        """Return the block d(after)_t/d(before)_{t-1}, (…, units, units).

        Args:
            after, before: names of states; `before` may be "x".

        Raises:
            ArgumentError: there is no such state.
        """
        _check.one_of(self.owner, "after", after, self.state_names)
        _check.one_of(self.owner, "before", before, (*self.state_names, "x"))
        units = self.new_state.shape[-1] // len(self.state_names)
        rows = self.state if before != "x" else self.x
        i = self.state_names.index(after) * units
        rows = rows[..., i : i + units, :]
        if before == "x":
            return rows
        j = self.state_names.index(before) * units
        return rows[..., j : j + units]

    @cached_property
    def eigenvalues(self) -> Array:
        """Eigenvalues of `state`, (…, n), the largest first."""
        return eigenvalues(self.state)

    def __repr__(self) -> str:
        radius = np.abs(self.eigenvalues[..., 0])
        ends = [radius.min(), radius.max()][: radius.size] if radius.size else []
        spread = " to ".join(f"{end:.4g}" for end in ends) or "of none"
        return (
            f"<jacobian of {self.owner}: state {self.state.shape}, x {self.x.shape}, "
            f"spectral radius {spread}>"
        )

    def plot(self) -> Any:
        """Draw the derivatives by the state, averaged over what was given, and all eigenvalues.

        Returns:
            The figure.
        """
        from elman.inspection.pictures import spectra

        return spectra.jacobian(self)


def jacobian(model_or_layer: Any, x: Any, state: Any, *, layer: str | None = None) -> Jacobian:
    """Return the derivatives of a timestep of a layer by its state and its input.

    They are exact, by the cell's own backward pass, and computed in float64 whatever the layer's
    dtype. There is no dropout and no noise.

    Args:
        model_or_layer: a model, a recurrent layer, or a cell.
        x: the input of the timestep, (…, features).
        state: the state before it, (…, units); of a cell with several states a list of such, or all
            side by side. Leading axes are broadcast against those of `x`.
        layer: which recurrent layer of a model, by name, where there are several.

    Raises:
        ShapeError: a shape does not fit.
        ArgumentError: there is no such layer, or `layer` must say which; or what is given is not
            finite.
        NotBuiltError: the layer has no weights yet.
        UnsupportedError: a GRUD, which goes on from more than its state.

    >>> import elman, numpy as np
    >>> from elman.inspection import jacobian
    >>> layer = elman.layers.LSTM(3)
    >>> layer.build((None, None, 2))
    >>> found = jacobian(layer, np.ones((4, 2)), [np.zeros((4, 3)), np.zeros((4, 3))])
    >>> found.state.shape, found.x.shape, found.of("c", "c").shape
    ((4, 6, 6), (4, 6, 2), (4, 3, 3))
    """
    step = Step("jacobian", model_or_layer, layer)
    inputs, states = step.input("x", x, "…, "), step.states("state", state)
    try:
        lead = np.broadcast_shapes(inputs.shape[:-1], states.shape[:-1])
    except ValueError:
        raise ShapeError(
            f"{step.owner}: `x` and `state` must have leading axes that go together; got "
            f"{inputs.shape[:-1]} and {states.shape[:-1]}."
        ) from None
    inputs = np.broadcast_to(inputs, (*lead, step.features)).reshape(-1, step.features)
    states = np.broadcast_to(states, (*lead, step.size)).reshape(-1, step.size)
    new, J, X = step.jacobians(inputs, states)
    n = step.size
    return Jacobian(
        step.owner, step.state_names,
        J.reshape(*lead, n, n), X.reshape(*lead, n, step.features), new.reshape(*lead, n),
    )  # fmt: skip


def eigenvalues(J: Array) -> Array:
    """Return the eigenvalues of matrices (…, n, n), (…, n) complex, the largest first.

    Those of a matrix that is not finite, such as by weights that are NaN, are NaN.
    """
    found = np.full(J.shape[:-1], np.nan, complex)
    finite = np.isfinite(J).all(axis=(-2, -1))
    found[finite] = np.linalg.eigvals(J[finite])
    order = np.argsort(-np.abs(found), axis=-1, kind="stable")
    return np.take_along_axis(found, order, axis=-1)
