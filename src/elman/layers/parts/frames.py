"""Frames and series of pandas, Polars and whatever else `narwhals` reads, as arrays.

A frame of r rows and c columns is an array (r, c), a series (r,). Nulls become NaN, and make
a column of integers or booleans one of float64; the columns' dtypes meet as NumPy's do.
"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import ArgumentError, MissingDependencyError

PACKAGES = ("pandas", "polars", "pyarrow", "narwhals", "modin", "cudf", "dask", "duckdb", "ibis")
KINDS = ("DataFrame", "Series", "Table", "ChunkedArray", "LazyFrame", "DuckDBPyRelation")


def is_frame(value: Any) -> bool:
    """Say whether this is a frame or a series, without importing anything."""
    cls = type(value)
    if cls is np.ndarray or cls in (list, tuple, dict):
        return False
    if hasattr(value, "__narwhals_dataframe__") or hasattr(value, "__narwhals_series__"):
        return True
    return any(
        base.__name__ in KINDS and base.__module__.split(".")[0] in PACKAGES for base in cls.__mro__
    )


def as_array(owner: str, name: str, frame: Any) -> Array:
    """Return a frame (rows, columns) or a series (rows,) as an array of numbers.

    Raises:
        MissingDependencyError: narwhals is not installed.
        ArgumentError: a column holds no numbers; or the frame is a plan that is yet to be run.
    """
    try:
        import narwhals as nw
    except ImportError:
        raise MissingDependencyError(
            f"narwhals is needed to read `{name}`, a {type(frame).__module__.split('.')[0]} "
            f"{type(frame).__name__}. Install it with `pip install narwhals`, or give "
            f"`{name}.to_numpy()`."
        ) from None
    try:
        table = nw.from_native(frame, allow_series=True)
        if isinstance(table, nw.LazyFrame):
            raise ArgumentError(
                f"{owner}: `{name}` must be a frame with its rows; got a {type(frame).__name__}, "
                f"which is yet to be computed. Give `{name}.collect()`."
            )
        if isinstance(table, nw.Series):
            return _column(nw, owner, name, table, "series")
        columns = [_column(nw, owner, name, each, "column") for each in table.iter_columns()]
    except (nw.exceptions.NarwhalsError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise ArgumentError(
            f"{owner}: `{name}` must be a frame that narwhals reads; got a "
            f"{type(frame).__module__.split('.')[0]} {type(frame).__name__}: {reason}"
        ) from None
    return np.column_stack(columns) if columns else np.empty((len(table), 0))


def _column(nw: Any, owner: str, name: str, series: Any, what: str) -> Array:
    """Return a column as an array, with NaN for nulls."""
    if not (series.dtype.is_numeric() or series.dtype == nw.Boolean) or series.dtype == nw.Decimal:
        raise ArgumentError(
            f"{owner}: `{name}` must hold numbers; its {what} {series.name!r} has dtype "
            f"{series.dtype}. Leave it out, or turn it into numbers first."
        )
    if series.null_count() and not series.dtype.is_float():
        series = series.cast(nw.Float64)
    return np.asarray(series.to_numpy())
