"""Reading a file: CSV and Parquet give the same table, and a bad path is explained."""

import datetime
import re

import numpy as np
import polars
import pytest

from elman.errors import ArgumentError, FormatError
from elman.forecasting import read_table


@pytest.fixture
def path(tmp_path):
    return tmp_path / "load.csv"


def test_parquet_is_read_as_csv_is(tmp_path):
    frame = polars.DataFrame(
        {
            "time": [datetime.datetime(2024, 1, day) for day in (1, 2, 3)],
            "load": [1.5, None, -2.0],
            "count": [1, 2, 3],
        }
    )
    frame.write_csv(tmp_path / "a.csv")
    frame.write_parquet(tmp_path / "a.parquet")
    text, typed = read_table(tmp_path / "a.csv"), read_table(str(tmp_path / "a.parquet"))
    assert (text.names, len(text)) == (typed.names, len(typed))
    np.testing.assert_array_equal(text.times("time").values, typed.times("time").values)
    for column in ("load", "count"):
        np.testing.assert_array_equal(text.numbers(column), typed.numbers(column))
    assert (text.source, typed.source) == ("a.csv", "a.parquet")
    assert (list(text.row_numbers), list(typed.row_numbers)) == ([2, 3, 4], [1, 2, 3])


def test_parquet_times_with_a_zone_become_utc(tmp_path):
    times = polars.Series([datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)])
    times.dt.convert_time_zone("Europe/Berlin").to_frame("t").write_parquet(tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").times("t").text() == ["2024-01-01T00:00:00Z"]


def test_parquet_is_known_by_its_content_too(tmp_path):
    polars.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.data")
    assert read_table(tmp_path / "a.data").names == ("a",)


def test_a_file_called_parquet_that_is_none_is_a_format_error(tmp_path):
    (tmp_path / "a.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(FormatError, match=r"^a\.parquet: the file must hold whole Parquet data"):
        read_table(tmp_path / "a.parquet")


def test_decimal_commas_are_read_where_semicolons_separate(path):
    path.write_bytes(b"\xef\xbb\xbftime;load\r\n2024-01-01;1,5\r\n2024-01-02;20\r\n")
    assert read_table(path).numbers("load").tolist() == [1.5, 20.0]


def test_decimal_commas_are_refused_where_commas_separate(path):
    path.write_text('time,load\n1,"1,5"\n')
    message = (
        "load.csv: row 2, column 'load' must be a number; got '1,5'. "
        "Write it with a decimal point, or separate the cells by `;`."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        read_table(path).numbers("load")


def test_cells_are_only_looked_at_when_their_column_is_asked_for(path):
    path.write_text("time,load,note\n1,2,n/a\n")
    table = read_table(path)
    assert table.numbers("load").tolist() == [2.0]
    message = (
        "load.csv: row 2, column 'note' must be a number; got 'n/a'. "
        "Leave it empty if it is missing, or leave the column out."
    )
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        table.numbers("note")


@pytest.mark.parametrize("ask", ["numbers", "times", "cells"])
def test_an_unknown_column_is_answered_with_the_columns_there_are(path, ask):
    path.write_text("time,load\n1,2\n")
    message = "load.csv: `column` must be one of 'time', 'load'; got 'loadd'. Did you mean 'load'?"
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        getattr(read_table(path), ask)("loadd")


def test_a_missing_file_is_answered_with_the_one_that_may_be_meant(path):
    path.write_text("a\n1\n")
    near, far = path.with_name("loads.csv"), path.parent / "nowhere" / "x.csv"
    for wrong, fix in ((near, " Did you mean 'load.csv'?"), (far, "")):
        message = f"read_table: `path` must name a file; got '{wrong}', which does not exist.{fix}"
        with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
            read_table(wrong)


def test_a_folder_is_no_file(tmp_path):
    message = f"read_table: `path` must name a file; got '{tmp_path}', which is a folder."
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        read_table(tmp_path)


def test_a_file_that_cannot_be_read_is_explained(path):
    path.write_text("a\n1\n")
    wrong = path / "inside"
    message = (
        f"read_table: `path` must name a file that can be read; got '{wrong}' (Not a directory)."
    )
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        read_table(wrong)
