"""How the cells of one column become numbers.

A cell that is empty, `nan` or `null` is a missing value, NaN. Anything else that is not a finite
number is an error that names the row: nothing is guessed.

A comma in a number is a decimal comma only in a file that does not separate its cells by commas,
as spreadsheets write in countries where 1,5 is a number, and only if the column leaves no doubt.
A column whose commas could all separate thousands, such as 1,234, is refused: reading it as 1.234
might be wrong by a factor of a thousand.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import FormatError

MISSING = ("", "nan", "null")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def parse_numbers(
    cells: Sequence[Any],
    *,
    source: str,
    column: str,
    row_numbers: Sequence[int],
    decimal_comma: bool = False,
) -> Array:
    """Return the cells as a float64 array (rows,), NaN where a value is missing.

    Args:
        cells: text, or the values of a Parquet column; None is missing.
        source: the file's name, for messages.
        column: the column's name, for messages.
        row_numbers: the number of each row, for messages.
        decimal_comma: whether the file allows 1,5 for one and a half.

    Raises:
        FormatError: a cell is not a number, or is infinite.

    >>> parse_numbers(["1", "", "2.5"], source="a.csv", column="load", row_numbers=[2, 3, 4])
    array([1. , nan, 2.5])
    """

    def problem(row: int, rule: str, fix: str) -> FormatError:
        return FormatError(
            f"{source}: row {row_numbers[row]}, column {column!r} must be {rule}; "
            f"got {cells[row]!r}. {fix}"
        )

    readable = cells
    if decimal_comma and any(isinstance(cell, str) and "," in cell for cell in cells):
        doubtful = _first_doubtful(cells)
        if doubtful is not None:
            fix = "Write numbers with a decimal point, and nothing between thousands."
            raise problem(doubtful, "a number that can be read in one way", fix)
        readable = [cell.replace(",", ".") if isinstance(cell, str) else cell for cell in cells]

    values = _quick(readable)
    if values is None:
        values = np.empty(len(readable))
        for row, cell in enumerate(readable):
            number = _number(cell)
            if number is None:
                raise problem(row, "a number", _fix(cell))
            values[row] = number

    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        raise problem(int(infinite[0]), "a finite number", "Leave it empty if it is missing.")
    return values


def _quick(cells: Sequence[Any]) -> Array | None:
    """Return the numbers of a column that is as it should be, else None."""
    try:
        values = np.array([float(cell) for cell in cells])
    except (TypeError, ValueError, OverflowError):
        return None
    return None if any(isinstance(cell, str) and "_" in cell for cell in cells) else values


def _number(cell: Any) -> float | None:
    """Return one cell as a number, NaN if it is missing, None if it is neither."""
    if cell is None or (isinstance(cell, str) and cell.strip().lower() in MISSING):
        return np.nan
    if isinstance(cell, str) and "_" in cell:  # float() reads 1_000, as Python does
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _fix(cell: Any) -> str:
    """Return the sentence that says how to mend a cell that is not a number."""
    if isinstance(cell, str) and _THOUSANDS.fullmatch(cell.strip().partition(".")[0]):
        return "Write it without separators between thousands."
    if isinstance(cell, str) and re.fullmatch(r"[+-]?\d*,\d+", cell.strip()):
        return "Write it with a decimal point, or separate the cells by `;`."
    return "Leave it empty if it is missing, or leave the column out."


def _first_doubtful(cells: Sequence[Any]) -> int | None:
    """Return the first row where it is not certain that the comma is a decimal comma."""
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
    for row, text in enumerate(texts):
        if "." in text or text.count(",") > 1:
            return row
    commas = [row for row, text in enumerate(texts) if "," in text]
    if all(_THOUSANDS.fullmatch(texts[row]) for row in commas):
        return commas[0]
    return None
