"""Which texts are tables, and what is said about those that are not."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import FormatError
from elman.forecasting.csv_file import parse_csv

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)


def read(text):
    return parse_csv(text.encode(), "a.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_line_ends_and_byte_order_marks_make_no_difference(delimiter, end, mark):
    text = mark + end.join(delimiter.join(row) for row in (("day", "a b"), ("1", "2"), ("3", "")))
    names, columns, rows, found = read(text)
    assert (names, columns) == (["day", "a b"], [("1", "3"), ("2", "")])
    assert (rows, found) == ([2, 3], delimiter)


@given(st.lists(st.tuples(WORDS, WORDS.map("x".__add__)), min_size=1, max_size=5))
def test_any_cell_that_csv_can_write_is_read_back(cells):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("day", "load"), *cells])
    _, columns, _, _ = read(out.getvalue())
    assert list(zip(*columns, strict=True)) == cells


def test_rows_are_numbered_by_the_line_that_they_start_on():
    assert read('day,note\n1,"two\nlines"\n2,x\n')[2] == [2, 4]


def test_a_comma_in_the_cells_does_not_hide_the_semicolon():
    assert read("time;load, kW\n1;1,5\n2;2,5\n")[0] == ["time", "load, kW"]


def test_a_semicolon_in_one_cell_does_not_hide_the_comma():
    assert read('day,note\n1,"a;b"\n2,c\n')[0] == ["day", "note"]


def test_spaces_around_names_and_before_quotes_are_dropped():
    names, columns, _, _ = read('day, "wind, north"\n1, "2"\n')
    assert (names, columns) == (["day", "wind, north"], [("1",), ("2",)])


@pytest.mark.parametrize("tail", ["", "\n", "\n\n\r\n", "\n  \n", "\n,\n,\n"])
def test_blank_rows_at_the_end_are_dropped(tail):
    assert read("a,b\n1,2" + tail)[1] == [("1",), ("2",)]


def test_a_blank_line_of_a_single_column_is_a_missing_value():
    assert read("load\n1\n\n3\n\n") == (["load"], [("1", "", "3")], [2, 3, 4], ",")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv: the file must hold a header and rows; got an empty file."),
        ("\n \n", "a.csv: the file must hold a header and rows; got an empty file."),
        ("a,b\n", "a.csv: the file must have rows below its header; got none."),
        ("a,b\n\n\n", "a.csv: the file must have rows below its header; got none."),
        ("\na,b\n1,2\n", "a.csv: row 1 must name the columns; got a blank row."),
        (
            "a,b,c\n1,2,3\n1,2\n",
            "a.csv: row 3 must have 3 cells, as the header has; got 2.",
        ),
        (
            "a,b\n1,2\n\n3,4\n",
            "a.csv: row 3 must have 2 cells, as the header has; got a blank row. Remove it.",
        ),
        (
            "a,b\n1,2\n3,4,5\n",
            "a.csv: row 3 must have 2 cells, as the header has; got 3. "
            "Put a cell that holds a comma in quotes; write 1.5, not 1,5.",
        ),
        (
            "load\n1,5\n",
            "a.csv: row 2 must have 1 cell, as the header has; got 2. "
            "Put a cell that holds a comma in quotes; write 1.5, not 1,5.",
        ),
        (
            "a;b\n1;2\n3;4;5\n",
            "a.csv: row 3 must have 2 cells, as the header has; got 3.",
        ),
        (
            "2020-01-01,5.0\n2020-01-02,6.0\n",
            "a.csv: row 1 must name the columns; got 2020-01-01, 5.0. "
            "Put a row of names above the data.",
        ),
        (
            "1,2,3,4,5\n1,2,3,4,5\n",
            "a.csv: row 1 must name the columns; got 1, 2, 3, 4, .... "
            "Put a row of names above the data.",
        ),
        (
            ",load\n0,5.0\n",
            "a.csv: column 1 of the header must have a name; got none. "
            "Name it (in pandas with `to_csv(..., index_label='time')`).",
        ),
        (
            "a,b, a\n1,2,3\n",
            "a.csv: every column must have a name of its own; got 'a' 2 times. Rename all but one.",
        ),
        (
            'a,b\n1,2\n3,"4\n5,6\n',
            "a.csv: row 3 must have its quotes in pairs around whole cells; "
            "got '3,\"4' (unexpected end of data).",
        ),
        (
            "a,b\n1," + "2" * 200_000 + "\n",
            "a.csv: row 2 must have its quotes in pairs around whole cells; "
            "got '1," + "2" * 38 + "...' (field larger than field limit (131072)).",
        ),
        (
            "a,b\n1,\0\n",
            "a.csv: the file must be text in UTF-8; got a zero byte in row 2. "
            "Save it as CSV in UTF-8.",
        ),
    ],
)
def test_the_first_wrong_row_is_named(text, message):
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read(text)


@pytest.mark.parametrize(
    ("data", "byte", "row"),
    [
        ("a,b\n1,ü\n".encode("latin-1"), "0xfc", 2),
        ("a,b\n1,2\n".encode("utf-16"), "0xff", 1),
    ],
)
def test_other_encodings_than_utf_8_are_refused(data, byte, row):
    message = (
        f"a.csv: the file must be text in UTF-8; got the byte {byte} in row {row}. "
        "Save it as CSV in UTF-8."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        parse_csv(data, "a.csv")


@given(st.binary(max_size=60) | WORDS.map(str.encode))
def test_bytes_that_are_no_table_give_a_format_error_and_nothing_else(data):
    try:
        names, columns, rows, _ = parse_csv(data, "a.csv")
    except FormatError:
        return
    assert len(names) == len(columns)
    assert {len(column) for column in columns} == {len(rows)}
