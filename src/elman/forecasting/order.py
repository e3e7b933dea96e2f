"""Whether rows whose times nobody named run from the oldest to the newest.

A net takes the last row for the newest. Where no time column is named, the columns that are not
read are looked at: one that holds dates or times says in which order the rows stand.
"""

import datetime
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError
from elman.forecasting.table import Table
from elman.forecasting.times import is_clock_change, read_moment

SAMPLE = 5  # cells that decide whether the rest of a column is looked at


def find_times(table: Table, used: Iterable[str]) -> str | None:
    """Look for a column of dates or times, and check that the rows are in its order.

    Times that stay the same, or that go back by an hour once as clocks do, are in order.

    Args:
        table: the table.
        used: the columns that are read as numbers, which are not looked at.

    Returns:
        The column whose times increase from row to row, which can be named as the time column;
        None if there is none.

    Raises:
        FormatError: there are columns of times, and the rows are in the order of none of them.

    >>> find_times(Table("a.csv", ("day", "load"), (("2024-01-01", "2024-01-02"), "12"), (2, 3)),
    ...            ["load"])
    'day'
    """
    used, wrong = set(used), None
    for name in table.names:
        rows, moments = _moments(table.cells(name)) if name not in used else ([], None)
        if moments is None:
            continue
        steps = np.diff(moments).astype(int)
        back = np.flatnonzero(steps < 0)
        if not steps.any():  # a constant says nothing
            continue
        if not back.size and len(rows) == len(table) and steps.all():
            return name
        if not back.size or is_clock_change(moments, int(np.argmin(steps))):
            return None  # in order, but not fit for a time column
        wrong = wrong or (name, rows[int(back[0]) : int(back[0]) + 2])
    if wrong is not None:
        raise _out_of_order(table, *wrong)
    return None


def _moments(cells: Sequence[Any]) -> tuple[list[int], Array | None]:
    """Return the rows that have a value and their times, if a column holds nothing but times."""
    rows = [row for row, cell in enumerate(cells) if cell is not None and str(cell).strip()]
    if len(rows) < 2 or any(read_moment(cells[row]) is None for row in islice(rows, SAMPLE)):
        return rows, None
    found = [read_moment(cells[row]) for row in rows]
    known = [moment for moment in found if moment is not None]
    if len(known) < len(found) or len({moment.tzinfo is None for moment in known}) > 1:
        return rows, None
    utc = [m.astimezone(datetime.UTC).replace(tzinfo=None) if m.tzinfo else m for m in known]
    return rows, np.array(utc, "datetime64[us]")


def _out_of_order(table: Table, name: str, rows: list[int]) -> FormatError:
    """Return the error that says so, for the first two rows that are the wrong way round."""
    before, after = (str(table.cells(name)[row]) for row in rows)
    return FormatError(
        f"{table.source}: the rows must run from the oldest to the newest; got {after!r} after "
        f"{before!r} in row {table.row_numbers[rows[1]]}, column {name!r}. Sort the rows and add "
        f"`--time {name}`, or add `--as-ordered` to take them as they stand."
    )
