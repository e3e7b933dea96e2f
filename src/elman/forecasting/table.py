"""The table that a file holds: named columns of cells, and where each row stands in the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elman._check import one_of, suggestion
from elman._typing import Array
from elman.errors import ArgumentError, FormatError
from elman.forecasting.cells import parse_numbers
from elman.forecasting.csv_file import parse_csv
from elman.forecasting.parquet_file import parse_parquet
from elman.forecasting.times import Times, parse_times

_PARQUET = b"PAR1"  # the first four bytes of every Parquet file


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of cells as the file has them; they become numbers or times when asked.

    Attributes:
        source: the file's name, which every message begins with.
        names: the columns' names, in the file's order.
        columns: the cells of each column: text from CSV, values from Parquet.
        row_numbers: the number of each row: its line in a CSV file, from 1 in a Parquet file.
        decimal_comma: whether 1,5 may be one and a half (see `elman.forecasting.cells`).
        unit: what the numbers count, "line" in a CSV file and "row" in a Parquet file.

    >>> table = Table("load.csv", ("day", "load"), (("1", "2"), ("5", "")), (2, 3))
    >>> table.numbers("load")
    array([ 5., nan])
    >>> table.times("day").values
    array([1., 2.])
    """

    source: str
    names: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    row_numbers: Sequence[int]
    decimal_comma: bool = False
    unit: str = "line"

    def __len__(self) -> int:
        return len(self.row_numbers)

    def cells(self, column: str) -> Sequence[Any]:
        """Return a column's cells as they stand in the file.

        Raises:
            ArgumentError: there is no such column.
        """
        return self.columns[self.names.index(one_of(self.source, "column", column, self.names))]

    def numbers(self, column: str) -> Array:
        """Return a column as float64 (rows,), NaN where a value is missing.

        Raises:
            ArgumentError: there is no such column.
            FormatError: a cell is not a finite number.
        """
        return parse_numbers(
            self.cells(column),
            source=self.source,
            column=column,
            row_numbers=self.row_numbers,
            decimal_comma=self.decimal_comma,
        )

    def check_decimal_marks(self, columns: Sequence[str]) -> None:
        """Refuse columns of one file of which one has decimal commas and another has dots.

        Raises:
            ArgumentError: there is no such column.
            FormatError: the dots may be decimal points, or stand between thousands.
        """
        if not self.decimal_comma:
            return
        found = {}
        for mark in (",", "."):
            for column in columns:
                cells = enumerate(self.cells(column))
                row = next((r for r, c in cells if isinstance(c, str) and mark in c), None)
                if row is not None:
                    found[mark] = (column, row)
                    break
        if len(found) == 2 and found[","][0] != found["."][0]:
            (comma, i), (dot, j) = found[","], found["."]
            raise FormatError(
                f"{self.source}: columns {comma!r} and {dot!r} must have the same decimal mark; "
                f"got {self.cells(comma)[i]!r} in row {self.row_numbers[i]} of {comma!r} and "
                f"{self.cells(dot)[j]!r} in row {self.row_numbers[j]} of {dot!r}. Remove the dots "
                f"if they stand between thousands; write them as commas if they are decimal points."
            )

    def times(self, column: str) -> Times:
        """Return a column as times, each later than the one before.

        Raises:
            ArgumentError: there is no such column.
            FormatError: a cell is not a time, or the rows are not in the order of time.
        """
        return parse_times(
            self.cells(column), source=self.source, column=column, row_numbers=self.row_numbers
        )


def read_table(path: str | Path) -> Table:
    """Read a CSV or a Parquet file; which of them it is, its first bytes and its name say.

    Args:
        path: the file.

    Returns:
        The table, its cells not yet looked at.

    Raises:
        ArgumentError: there is no such file, or it cannot be read.
        FormatError: the file is damaged, or is no table with named columns.
        MissingDependencyError: the file is Parquet, and Polars is not installed.

    >>> from elman.forecasting import sunspots_path
    >>> table = read_table(sunspots_path())
    >>> table.names, len(table)
    (('year', 'sunspots'), 309)
    """
    path = Path(path)
    data = _read_bytes(path)
    if data.startswith(_PARQUET) or path.suffix.lower() in (".parquet", ".pq"):
        columns: Sequence[Sequence[Any]]
        names, columns = parse_parquet(data, path.name)
        numbers = range(1, len(columns[0]) + 1)
        return Table(path.name, tuple(names), tuple(columns), numbers, unit="row")
    names, columns, row_numbers, delimiter = parse_csv(data, path.name)
    return Table(path.name, tuple(names), tuple(columns), row_numbers, delimiter != ",")


def _read_bytes(path: Path) -> bytes:
    """Return what the file holds."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        folder = path.parent
        beside = [item.name for item in folder.iterdir()] if folder.is_dir() else []
        fix = suggestion(path.name, beside)
        raise ArgumentError(
            f"read_table: `path` must name a file; got '{path}', which does not exist.{fix}"
        ) from None
    except IsADirectoryError:
        raise ArgumentError(
            f"read_table: `path` must name a file; got '{path}', which is a folder."
        ) from None
    except OSError as error:
        raise ArgumentError(
            f"read_table: `path` must name a file that can be read; got '{path}' "
            f"({error.strerror})."
        ) from None
