"""Parquet files: their values, their nulls, and what is said about damaged ones."""

import io
import re
import sys

import polars
import pytest

from elman.errors import FormatError, MissingDependencyError
from elman.forecasting.parquet_file import parse_parquet


def write(frame):
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def test_columns_come_with_their_names_and_null_is_none():
    data = write(polars.DataFrame({"a b": [1, None], "c": ["x", "y"]}))
    assert parse_parquet(data, "a.parquet") == (["a b", "c"], [[1, None], ["x", "y"]])


@pytest.mark.parametrize("keep", [0, 4, 100, -1])
def test_a_cut_file_is_a_format_error(keep):
    data = write(polars.DataFrame({"a": list(range(100))}))[:keep]
    message = f"a.parquet: the file must hold whole Parquet data; got {len(data)} bytes that Polars"
    with pytest.raises(FormatError, match=f"^{re.escape(message)} cannot read .*Write it again.$"):
        parse_parquet(data, "a.parquet")


@pytest.mark.parametrize("frame", [{"a": []}, {}])
def test_a_file_without_rows_is_a_format_error(frame):
    message = "a.parquet: the file must have rows; got none."
    with pytest.raises(FormatError, match=f"^{re.escape(message)}$"):
        parse_parquet(write(polars.DataFrame(frame)), "a.parquet")


def test_without_polars_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    message = (
        "polars is needed to read Parquet files. Install it with `pip install 'elman[parquet]'`."
    )
    with pytest.raises(MissingDependencyError, match=f"^{re.escape(message)}$"):
        parse_parquet(b"PAR1", "a.parquet")
