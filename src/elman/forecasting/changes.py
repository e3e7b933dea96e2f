"""What a net reads and puts out: how far the target moves, not where it stands.

    u_j = (y_{i-j} - y_i) / past              j = lookback-1 .. 0   the target, as the net reads it
    s_k = (y_{i+k-m*season} - y_i) / ahead    k = 1 .. horizon      the same, one season ago
    v_k = (y_{i+k} - y_i) / ahead             k = 1 .. horizon      what the net is to put out
    y_{i+k} = y_i + ahead v_k                                       the forecast

    i      the row of the last input, the origin
    past   root mean square of y_{i-j} - y_i over the training windows
    ahead  root mean square of y_{i+k} - y_i over the training windows
    m      ceil(k / season): as many seasons as it takes to be known at i

A series with a trend soon leaves the range of the training rows, and there a net that reads and
writes levels is lost. Changes stay in their range, and an output of zero is the forecast that
nothing changes: the net starts from that and learns what to add. The other columns are brought
to mean 0 and standard deviation 1 over the training rows.

s is read only where a season is longer than a window. So the net always has before it what the
baselines know, and can only be worse by learning badly.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, FormatError
from elman.forecasting.baselines import seasonal
from elman.forecasting.scaler import Scaler

Origins = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Changes:
    """The way from a series to a net's inputs, and from its outputs to forecasts.

    Attributes:
        scaler: mean and standard deviation of each column, the target first.
        lookback: how many rows a window has.
        horizon: how many rows ahead the forecast reaches.
        season: rows in a season, if the net reads s; else None.
        past: the size of the target's changes within a window, in its units.
        ahead: the size of the target's changes over the horizon, in its units.

    >>> values = np.array([[1.0], [3.0], [5.0], [7.0]])
    >>> scaler = Scaler.fit(values, ["load"])
    >>> changes = Changes.fit(values, np.array([1, 2]), scaler, lookback=2, horizon=1)
    >>> changes.inputs(values, np.array([2]))[0].tolist()
    [[[-1.4142135381698608], [0.0]]]
    >>> changes.forecasts(np.array([[1.0]]), np.array([7.0])).tolist()
    [[9.0]]
    """

    scaler: Scaler
    lookback: int
    horizon: int
    season: int | None
    past: float
    ahead: float

    @classmethod
    def fit(
        cls,
        values: Array,
        origins: Origins,
        scaler: Scaler,
        *,
        lookback: int,
        horizon: int,
        season: int | None = None,
    ) -> "Changes":
        """Measure the changes.

        Args:
            values: (rows, columns), the target first.
            origins: (batch,) the origins of the training windows.
            scaler: the scaling, measured on the training rows.
            lookback, horizon, season: see the attributes.

        Raises:
            ArgumentError: the target never changes from an origin to its horizon, or by more than
                a float64 can hold.
        """
        y, name = values[:, 0], scaler.names[0]
        past = _size(sliding_window_view(y, lookback)[origins + 1 - lookback] - y[origins, None])
        ahead = _size(sliding_window_view(y, horizon)[origins + 1] - y[origins, None])
        if not 0 < ahead < np.inf or not past < np.inf or not np.all(np.isfinite(scaler.std)):
            raise ArgumentError(
                f"Changes: the column {name!r} must change from row to row in the training "
                f"windows, by a number whose square is finite; got changes of {ahead:g}."
            )
        return cls(scaler, lookback, horizon, season, past or ahead, ahead)

    @property
    def reach(self) -> int:
        """How many rows a forecast needs: the origin and those before it."""
        return max(self.lookback, self.season or 0)

    def inputs(
        self, values: Array, origins: Origins, dtype: npt.DTypeLike = "float32"
    ) -> list[Array]:
        """Return what the net reads.

        Args:
            values: (rows, columns), the target first.
            origins: (batch,) the row of each window's last input.
            dtype: of the result. The computation is in float64.

        Returns:
            The windows (batch, lookback, columns) and, given a season, s (batch, horizon).
        """
        windows = np.empty((len(origins), self.lookback, values.shape[1]), dtype)
        first = origins + 1 - self.lookback  # (batch,)
        y, last = values[:, 0], values[origins, 0][:, None]  # (rows,), (batch, 1)
        windows[:, :, 0] = (sliding_window_view(y, self.lookback)[first] - last) / self.past
        scaled = self.scaler.transform(values)  # (rows, columns)
        for column in range(1, values.shape[1]):
            windows[:, :, column] = sliding_window_view(scaled[:, column], self.lookback)[first]
        if self.season is None:
            return [windows]
        s = (seasonal(y, origins, self.horizon, self.season) - last) / self.ahead
        return [windows, s.astype(dtype)]

    def targets(self, values: Array, origins: Origins, dtype: npt.DTypeLike = "float32") -> Array:
        """Return what the net is to put out, (batch, horizon)."""
        y = values[:, 0]
        change = sliding_window_view(y, self.horizon)[origins + 1] - y[origins, None]
        return np.asarray(change / self.ahead, dtype)

    def forecasts(self, outputs: Array, last: Array) -> Array:
        """Return forecasts in the target's units, float64.

        Args:
            outputs: (batch, horizon) what the net put out.
            last: (batch,) the target at the origins.

        Returns:
            (batch, horizon).
        """
        return last[:, None] + self.ahead * np.asarray(outputs, float)

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs, in plain types that JSON keeps to the last bit."""
        return {
            "scaler": self.scaler.get_config(),
            "lookback": self.lookback,
            "horizon": self.horizon,
            "season": self.season,
            "past": self.past,
            "ahead": self.ahead,
        }

    @classmethod
    def from_config(cls, config: Any) -> "Changes":
        """Build what `get_config` described.

        Raises:
            FormatError: the configuration is not one that `get_config` returns.
        """
        try:
            scaler = config["scaler"]
            rows = [config["lookback"], config["horizon"], config["season"]]
            sizes = [float(config["past"]), float(config["ahead"])]
            good = (
                all(type(count) is int and count > 0 for count in rows if count is not None)
                and None not in rows[:2]
                and all(0 < size < np.inf for size in sizes)
            )
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise FormatError(
                "Changes: `config` must have a `scaler`, positive integers `lookback`, `horizon` "
                f"and, unless null, `season`, and positive `past` and `ahead`; got "
                f"{_check.shown(config)}."
            )
        return cls(Scaler.from_config(scaler), *rows, *sizes)


def _size(change: Array) -> float:
    """Return the root mean square, infinite where it is more than float64 can hold."""
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.mean(change * change)))
