"""Columns of times that nobody named: found, and the rows checked against them."""

import datetime
import re

import pytest

from elman.errors import FormatError
from elman.forecasting import Table
from elman.forecasting.order import find_times


def table(**columns):
    rows = len(next(iter(columns.values())))
    return Table("a.csv", tuple(columns), tuple(columns.values()), range(2, 2 + rows))


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-01", "2024-01-02", "2024-01-03"),
        ("31.01.2024 05:00", "01.02.2024 05:00", "02.02.2024 05:00"),
        ("2024-10-27T02:30+02:00", "2024-10-27T02:15+01:00", "2024-10-27T02:30+01:00"),
        tuple(datetime.date(2024, 1, day) for day in (1, 2, 3)),
    ],
)
def test_a_column_whose_times_increase_is_found(cells):
    assert find_times(table(load="123", when=cells), ["load"]) == "when"
    assert find_times(table(load="123", when=cells), ["load", "when"]) is None


@pytest.mark.parametrize(
    "cells",
    [
        ("1700", "1699", "1698"),
        ("20240103", "20240102", "20240101"),
        ("2024-01-03", "2024-01-02", "none"),
        ("2024-01-03", "2024-01-02T00:00Z", "2024-01-01"),
        ("2024-01-01", "2024-01-01", "2024-01-01"),
        ("", None, "2024-01-01"),
        ("b", "a", "c"),
    ],
)
def test_what_is_no_column_of_times_says_nothing(cells):
    assert find_times(table(load="123", when=cells), ["load"]) is None


def test_rows_out_of_order_are_named():
    message = (
        "a.csv: the rows must run from the oldest to the newest; got '2024-01-01' after "
        "'2024-01-03' in row 5, column 'when'. Sort the rows and add `--time when`, or add "
        "`--as-ordered` to take them as they stand."
    )
    cells = ("2024-01-02", "2024-01-03", "", "2024-01-01")
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        find_times(table(load="1234", when=cells), ["load"])


def test_times_that_stay_the_same_or_an_hour_that_clocks_repeat_are_in_order():
    days = ("2024-01-01", "2024-01-01", "2024-01-02")
    clock = ("2024-10-27 02:00", "2024-10-27 02:45", "2024-10-27 02:00")
    for cells in (days, clock):
        assert find_times(table(load="123", when=cells), ["load"]) is None


def test_one_column_in_order_is_enough():
    backwards = ("2024-01-03", "2024-01-02", "2024-01-01")
    rows = table(mended=backwards, when=backwards[::-1], load="123")
    assert find_times(rows, ["load"]) == "when"
