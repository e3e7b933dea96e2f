"""Which cells are numbers, which are missing, and what is said about the others."""

import datetime
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import FormatError
from elman.forecasting.cells import parse_numbers

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def parse(cells, decimal_comma=False):
    return parse_numbers(
        cells,
        source="a.csv",
        column="load",
        row_numbers=range(2, 2 + len(cells)),
        decimal_comma=decimal_comma,
    )


@given(st.lists(FINITE))
def test_every_float_is_read_to_the_last_bit(numbers):
    np.testing.assert_array_equal(parse([repr(number) for number in numbers]), numbers)


@given(st.lists(FINITE.filter(lambda x: "." in repr(x)), min_size=1).map(lambda x: [0.5, *x]))
def test_the_decimal_comma_means_the_same_as_the_point(numbers):
    cells = [repr(number).replace(".", ",") for number in numbers]
    np.testing.assert_array_equal(parse(cells, decimal_comma=True), numbers)


@pytest.mark.parametrize("cell", ["", "  ", "nan", "NaN", "null", " NULL ", None, float("nan")])
def test_empty_nan_and_null_are_missing(cell):
    np.testing.assert_array_equal(parse(["1", cell, 2]), [1, np.nan, 2])


def test_booleans_of_a_typed_file_are_one_and_zero():
    assert parse([True, False]).tolist() == [1.0, 0.0]


def test_whole_numbers_need_no_comma_beside_decimal_commas():
    assert parse(["1", "-2,5", "+1234,567"], decimal_comma=True).tolist() == [1, -2.5, 1234.567]


NOT_A_NUMBER = "Leave it empty if it is missing, or leave the column out."
THOUSANDS = "Write it without separators between thousands."


@pytest.mark.parametrize(
    ("cell", "fix"),
    [
        ("n/a", NOT_A_NUMBER),
        ("1_000", NOT_A_NUMBER),
        ("true", NOT_A_NUMBER),
        ("12:30", NOT_A_NUMBER),
        (datetime.date(2024, 1, 31), NOT_A_NUMBER),
        ([1.0], NOT_A_NUMBER),
        ("1,234", THOUSANDS),
        ("-1,234,567.5", THOUSANDS),
        ("1,5", "Write it with a decimal point, or separate the cells by `;`."),
    ],
)
@pytest.mark.parametrize("before", [["1"], ["1", ""]])
def test_a_cell_that_is_no_number_is_named_by_row_and_column(cell, fix, before):
    message = f"a.csv: row {2 + len(before)}, column 'load' must be a number; got {cell!r}. {fix}"
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        parse([*before, cell, "also wrong"])


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", float("inf")])
def test_an_infinite_cell_is_named_by_row_and_column(cell):
    message = (
        f"a.csv: row 3, column 'load' must be a finite number; got {cell!r}. "
        "Leave it empty if it is missing."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        parse(["1", cell])


@pytest.mark.parametrize(
    ("cells", "row"),
    [
        (["987", "1,234"], 3),  # 1234, or 1.234?
        (["1,5", "2.5"], 3),
        (["1,5", "1.234,5"], 3),
        (["1,5", "1,234,567"], 3),
    ],
)
def test_a_comma_that_may_separate_thousands_is_refused(cells, row):
    message = (
        f"a.csv: row {row}, column 'load' must be a number that can be read in one way; "
        f"got {cells[row - 2]!r}. "
        "Write numbers with a decimal point, and nothing between thousands."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        parse(cells, decimal_comma=True)
