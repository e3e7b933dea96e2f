"""A step of a cell as a function of a state and an input, s_t = F(x_t, s_{t-1}), and its Jacobians.

    s  (N, n)  the states of the cell side by side, n = S * U      S  states: h, of an LSTM h and c
    x  (N, F)                                                      U  units     F  features

    J = ds_t/ds_{t-1}  (N, n, n)     J[i, j] = d s_t[i] / d s_{t-1}[j]
    X = ds_t/dx_t      (N, n, F)

The cell's own way back, by the kernels, pulls a row vector d back to d J and d X. Row i of J is
what the unit vector e_i becomes: n unit vectors, as rows of one batch, give all of it.

All is computed in float64, whatever the layer's dtype: near a fixed point s_t - s_{t-1} is a small
difference of large numbers.
"""

from typing import Any

import numpy as np

from elman import kernels
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection import one_cell
from elman.inspection.layer_trace import LayerTrace
from elman.inspection.trace import Trace
from elman.layers.parts import arguments

ROWS = 1 << 12


class Step:
    """F of one layer, in inference.

    Attributes:
        name, owner: of the layer, and how messages name it.
        state_names: such as ("h", "c").
        units, features, size: U, F and n.
    """

    def __init__(self, function: str, model_or_layer: Any, layer: str | None) -> None:
        self.name, cell = one_cell.find(function, model_or_layer, layer)
        one_cell.check_goes_on_from_state(cell)
        self.owner: str = cell.owner
        self.state_names: tuple[str, ...] = cell.state_names
        self.units: int = cell.units
        self._name, self._functions = cell.cell_name, cell.functions
        self._weights = tuple(_float64(array) for array in cell.cell_weights)
        self._streams = [_float64(stream) for stream in cell.streams_in_inference()]
        self.features = len(self._weights[0])
        self.size = self.units * len(self.state_names)

    def forward(self, x: Array, s: Array) -> Array:
        """Return F (N, n)."""
        return self._run(x[:, None], s, False)[0]

    def settled(self, x: Array, s: Array, steps: int) -> Array:
        """Return the states (N, n) after so many steps with the same input."""
        return self._run(np.repeat(x[:, None], steps, axis=1), s, False)[0] if steps else s

    def pulled(self, x: Array, s: Array, d: Array) -> tuple[Array, Array, Array]:
        """Return F (N, n), d J (N, n) and d X (N, F), for row vectors d (N, n)."""
        new, tape = self._run(x[:, None], s, True)
        return new, *self._undo(tape, d)

    def residual(self, x: Array, s: Array) -> tuple[Array, Array]:
        """Return r = F - s (N, n), and r J (N, n)."""
        new, tape = self._run(x[:, None], s, True)
        r = new - s
        return r, self._undo(tape, r)[0]

    def jacobians(self, x: Array, s: Array) -> tuple[Array, Array, Array]:
        """Return F (N, n), J (N, n, n) and X (N, n, F)."""
        N, n = s.shape
        new, J, X = np.empty((N, n)), np.empty((N, n, n)), np.empty((N, n, self.features))
        for some in _blocks(N, n):
            rows_x, rows_s = (np.repeat(array[some], n, axis=0) for array in (x, s))
            units = np.tile(np.eye(n), (len(rows_s) // n, 1))
            found, dJ, dX = self.pulled(rows_x, rows_s, units)
            new[some] = found[::n]
            J[some], X[some] = dJ.reshape(-1, n, n), dX.reshape(-1, n, self.features)
        return new, J, X

    def _run(self, x: Array, s: Array, record: bool) -> tuple[Array, Any]:
        """Take the steps of x (N, T, F), with a tape if they are to be undone."""
        shape = (*x.shape[:2], self.units)
        read = (None if each is None else np.broadcast_to(each, shape) for each in self._streams)
        before = tuple(np.split(s, len(self.state_names), axis=1))
        _, new, tape = kernels.unroll(
            self._name, x, self._weights, before,
            activations=self._functions, return_sequences=False, record=record, streams=tuple(read),
        )  # fmt: skip
        return np.concatenate(new, axis=1), tape

    def _undo(self, tape: Any, d: Array) -> tuple[Array, Array]:
        """Return d J and d X."""
        dnew = tuple(np.split(d, len(self.state_names), axis=1))
        nothing = np.zeros((len(d), self.units))  # what reaches the output alone
        found = kernels.backpropagate(tape, nothing, dnew, need_weights=False)
        return np.concatenate(found.initial_state, axis=1), found.x[:, 0]

    # ------------------------------------------------------------------ what is given

    def states(self, name: str, value: Any) -> Array:
        """Return states that a user gave, (…, n).

        Args:
            name: of the argument.
            value: (…, units); of a cell with several states a list of such, or all side by side; or
                a trace, whose states after each step are meant.

        Raises:
            ShapeError, ArgumentError: it does not fit.
        """
        if isinstance(value, Trace):
            value = value[self.name]
        if isinstance(value, LayerTrace):
            return self._finite(name, np.concatenate(list(value.states.values()), axis=2))
        count = len(self.state_names)
        several = isinstance(value, (list, tuple)) and len(value) == count
        several = several and (count > 1 or np.ndim(value[0]) > 1)
        given = list(value) if several else [value]
        parts = [arguments.as_array(self.owner, name, part) for part in given]
        shapes = [part.shape for part in parts]
        widths = [shape[-1] if shape else 0 for shape in shapes]
        if sum(widths) != self.size or len({shape[:-1] for shape in shapes}) > 1:
            named = " and ".join(self.state_names)
            raise ShapeError(
                f"{self.owner}: `{name}` must be {named} of shape (…, units={self.units}); got "
                f"{', '.join(map(str, shapes))}."
            )
        return self._finite(name, np.concatenate(parts, axis=-1))

    def input(self, name: str, value: Any, axes: str = "") -> Array:
        """Return inputs that a user gave, (…, features), zeros (features,) for None.

        Args:
            name: of the argument.
            value: what was given.
            axes: those that may come before the features, for the message.

        Raises:
            ShapeError, ArgumentError: it does not fit.
        """
        if value is None:
            return np.zeros(self.features)
        array = arguments.as_array(self.owner, name, value)
        if array.shape[-1:] != (self.features,):
            raise ShapeError(
                f"{self.owner}: `{name}` must have shape ({axes}features={self.features}); got "
                f"{array.shape}."
            )
        return self._finite(name, array)

    def _finite(self, name: str, array: Array) -> Array:
        """Return what a user gave in float64, checked."""
        if not np.isfinite(array).all():
            raise ArgumentError(
                f"{self.owner}: `{name}` must be finite; got NaN or infinity among it."
            )
        return array.astype(np.float64)


def _blocks(count: int, n: int) -> list[slice]:
    """Return slices of so many rows, n unit vectors each, that are not too many at once."""
    width = max(1, ROWS // n)
    return [slice(start, start + width) for start in range(0, count, width)]


def _float64(array: Array | None) -> Any:
    return None if array is None else array.astype(np.float64)
