"""How the time column is read, that it is in order, and which times come next."""

import datetime
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import ArgumentError, FormatError
from elman.forecasting.times import Times, parse_times

MOMENTS = st.datetimes(datetime.datetime(1, 1, 2), datetime.datetime(9999, 12, 30))


def parse(*cells):
    return parse_times(cells, source="a.csv", column="time", row_numbers=range(2, 2 + len(cells)))


def days(*texts):
    return Times(np.array(texts, "datetime64[us]"))


@given(st.lists(MOMENTS, min_size=1, unique=True).map(sorted))
def test_every_datetime_is_read_and_written_back(moments):
    times = parse(*(moment.isoformat(" ") for moment in moments))
    assert times.values.tolist() == moments
    np.testing.assert_array_equal(parse(*times.text()).values, times.values)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True))
def test_every_number_is_read_and_written_back(numbers):
    numbers = sorted(numbers)
    times = parse(*(repr(number) for number in numbers))
    assert times.values.tolist() == numbers
    assert parse(*times.text()).values.tolist() == numbers


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (("1700", "1701"), ["1700", "1701"]),
        (("1700.0", "1700.5"), ["1700", "1700.5"]),
        ((1700000000, 1700003600), ["1700000000", "1700003600"]),
        (("2024-01-31", " 2024-02-01 "), ["2024-01-31", "2024-02-01"]),
        (("2024-01", "2024-02"), ["2024-01", "2024-02"]),
        (("2024-01-31 13:00", "2024-01-31T14:00"), ["2024-01-31 13:00", "2024-01-31 14:00"]),
        (("2024-01-31", "2024-01-31 12:00:00.5"), None),
        ((datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)), ["2024-01-31", "2024-02-01"]),
    ],
)
def test_dates_datetimes_months_and_numbers_are_times(cells, text):
    assert parse(*cells).text() == (text or ["2024-01-31 00:00:00.000", "2024-01-31 12:00:00.500"])


def test_times_with_offsets_become_utc():
    # In Berlin the clocks went back at 03:00: on the wall, the second row is earlier.
    times = parse("2024-10-27 02:30:00+02:00", "2024-10-27T02:15+01:00", "2024-10-27T02:00Z")
    assert times.utc
    assert times.text() == ["2024-10-27 00:30:00Z", "2024-10-27 01:15:00Z", "2024-10-27 02:00:00Z"]


WRITE = "Write it as 2024-01-31 or 2024-01-31T13:00:00, or as a number."
CLOCKS = "If the clocks went back here, write the times in UTC."


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ("31/01/2024",),
            "row 2, column 'time' must be a date or time; got '31/01/2024'. With slashes, the day "
            "or the month may come first: write it as 2024-01-31 or 2024-01-31T13:00:00.",
        ),
        (("2024-01-31", ""), f"row 3, column 'time' must be a date or time; got ''. {WRITE}"),
        (("2024-01-31", None), f"row 3, column 'time' must be a date or time; got None. {WRITE}"),
        (("nan",), f"row 2, column 'time' must be a date or time; got 'nan'. {WRITE}"),
        (("inf",), f"row 2, column 'time' must be a date or time; got 'inf'. {WRITE}"),
        (
            ("1", "2024-01-31"),
            "row 3, column 'time' must be a finite number; got '2024-01-31'. "
            "Row 2 is a number, so every row must be.",
        ),
        (
            ("1", "nan"),
            "row 3, column 'time' must be a finite number; got 'nan'. "
            "Row 2 is a number, so every row must be.",
        ),
        (
            ("2024-01-01", "2024-01-02T00:00Z"),
            "row 3, column 'time' must have no offset from UTC, as row 2 does; "
            "got '2024-01-02T00:00Z'. Write all times in UTC.",
        ),
        (
            ("2024-01-01T00:00Z", "2024-01-02"),
            "row 3, column 'time' must have an offset from UTC, as row 2 does; "
            "got '2024-01-02'. Write all times in UTC.",
        ),
        (
            ("1", "3", "2", "1"),
            "row 4, column 'time' must be later than the row before; got '2' after '3'. "
            "Sort the rows by 'time', oldest first.",
        ),
        (
            ("1", "2", "2.0"),
            "row 4, column 'time' must be later than the row before; got '2.0' again. "
            "Keep one row for each time.",
        ),
        (
            ("2024-01-02", "2024-01-01"),
            "row 3, column 'time' must be later than the row before; "
            "got '2024-01-01' after '2024-01-02'. Sort the rows by 'time', oldest first.",
        ),
        (
            ("2024-10-27 02:45", "2024-10-27 02:00"),
            "row 3, column 'time' must be later than the row before; "
            "got '2024-10-27 02:00' after '2024-10-27 02:45'. "
            f"Sort the rows by 'time', oldest first. {CLOCKS}",
        ),
        (
            ("2024-10-27 02:00", "2024-10-27 02:00"),
            "row 3, column 'time' must be later than the row before; "
            f"got '2024-10-27 02:00' again. Keep one row for each time. {CLOCKS}",
        ),
    ],
)
def test_the_first_wrong_time_is_named_by_row_and_column(cells, message):
    with pytest.raises(FormatError, match=f"^{re.escape(f'a.csv: {message}')}$"):
        parse(*cells)


@pytest.mark.parametrize(
    ("texts", "next_two"),
    [
        (["2024-01-01T22:00", "2024-01-01T23:00"], ["2024-01-02T00:00:00", "2024-01-02T01:00:00"]),
        (["2024-02-27", "2024-02-28"], ["2024-02-29", "2024-03-01"]),
        (["2023-11-01", "2023-12-01"], ["2024-01-01", "2024-02-01"]),
        (["2023-11-15", "2023-12-15"], ["2024-01-15", "2024-02-15"]),
        (["2023-11-30", "2023-12-31"], ["2024-01-31", "2024-02-29"]),
        (["2022-06-30", "2023-06-30"], ["2024-06-30", "2025-06-30"]),
        (["2023-03-31", "2023-06-30", "2023-09-30"], ["2023-12-31", "2024-03-31"]),
    ],
)
def test_the_times_to_come_follow_the_clock_or_the_calendar(texts, next_two):
    times = days(*texts)
    assert times.after(2).text() == next_two
    assert times.gaps() == 0


def test_numbers_go_on_at_their_step_and_keep_their_zone():
    assert Times(np.array([1700.0, 1702.0, 1704.0])).after(2).text() == ["1706", "1708"]
    assert parse("2024-01-01T00:00Z", "2024-01-01T01:00Z").after(1).text() == ["2024-01-01T02:00Z"]


def test_one_gap_does_not_change_the_step():
    times = days("2024-01-01", "2024-01-02", "2024-01-09", "2024-01-10", "2024-01-11")
    assert times.gaps() == 1
    assert times.step() == np.timedelta64(1, "D")
    assert days("2024-01-01", "2024-02-01", "2024-03-01", "2024-07-01").gaps() == 1


def test_one_time_has_no_step():
    message = "Times.step: `values` must have at least 2 rows; got 1."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        days("2024-01-01").step()


def test_the_times_to_come_are_at_least_one():
    message = "Times.after: `count` must be a positive integer; got 0."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        days("2024-01-01", "2024-01-02").after(0)


@pytest.mark.parametrize(
    ("cells", "following"),
    [
        (("2023-05-06 00:00:00", "2023-05-07 00:00:00"), "2023-05-08 00:00:00"),
        (("2023-05-06T00:00:00", "2023-05-07T00:00:00"), "2023-05-08T00:00:00"),
        (("2023-05-06 22:00", "2023-05-06 23:00"), "2023-05-07 00:00"),
        (("2023-05-06", "2023-05-06 12:00"), "2023-05-07 00:00"),
        (("2023-05-06", "2023-05-07"), "2023-05-08"),
        (("2023-05", "2023-06"), "2023-07"),
        (("2023-05-06 22:00:00+00:00", "2023-05-06 23:00:00+00:00"), "2023-05-07 00:00:00+00:00"),
        (("30.04.2023", "01.05.2023"), "02.05.2023"),
        (("6.5.2023 8:00", "6.5.2023 9:00"), "06.05.2023 10:00"),
        (("01.01.2023 00:00:30", "01.01.2023 00:01:00"), "01.01.2023 00:01:30"),
    ],
)
def test_times_to_come_are_written_as_the_column_writes_them(cells, following):
    assert parse(*cells).after(1).text() == [following]


def test_dates_with_dots_have_the_day_first():
    assert parse("01.02.2023 00:00").values.tolist() == [datetime.datetime(2023, 2, 1)]
    with pytest.raises(FormatError, match=re.escape(f"got '01.13.2023'. {WRITE}")):
        parse("01.13.2023")


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-02", "2024-01-02"),
        ("2024-01-02 05:00", "2024-01-02 03:00"),
        ("2024-01-02 05:00", "2024-01-02 04:00", "2024-01-02 03:00", "2024-01-02 02:00"),
    ],
)
def test_clocks_are_only_blamed_for_one_step_back_of_an_hour_or_less(cells):
    with pytest.raises(FormatError) as caught:
        parse(*cells)
    assert CLOCKS not in str(caught.value)
