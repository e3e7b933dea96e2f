"""The time column: how it is read, that it is in order, and which times come next.

A time is a number (a year, seconds since an epoch) or ISO 8601 text such as `2024-01-31`,
`2024-01`, `2024-01-31 13:00` or `2024-01-31T13:00:00+02:00`, or a date with dots, day first, such
as `31.01.2024 13:00`. A whole column is of one kind. Times with an offset from UTC are turned into
UTC. 01/02/2024 is refused, because it means two days. Times are written as the column has them.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman._check import integer
from elman._typing import Array
from elman.errors import ArgumentError, FormatError

_MONTH = re.compile(r"\d{4}-\d{2}")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[T ]\s*(\d.*))?")
_SLASHED = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}\b.*")
_SHAPE = re.compile(
    r"\d+[-.]\d+(?P<day>[-.]\d+)?"
    r"(?:(?P<between>[T ])\s*\d+(?P<m>:\d+)?(?P<s>:\d+)?(?P<fraction>[.,]\d+)?)?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)
_UNITS = ("M", "D", "m", "s", "ms", "us")  # coarse to fine, as times are written
_DAY = np.timedelta64(1, "D")
_HOUR = np.timedelta64(1, "h")
_NONE = np.timedelta64(0, "h")


@dataclass(frozen=True)
class Form:
    """How datetimes are written.

    Attributes:
        unit: the least precise unit that may be written, one of M, D, m, s, ms and us.
        between: what stands between the date and the time of day.
        dotted: whether a date is 31.01.2024, not 2024-01-31.
        zone: what stands behind a time in UTC.
    """

    unit: str = "D"
    between: str = "T"
    dotted: bool = False
    zone: str = "Z"

    def write(self, values: Array, utc: bool) -> list[str]:
        """Return datetimes as text, with as many digits as it takes."""
        exact = [unit for unit in _UNITS if np.all(values == values.astype(f"datetime64[{unit}]"))]
        unit = max(self.unit, exact[0], key=_UNITS.index)
        if unit == "m" and self.unit == "D":
            unit = "s"
        texts = [str(text) for text in np.datetime_as_string(values, unit=unit)]  # type: ignore[call-overload]
        zone = self.zone if utc and unit not in ("M", "D") else ""
        if self.dotted:
            texts = [f"{t[8:10]}.{t[5:7]}.{t[:4]}{t[10:]}" for t in texts]
        return [text.replace("T", self.between) + zone for text in texts]


@dataclass(frozen=True, eq=False)
class Times:
    """Times in strictly increasing order.

    Attributes:
        values: (rows,), float64 or datetime64 in microseconds.
        utc: whether the datetimes are in UTC; otherwise they are as the clock on the wall.
        form: how datetimes are written.

    >>> times = Times(np.array(["2024-01-31", "2024-02-29", "2024-03-31"], "datetime64[us]"))
    >>> times.after(2).text()
    ['2024-04-30', '2024-05-31']
    """

    values: Array
    utc: bool = False
    form: Form = Form()

    def __len__(self) -> int:
        return len(self.values)

    def step(self) -> Any:
        """Return the usual time from row to row: the median of the steps.

        Returns:
            A float, or a timedelta64 in microseconds, or in months if each row is as many whole
            calendar months after the one before.

        Raises:
            ArgumentError: there are fewer than two rows.
        """
        if len(self.values) < 2:
            raise ArgumentError(
                f"Times.step: `values` must have at least 2 rows; got {len(self.values)}."
            )
        months = self._months()
        steps = np.sort(np.diff(self.values if months is None else months))
        return steps[(len(steps) - 1) // 2]

    def gaps(self) -> int:
        """Return how many steps are longer than one and a half times the usual one.

        Windows count rows, not hours, so a net sees the rows around a gap as neighbours.
        """
        months = self._months()
        steps = np.diff(self.values if months is None else months)
        return int(np.sum(steps / self.step() > 1.5))

    def after(self, count: int) -> "Times":
        """Return the `count` times that follow the last one at the usual step.

        Raises:
            ArgumentError: `count` is not positive, or there are fewer than two rows.
        """
        ahead = np.arange(1, integer("Times.after", "count", count) + 1) * self.step()
        if ahead.dtype != np.dtype("timedelta64[M]"):
            return Times(self.values[-1] + ahead, self.utc, self.form)
        shift = _DAY if self._at_month_ends() else np.timedelta64(0, "D")
        last = self.values[-1] + shift
        month = last.astype("datetime64[M]")
        values = (month + ahead).astype("datetime64[us]") + (last - month) - shift
        return Times(values, self.utc, self.form)

    def text(self) -> list[str]:
        """Return the times as they are written to a file: plain numbers, or as `form` says."""
        if self.values.dtype.kind == "f":
            return [str(int(v)) if v == int(v) else repr(float(v)) for v in self.values]
        return self.form.write(self.values, self.utc)

    def _at_month_ends(self) -> bool:
        """Say whether every time lies on the last day of its month."""
        tomorrow = self.values + _DAY
        return bool(np.all(tomorrow.astype("datetime64[M]") == tomorrow.astype("datetime64[D]")))

    def _months(self) -> Array | None:
        """Return the months of a column that goes by the calendar, else None."""
        if self.values.dtype.kind == "f" or len(self.values) < 2:
            return None
        shift = _DAY if self._at_month_ends() else np.timedelta64(0, "D")
        months = (self.values + shift).astype("datetime64[M]")
        into = self.values + shift - months  # how far into its month each time lies
        if np.all(into == into[0]) and into[0] < 28 * _DAY and np.all(np.diff(months).astype(int)):
            return months
        return None


def parse_times(
    cells: Sequence[Any], *, source: str, column: str, row_numbers: Sequence[int]
) -> Times:
    """Read a time column.

    Args:
        cells: text, or the values of a Parquet column.
        source: the file's name, for messages.
        column: the column's name, for messages.
        row_numbers: the number of each row, for messages.

    Raises:
        FormatError: a cell is not a time, or is not later than the one before.

    >>> parse_times(["2024-01-01 06:00", "2024-01-01 07:00"],
    ...             source="a.csv", column="time", row_numbers=[2, 3]).text()
    ['2024-01-01 06:00', '2024-01-01 07:00']
    """
    numeric = _number(cells[0]) is not None
    parse, rule = (_number, "a finite number") if numeric else (read_moment, "a date or time")
    if numeric:
        fix = f"Row {row_numbers[0]} is a number, so every row must be."
    else:
        fix = "Write it as 2024-01-31 or 2024-01-31T13:00:00, or as a number."
    values: list[Any] = [parse(cell) for cell in cells]
    for row, value in enumerate(values):
        if value is None:
            if not numeric and _SLASHED.fullmatch(str(cells[row]).strip()):
                fix = (
                    "With slashes, the day or the month may come first: write it as 2024-01-31 or "
                    "2024-01-31T13:00:00."
                )
            raise FormatError(
                f"{source}: row {row_numbers[row]}, column {column!r} must be {rule}; "
                f"got {cells[row]!r}. {fix}"
            )
    utc = False if numeric else _same_zone(values, cells, source, column, row_numbers)
    if utc:
        values = [value.astimezone(datetime.UTC).replace(tzinfo=None) for value in values]
    form = Form() if numeric else _form(cells)
    times = Times(np.array(values, dtype=float if numeric else "datetime64[us]"), utc, form)
    _check_order(times, cells, source, column, row_numbers)
    return times


def _number(cell: Any) -> float | None:
    """Return a cell as a finite number, or None."""
    if isinstance(cell, (datetime.date, bool)) or (isinstance(cell, str) and "_" in cell):
        return None
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def read_moment(cell: Any) -> datetime.datetime | None:
    """Return a cell that is a date or a time as a datetime, else None. A number is neither."""
    if isinstance(cell, datetime.datetime):
        return cell
    if isinstance(cell, datetime.date):
        return datetime.datetime(cell.year, cell.month, cell.day)
    if not isinstance(cell, str):
        return None
    text = cell.strip()
    if text.isdigit():  # Python takes 20240131 for a date
        return None
    if _MONTH.fullmatch(text):
        text += "-01"
    elif dotted := _DOTTED.fullmatch(text):
        day, month, year, clock = dotted.groups()
        text = f"{year}-{month:0>2}-{day:0>2}"
        if clock:
            text += f" 0{clock}" if clock[1:2] == ":" else f" {clock}"
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def _form(cells: Sequence[Any]) -> Form:
    """Return how a column writes its times: as the first cell that has a time of day does."""
    shapes = (_SHAPE.fullmatch(cell.strip()) if isinstance(cell, str) else None for cell in cells)
    clocks = (shape for shape in shapes if shape is not None and shape["between"])
    first = cells[0].strip() if isinstance(cells[0], str) else ""
    shape = next(clocks, None) or _SHAPE.fullmatch(first)
    if shape is None:  # typed cells, or text in a rare form
        return Form("s" if isinstance(cells[0], datetime.datetime) else "D")
    if not shape["between"]:
        return Form("D" if shape["day"] else "M", dotted="." in shape[0])
    digits = len(shape["fraction"] or "")
    unit = ("us" if digits > 4 else "ms") if digits else "s" if shape["s"] else "m"
    zone = "+00:00" if shape["zone"] == "+00:00" else "Z"
    return Form(unit, shape["between"], "." in shape[0].split(shape["between"])[0], zone)


def is_clock_change(values: Array, row: int) -> bool:
    """Say whether the step after a row may be clocks that went back, not rows out of order."""
    steps = np.diff(values)
    if steps.dtype.kind != "m" or not -_HOUR <= steps[row] <= _NONE:
        return False
    of_day = bool(np.any(values != values.astype("datetime64[D]")))
    return of_day and int(np.sum(steps <= _NONE)) <= max(2, len(steps) // 100)


def _same_zone(
    values: list[Any], cells: Sequence[Any], source: str, column: str, row_numbers: Sequence[int]
) -> bool:
    """Return whether the datetimes have an offset from UTC: all of them, or none."""
    zoned = [value.tzinfo is not None for value in values]
    if zoned.count(zoned[0]) != len(zoned):
        row = zoned.index(not zoned[0])
        has = "have an offset from UTC" if zoned[0] else "have no offset from UTC"
        raise FormatError(
            f"{source}: row {row_numbers[row]}, column {column!r} must {has}, as row "
            f"{row_numbers[0]} does; got {str(cells[row])!r}. Write all times in UTC."
        )
    return zoned[0]


def _check_order(
    times: Times, cells: Sequence[Any], source: str, column: str, row_numbers: Sequence[int]
) -> None:
    """Refuse the first row that is not later than the row before."""
    steps = np.diff(times.values)
    wrong = np.flatnonzero(~(steps > np.zeros((), steps.dtype)))
    if not wrong.size:
        return
    row = int(wrong[0]) + 1
    equal = times.values[row] == times.values[row - 1]
    after = "again" if equal else f"after {str(cells[row - 1])!r}"
    fix = "Keep one row for each time." if equal else f"Sort the rows by {column!r}, oldest first."
    if not times.utc and is_clock_change(times.values, row - 1):
        fix += " If the clocks went back here, write the times in UTC."
    raise FormatError(
        f"{source}: row {row_numbers[row]}, column {column!r} must be later than the row before; "
        f"got {str(cells[row])!r} {after}. {fix}"
    )
