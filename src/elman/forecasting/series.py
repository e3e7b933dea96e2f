"""The series that a net learns from: the columns of a table that it reads, without holes.

A missing value is an error, or, with `fill="forward"`, takes the value of the row before it.
Interpolation is not offered: it would use the next value, which lies in the future. A filled
target is an input like any other, but nothing is trained or measured on it: it was not observed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from elman._check import one_of
from elman._typing import Array, Mask
from elman.errors import ArgumentError, FormatError
from elman.forecasting.table import Table
from elman.forecasting.times import Times

FILLS = ("error", "forward")


@dataclass(frozen=True, eq=False)
class Series:
    """Rows in the order of time, the target in the first column.

    Attributes:
        names: the columns' names, the target first.
        values: (rows, columns) float64, finite.
        measured: (rows,) False where the target was missing and has been filled.
        row_numbers: the number of each row in its file, for messages.
        source: the file's name, for messages.
        times: the time of each row, or None.
        filled: (rows, columns) True where a value was missing; None if none was.
        unit: what the numbers of the rows count, "line" or "row".
    """

    names: tuple[str, ...]
    values: Array
    measured: Mask
    row_numbers: Sequence[int]
    source: str = "series"
    times: Times | None = None
    filled: Mask | None = None
    unit: str = "line"

    def __len__(self) -> int:
        return len(self.values)

    def span(self, start: int, end: int) -> str:
        """Return where the rows from `start` to before `end` are found, as "lines 2 to 9"."""
        return f"{self.unit}s {self.row_numbers[start]} to {self.row_numbers[end - 1]}"


def sunspots_path() -> Path:
    """Return the path of the series that elman ships: yearly sunspot numbers, 1700 to 2008.

    >>> sunspots_path().name
    'sunspots.csv'
    """
    return Path(str(resources.files("elman.forecasting") / "data" / "sunspots.csv"))


def read_series(
    table: Table,
    target: str,
    features: Sequence[str] = (),
    *,
    time: str | None = None,
    fill: str = "error",
) -> Series:
    """Take the target and the features out of a table.

    Args:
        table: the table.
        target: the column to forecast. It is always an input too.
        features: further columns that are inputs. Only their past is used.
        time: the column of times, to be checked for order; without it the rows' order is trusted.
        fill: "error" refuses missing values; "forward" repeats the last value before.

    Returns:
        The series.

    Raises:
        ArgumentError: a column is not there, or is named twice; `fill` is neither word.
        FormatError: a cell is not a finite number; the times are not in order; a value is missing,
            and, with "forward", has none before it.

    >>> from elman.forecasting import read_table
    >>> series = read_series(read_table(sunspots_path()), "sunspots", time="year")
    >>> series.names, series.values.shape, series.values[:3, 0].tolist()
    (('sunspots',), (309, 1), [5.0, 11.0, 16.0])
    """
    one_of("read_series", "fill", fill, FILLS)
    names = _names(target, features)
    asked = [] if time is None else [("time", time)]
    for role, name in [*asked, ("target", target), *(("features", n) for n in features)]:
        one_of(table.source, role, name, table.names)
    table.check_decimal_marks(names)
    times = None if time is None else table.times(time)
    raw = [table.numbers(name) for name in names]
    whole = [_whole(table, name, values, fill) for name, values in zip(names, raw, strict=True)]
    return Series(
        names=names,
        values=np.stack(whole, axis=1),
        measured=~np.isnan(raw[0]),
        filled=np.isnan(np.stack(raw, axis=1)) if np.isnan(raw).any() else None,
        unit=table.unit,
        row_numbers=table.row_numbers,
        source=table.source,
        times=times,
    )


def _names(target: str, features: Sequence[str]) -> tuple[str, ...]:
    """Return the columns to read, the target first and once."""
    for name in features:
        if list(features).count(name) > 1:
            raise ArgumentError(
                f"read_series: `features` must name each column once; got {name!r} "
                f"{list(features).count(name)} times."
            )
    return (target, *(name for name in features if name != target))


def _whole(table: Table, name: str, values: Array, fill: str) -> Array:
    """Return a column without missing values."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    first, count = table.row_numbers[int(np.argmax(missing))], int(missing.sum())
    cell = table.cells(name)[int(np.argmax(missing))]
    blank = cell is None or not str(cell).strip()
    got = "an empty cell" if blank else f"no value ({str(cell).strip()})"
    if missing.all():
        raise FormatError(
            f"{table.source}: column {name!r} must have values; got {count} rows and no value. "
            "Leave the column out."
        )
    if fill == "error":
        raise FormatError(
            f"{table.source}: row {first}, column {name!r} must have a value; got {got}, "
            f"one of {count} in this column. Remove the rows, or use `fill='forward'` "
            "(`--fill forward`) to repeat the last value before."
        )
    if missing[0]:
        begins = table.row_numbers[int(np.argmin(missing))]
        raise FormatError(
            f"{table.source}: row {first}, column {name!r} must have a value, for there is none "
            f"before it to repeat; got {got}. Remove the rows before row {begins}."
        )
    last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(values))))
    return values[last]
