"""The windows of a series, without a look into the future.

    rows      0 ............ a ....... b ........ n       in the order of time
              training        validation  test

    window    x: rows i - lookback + 1 .. i               (lookback, features)
              y: the target in rows i + 1 .. i + horizon  (horizon,)

The last `test` share of the rows is held out; the `validation` share before it is for early
stopping; the rest is for training. A window belongs to the part in which all of its targets lie,
and a window whose targets lie in two parts belongs to none. The inputs of a validation or test
window may reach back into earlier rows: they are its past, known when the forecast is made. The
scaling is measured on the training rows alone. The net predicts the whole horizon at once.

x and y are views of one scaled copy of the series, so that overlapping windows cost no memory.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from elman._check import integer, number
from elman._typing import Array
from elman.errors import ArgumentError
from elman.forecasting.scaler import Scaler
from elman.forecasting.series import Series

SMALLEST_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of one part of the series. All arrays are read-only.

    Attributes:
        x: (batch, lookback, features) scaled inputs, the target first among the features.
        y: (batch, horizon) scaled targets.
        actual: (batch, horizon) float64 targets in their own units.
        origins: (batch,) the row of the last input; the targets are in the rows after it.
    """

    x: Array
    y: Array
    actual: Array
    origins: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.origins)


@dataclass(frozen=True, eq=False)
class Dataset:
    """The windows of the three parts of a series.

    Attributes:
        train, validation, test: the windows of each part.
        scaler: the scaling, measured on the training rows.
        train_end: the number of training rows, `a` above.
        validation_end: the first row that is held out, `b` above.
    """

    train: Windows
    validation: Windows
    test: Windows
    scaler: Scaler
    train_end: int
    validation_end: int


def make_windows(
    series: Series,
    *,
    lookback: int,
    horizon: int = 1,
    validation: float = 0.15,
    test: float = 0.2,
    dtype: npt.DTypeLike = "float32",
) -> Dataset:
    """Cut a series into the windows that train, stop and test a net.

    Args:
        series: the series.
        lookback: how many rows the net reads.
        horizon: how many rows ahead it predicts, all at once.
        validation: the share of the rows that decides when to stop.
        test: the share of the rows, the last ones, that is held out.
        dtype: what x and y are given as. Scaling is done in float64.

    Returns:
        The windows, and the scaling.

    Raises:
        ArgumentError: the series is too short; a column is constant in the training rows; a part
            has no window whose targets were all measured; an argument is out of its range.

    >>> from elman.forecasting import read_series, read_table, sunspots_path
    >>> data = make_windows(read_series(read_table(sunspots_path()), "sunspots"), lookback=22)
    >>> data.train.x.shape, data.train.y.shape, len(data.validation), len(data.test)
    ((179, 22, 1), (179, 1), 46, 62)
    """
    integer("make_windows", "lookback", lookback)
    integer("make_windows", "horizon", horizon)
    _check_shares(validation, test)
    rows = len(series)
    a, b = _bounds(rows, validation, test)
    if not _fits(rows, lookback, horizon, validation, test):
        raise _too_short(series, lookback, horizon, validation, test)
    _check_constant(series, a)
    scaler = Scaler.fit(series.values[:a], series.names)
    scaled = scaler.transform(series.values).astype(dtype)
    first = lookback - 1
    train, held_back, held_out = (
        _part(series, scaled, lookback, horizon, max(start - 1, first), end, part)
        for start, end, part in (
            (0, a, "training"),
            (a, b, "validation"),
            (b, rows, "test"),
        )
    )
    return Dataset(train, held_back, held_out, scaler, a, b)


def last_window(
    series: Series, scaler: Scaler, *, lookback: int, dtype: npt.DTypeLike = "float32"
) -> Array:
    """Return the window that ends with the last row, to forecast the rows that do not exist yet.

    Args:
        series: the series, with the columns that the scaler knows.
        scaler: the scaling from training.
        lookback: how many rows the net reads.
        dtype: what the window is given as.

    Returns:
        (1, lookback, features), scaled.

    Raises:
        ArgumentError: the series is too short, or its columns are not the scaler's.

    >>> from elman.forecasting import read_series, read_table, sunspots_path
    >>> series = read_series(read_table(sunspots_path()), "sunspots")
    >>> last_window(series, Scaler.fit(series.values, series.names), lookback=22).shape
    (1, 22, 1)
    """
    integer("last_window", "lookback", lookback)
    if series.names != scaler.names:
        raise ArgumentError(
            f"last_window: `series` must have the columns {', '.join(scaler.names)}, in this "
            f"order; got {', '.join(series.names)}."
        )
    if len(series) < lookback:
        raise ArgumentError(
            f"{series.source}: the file must have at least {lookback} rows, the lookback that the "
            f"model was trained with; got {len(series)}."
        )
    scaled: Array = scaler.transform(series.values[-lookback:]).astype(dtype)
    return scaled[None]


def _part(
    series: Series, scaled: Array, lookback: int, horizon: int, first: int, end: int, part: str
) -> Windows:
    """Return the windows with origins from `first` whose targets all lie before row `end`."""
    stop = end - horizon  # the first origin that is too late
    inputs = sliding_window_view(scaled, lookback, axis=0).swapaxes(1, 2)
    x = inputs[first + 1 - lookback : stop + 1 - lookback]  # (., lookback, features)
    y = sliding_window_view(scaled[:, 0], horizon)[first + 1 : stop + 1]  # (., horizon)
    actual = sliding_window_view(series.values[:, 0], horizon)[first + 1 : stop + 1]
    measured = sliding_window_view(series.measured, horizon)[first + 1 : stop + 1]
    origins = np.arange(first, stop)  # (.,)
    known = np.all(measured, axis=1)  # (.,)
    if not known.any():
        raise ArgumentError(
            f"{series.source}: the {part} rows, {series.span(first + 1, end)}, must have "
            f"{horizon} measured values of {series.names[0]!r} in a row; got none. "
            "Fill the gaps in the file, or use a shorter horizon."
        )
    if not known.all():  # only then is a copy made
        x, y, actual, origins = x[known], y[known], actual[known], origins[known]
    for array in (x, y, actual, origins):
        array.flags.writeable = False
    return Windows(x, y, actual, origins)


def _bounds(rows: int, validation: float, test: float) -> tuple[int, int]:
    """Return the first validation row and the first test row."""
    return round(rows * (1 - validation - test)), round(rows * (1 - test))


def _fits(rows: int, lookback: int, horizon: int, validation: float, test: float) -> bool:
    """Say whether each part has at least one window."""
    a, b = _bounds(rows, validation, test)
    return a >= lookback + horizon and b - a >= horizon and rows - b >= horizon


def _check_shares(validation: float, test: float) -> None:
    """Check that each part gets a share."""
    for name, share in (("validation", validation), ("test", test)):
        if 1 < number("make_windows", name, share) < 100:
            raise ArgumentError(
                f"make_windows: `{name}` must be a share of the rows; got {share!r}. "
                f"Did you mean {share / 100:g}?"
            )
        number("make_windows", name, share, SMALLEST_SHARE, 1)
    if validation + test >= 1:
        raise ArgumentError(
            "make_windows: `validation` and `test` must leave rows to train on; got "
            f"{validation:g} and {test:g}."
        )


def _too_short(
    series: Series, lookback: int, horizon: int, validation: float, test: float
) -> ArgumentError:
    """Return the error that says how many rows are needed, and what fits those there are."""
    rows = len(series)
    a, b = _bounds(rows, validation, test)
    train = 1 - validation - test
    least = max((lookback + horizon - 1) / train, (horizon - 1) / min(validation, test))
    needed = max(rows + 1, int(least) - 1)
    while not _fits(needed, lookback, horizon, validation, test):
        needed += 1
    longest = a - horizon
    if longest >= 1 and _fits(rows, longest, horizon, validation, test):
        fix = f"A lookback of at most {longest} would fit."
    elif _fits(rows, 1, 1, validation, test):
        fix = (
            f"A horizon of at most {min(a - 1, b - a, rows - b)} would fit, with a short lookback."
        )
    else:
        fix = "Give more rows."
    return ArgumentError(
        f"{series.source}: the file must have at least {needed} rows for lookback={lookback} and "
        f"horizon={horizon}; got {rows}. {fix}"
    )


def _check_constant(series: Series, train_end: int) -> None:
    """Refuse a column that teaches nothing."""
    for name, column in zip(series.names, series.values[:train_end].T, strict=True):
        if column.min() == column.max():
            what = "target" if name == series.names[0] else "feature"
            fix = (
                "There is nothing to learn; choose another target."
                if what == "target"
                else "Leave it out of the features."
            )
            raise ArgumentError(
                f"{series.source}: the {what} column {name!r} must vary in the training rows, "
                f"{series.span(0, train_end)}; got {column[0]:g} in each of them. {fix}"
            )
