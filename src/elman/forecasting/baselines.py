"""What a net has to beat: forecasts that need no training, and how far off a forecast is.

last value    y_{i+k} = y_i                        k = 1 .. horizon, i the origin
seasonal      y_{i+k} = y_{i+k-m*season}           m = ceil(k / season), so that it is known at i
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from elman._check import integer
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError

STANDARD_ERRORS = 4.0  # how far a peak of the autocorrelation must stand out from noise
HALF = 0.5  # the share of the best peak's rise that a candidate for the season must have
NEARLY = 1.5  # the mean squared error, relative to the least, at which a shorter season is taken
ROUNDING = 1e-24  # squares of less than 1e-12 of a value are what rounding leaves


@dataclass(frozen=True)
class Errors:
    """How far forecasts are off, in the target's own units.

    Attributes:
        mae: the mean absolute error.
        rmse: the root of the mean squared error.
    """

    mae: float
    rmse: float


def errors(y_true: Array, y_pred: Array) -> Errors:
    """Measure forecasts against what came true.

    Args:
        y_true: the truth, of any shape.
        y_pred: the forecasts, of the same shape.

    Raises:
        ShapeError: the shapes differ, or there is nothing to measure.

    >>> errors(np.array([0.0, 0.0]), np.array([3.0, -4.0])).mae
    3.5
    """
    if y_true.shape != y_pred.shape or not y_true.size:
        raise ShapeError(
            "errors: `y_pred` must have the shape of `y_true`, and at least one value; got "
            f"{y_pred.shape} and {y_true.shape}."
        )
    off = np.asarray(y_pred, dtype=float) - np.asarray(y_true, dtype=float)
    return Errors(float(np.mean(np.abs(off))), float(np.sqrt(np.mean(off * off))))


def last_value(values: Array, origins: npt.NDArray[np.intp], horizon: int) -> Array:
    """Forecast that nothing changes.

    Args:
        values: (rows,) the target.
        origins: (batch,) the last row that each forecast knows.
        horizon: how many rows ahead to forecast.

    Returns:
        (batch, horizon), in the units of `values`.

    >>> last_value(np.array([1.0, 5.0, 2.0]), np.array([1]), 2).tolist()
    [[5.0, 5.0]]
    """
    integer("last_value", "horizon", horizon)
    return np.repeat(values[origins][:, None], horizon, axis=1)


def seasonal(values: Array, origins: npt.NDArray[np.intp], horizon: int, season: int) -> Array:
    """Forecast that each value is what it was one season ago.

    Beyond one season ahead, the last season that is known at the origin repeats.

    Args:
        values: (rows,) the target.
        origins: (batch,) the last row that each forecast knows.
        horizon: how many rows ahead to forecast.
        season: how many rows a season has.

    Returns:
        (batch, horizon), in the units of `values`.

    Raises:
        ArgumentError: there is less than one season before an origin.

    >>> seasonal(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3]), 3, 2).tolist()
    [[3.0, 4.0, 3.0]]
    """
    integer("seasonal", "horizon", horizon)
    integer("seasonal", "season", season)
    if len(origins) and origins.min() + 1 < season:
        raise ArgumentError(
            f"seasonal: `season` must be at most {origins.min() + 1}, the rows before the first "
            f"forecast; got {season}."
        )
    ahead = np.arange(1, horizon + 1)  # (horizon,)
    back = season * -(-ahead // season)  # (horizon,) whole seasons, enough to be in the past
    forecasts: Array = values[origins[:, None] + ahead - back]
    return forecasts


def guess_season(values: Array) -> int | None:
    """Guess how many rows a season has, from the autocorrelation.

    A straight line is taken away first. A candidate is a lag, of at least 2 and at most a third of
    the rows, at which the autocorrelation has a peak that stands out from noise and rises from the
    lowest point before it at least half as far as the best peak does. (The rise and not the height
    counts, for in a slow series the highest correlation is always that of neighbours.) Of the
    candidates, the one at which the seasonal forecast errs least on these rows is chosen, or the
    first that is nearly as good, lest it be twice the season.

    Args:
        values: (rows,) the target in the training rows.

    Returns:
        The season in rows, or None if there is no candidate.

    >>> guess_season(np.tile([1.0, 5.0, 2.0, 0.0], 20))
    4
    """
    rows = len(values)
    longest = rows // 3
    if longest < 2:
        return None
    x = values - values.mean()
    line = np.arange(rows) - (rows - 1) / 2
    products = _lagged_products(x - line * (line @ x) / (line @ line))  # (rows,)
    if products[0] <= ROUNDING * (values @ values):  # a straight line, or a constant
        return None
    correlation = products[: longest + 2] / products[0]
    rise = correlation - np.minimum.accumulate(correlation)
    lags = np.arange(2, longest + 1)
    here = correlation[lags]
    peaks = (here > correlation[lags - 1]) & (here >= correlation[lags + 1])
    lags = lags[peaks & (here > STANDARD_ERRORS / np.sqrt(rows))]
    if not lags.size:
        return None
    lags = lags[rise[lags] >= HALF * rise[lags].max()]
    squares = _seasonal_squares(x, lags)
    nearly_best = squares <= NEARLY * squares.min() + ROUNDING * (x @ x)
    return int(lags[np.argmax(nearly_best)])


def _lagged_products(x: Array) -> Array:
    """Return the sum over t of x_t x_{t+lag} for every lag (rows,)."""
    spectrum = np.fft.rfft(x, 2 * len(x))  # padded, so that the end does not meet the beginning
    return np.fft.irfft(np.abs(spectrum) ** 2)[: len(x)]


def _seasonal_squares(x: Array, lags: npt.NDArray[np.intp]) -> Array:
    """Return the mean of (x_{t+lag} - x_t)^2 for each lag."""
    total = np.concatenate([[0.0], np.cumsum(x * x)])
    rows = len(x)
    # sum (x_{t+lag} - x_t)^2 = sum of squares from lag on + up to rows - lag - 2 sum x_t x_{t+lag}
    sums = total[rows] - total[lags] + total[rows - lags] - 2 * _lagged_products(x)[lags]
    means: Array = np.maximum(sums, 0.0) / (rows - lags)
    return means
