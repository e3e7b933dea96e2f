"""How CSV text becomes columns of cells.

What is read: UTF-8 with or without a byte order mark; cells between commas, semicolons or tabs,
whichever splits the first rows evenly; cells in double quotes; any line ends; a first row that
names the columns. Blank rows at the end are dropped. Anything else is an error that names the row.

A row's number is the number of the line that it starts on, so that an editor and a spreadsheet
both find it.
"""

import csv
import datetime
import io
from collections.abc import Sequence
from itertools import islice

from elman.errors import FormatError

DELIMITERS = ("\t", ";", ",")  # of two that fit equally, the earlier is taken
SAMPLE = 20  # rows that the choice of delimiter looks at

Row = tuple[int, list[str]]  # the line that it starts on, its cells


def parse_csv(data: bytes, source: str) -> tuple[list[str], list[Sequence[str]], list[int], str]:
    r"""Split the bytes of a CSV file into columns.

    Args:
        data: what the file holds.
        source: the file's name, for messages.

    Returns:
        The columns' names; one sequence of cells, as text, for each column; the number of each
        row, in the file's lines; the delimiter.

    Raises:
        FormatError: the bytes are not UTF-8 text, or the text is not a table with a header.

    >>> parse_csv(b"day;load\n1;2,5\n2;2,75\n", "load.csv")
    (['day', 'load'], [('1', '2'), ('2,5', '2,75')], [2, 3], ';')
    """
    text = _decode(data, source)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, source)
    while rows and not any(cell.strip() for cell in rows[-1][1]):
        rows.pop()
    if not rows:
        raise FormatError(f"{source}: the file must hold a header and rows; got an empty file.")
    names = _header(rows[0], source)
    _check_widths(rows, len(names), delimiter, source)
    if len(rows) == 1:
        raise FormatError(f"{source}: the file must have rows below its header; got none.")
    # A blank line of a table of one column is a missing value: csv gives it no cell at all.
    cells = [row or [""] for _, row in rows[1:]]
    return names, list(zip(*cells, strict=True)), [line for line, _ in rows[1:]], delimiter


def _decode(data: bytes, source: str) -> str:
    """Return the text, without a byte order mark."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{source}: the file must be text in UTF-8; got the byte 0x{data[error.start]:02x} "
            f"in row {line}. Save it as CSV in UTF-8."
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise FormatError(
            f"{source}: the file must be text in UTF-8; got a zero byte in row {line}. "
            "Save it as CSV in UTF-8."
        )
    return text


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first rows evenly, else the header most often."""
    best, best_rank = ",", (False, 1)
    for delimiter in DELIMITERS:
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        try:
            widths = [len(row) for row in islice(reader, SAMPLE) if row] or [1]
        except csv.Error:
            continue
        rank = (min(widths) == max(widths) > 1, widths[0])
        if rank > best_rank:
            best, best_rank = delimiter, rank
    return best


def _rows(text: str, delimiter: str, source: str) -> list[Row]:
    """Return every row with the line that it starts on."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    rows, line = [], 1
    try:
        for row in reader:
            rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(
            f"{source}: row {line} must have its quotes in pairs around whole cells; "
            f"got {_first_line(text, line)!r} ({error})."
        ) from None
    return rows


def _first_line(text: str, line: int) -> str:
    """Return the beginning of a line, for a message."""
    found = next(islice(io.StringIO(text, newline=None), line - 1, None), "").rstrip("\n")
    return found if len(found) <= 40 else found[:40] + "..."


def _header(row: Row, source: str) -> list[str]:
    """Return the columns' names, stripped of spaces around them."""
    line, cells = row
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise FormatError(f"{source}: row {line} must name the columns; got a blank row.")
    if all(_is_value(name) for name in names):
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        raise FormatError(
            f"{source}: row {line} must name the columns; got {shown}. "
            "Put a row of names above the data."
        )
    if "" in names:
        raise FormatError(
            f"{source}: column {names.index('') + 1} of the header must have a name; got none. "
            "Name it (in pandas with `to_csv(..., index_label='time')`)."
        )
    for name in names:
        if names.count(name) > 1:
            raise FormatError(
                f"{source}: every column must have a name of its own; got {name!r} "
                f"{names.count(name)} times. Rename all but one."
            )
    return names


def _is_value(name: str) -> bool:
    """Say whether a cell of the header is a number or a date, as only data should be."""
    try:
        float(name)
    except ValueError:
        try:
            datetime.datetime.fromisoformat(name)
        except ValueError:
            return False
    return True


def _check_widths(rows: list[Row], width: int, delimiter: str, source: str) -> None:
    """Refuse the first row whose number of cells is not the header's."""
    for line, row in rows:
        if len(row) != width and (row or width > 1):
            plural = "s" if width > 1 else ""
            got = f"{len(row)}" if row else "a blank row"
            fix = ""
            if not row:
                fix = " Remove it."
            elif len(row) > width and delimiter == ",":
                fix = " Put a cell that holds a comma in quotes; write 1.5, not 1,5."
            raise FormatError(
                f"{source}: row {line} must have {width} cell{plural}, as the header has; "
                f"got {got}.{fix}"
            )
