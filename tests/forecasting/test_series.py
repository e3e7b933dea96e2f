"""The series: which columns, without holes, and the one that is shipped."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import ArgumentError, FormatError
from elman.forecasting import Table, read_series, read_table, sunspots_path


def table(**columns):
    rows = len(next(iter(columns.values())))
    return Table("a.csv", tuple(columns), tuple(columns.values()), range(2, 2 + rows))


def test_the_shipped_series_is_the_one_that_statsmodels_has():
    shipped = read_table(sunspots_path())
    assert shipped.names == ("year", "sunspots")
    assert shipped.numbers("year").tolist() == list(range(1700, 2009))
    datasets = pytest.importorskip("statsmodels.datasets")
    expected = datasets.sunspots.load_pandas().data["SUNACTIVITY"].to_numpy()
    np.testing.assert_array_equal(shipped.numbers("sunspots"), expected)


def test_the_shipped_series_has_the_sum_that_was_checked_when_it_was_stored():
    sunspots = read_table(sunspots_path()).numbers("sunspots")
    assert (len(sunspots), round(float(sunspots.sum()), 1)) == (309, 15373.4)


def test_the_source_and_the_licence_stand_beside_the_shipped_series():
    readme = sunspots_path().with_name("README.md").read_text(encoding="utf-8")
    assert "statsmodels" in readme
    assert "public domain" in readme


def test_the_target_comes_first_and_once():
    series = read_series(table(a=["1", "2"], b=["3", "4"], c=["5", "6"]), "b", ["c", "b", "a"])
    assert series.names == ("b", "c", "a")
    assert series.values.tolist() == [[3, 5, 1], [4, 6, 2]]
    assert series.measured.all()
    assert len(series) == 2


def test_times_are_checked_when_a_time_column_is_given():
    rows = table(t=["2", "1"], a=["1", "2"])
    assert read_series(rows, "a").times is None
    with pytest.raises(FormatError, match=r"^a\.csv: row 3, column 't' must be later than"):
        read_series(rows, "a", time="t")
    assert read_series(table(t=["1", "2"], a=["1", "2"]), "a", time="t").times.text() == ["1", "2"]


def test_a_missing_value_is_named_by_its_first_row_and_counted():
    message = (
        "a.csv: row 3, column 'b' must have a value; got an empty cell, one of 2 in this column. "
        "Remove the rows, or use `fill='forward'` (`--fill forward`) to repeat the last value "
        "before."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_series(table(a=["1", "2", "3", "4"], b=["1", "", "nan", "4"]), "a", ["b"])


def test_fill_forward_repeats_the_last_value_before():
    series = read_series(table(a=["1", "", "", "4", ""]), "a", fill="forward")
    assert series.values[:, 0].tolist() == [1, 1, 1, 4, 4]
    assert series.measured.tolist() == [True, False, False, True, False]


def test_measured_is_about_the_target_alone():
    series = read_series(table(a=["1", "2"], b=["1", ""]), "a", ["b"], fill="forward")
    assert series.measured.all()


@given(st.lists(st.none() | st.floats(-9, 9), max_size=20), st.integers(0, 20))
def test_fill_forward_never_looks_ahead(cells, cut):
    cells = [0.0, *cells]
    whole = read_series(table(a=cells), "a", fill="forward").values
    changed = cells[: cut + 1] + [5.0] * (len(cells) - cut - 1)
    again = read_series(table(a=changed), "a", fill="forward").values
    np.testing.assert_array_equal(whole[: cut + 1], again[: cut + 1])


def test_fill_forward_needs_a_value_to_begin_with():
    message = (
        "a.csv: row 2, column 'a' must have a value, for there is none before it to repeat; "
        "got an empty cell. Remove the rows before row 4."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_series(table(a=["", "", "3"]), "a", fill="forward")


@pytest.mark.parametrize("fill", ["error", "forward"])
def test_a_column_without_any_value_is_refused(fill):
    message = "a.csv: column 'a' must have values; got 2 rows and no value. Leave the column out."
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_series(table(a=["", ""]), "a", fill=fill)


def test_a_feature_named_twice_is_refused():
    message = "read_series: `features` must name each column once; got 'b' 2 times."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        read_series(table(a=["1"], b=["2"]), "a", ["b", "b"])


def test_an_unknown_fill_is_refused():
    message = "read_series: `fill` must be one of 'error', 'forward'; got 'linear'."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        read_series(table(a=["1"]), "a", fill="linear")


def test_a_cell_that_says_nan_is_no_value_rather_than_empty():
    message = "a.csv: row 3, column 'a' must have a value; got no value (NaN), one of 1 in"
    with pytest.raises(FormatError, match=f"^{re.escape(message)}"):
        read_series(table(a=["1", "NaN"]), "a")


def test_what_was_filled_is_known_for_each_column():
    rows = table(a=["1", "", "3"], b=["1", "2", ""])
    filled = read_series(rows, "a", ["b"], fill="forward").filled
    assert filled.tolist() == [[False, False], [True, False], [False, True]]
    assert read_series(table(a=["1", "2"]), "a").filled is None


def test_decimal_commas_beside_dots_in_another_column_are_refused():
    cells = (("1", "3,5"), ("12", "1.816"), ("1.5", "2.5"))
    rows = Table("a.csv", ("temp", "count", "free"), cells, (2, 3), decimal_comma=True)
    message = (
        "a.csv: columns 'temp' and 'count' must have the same decimal mark; got '3,5' in row 3 of "
        "'temp' and '1.816' in row 3 of 'count'. Remove the dots if they stand between thousands; "
        "write them as commas if they are decimal points."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_series(rows, "count", ["temp"])
    assert read_series(rows, "count", ["free"]).values.tolist() == [[12, 1.5], [1.816, 2.5]]
    assert read_series(rows, "temp").values.tolist() == [[1], [3.5]]
