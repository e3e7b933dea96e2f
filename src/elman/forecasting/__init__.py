"""Forecasting from a file of measurements: everything around the net that needs no net.

read_table -> Table -> read_series -> Series -> make_windows -> Dataset -> a model, baselines
"""

from elman.forecasting.baselines import Errors, errors, guess_season, last_value, seasonal
from elman.forecasting.scaler import Scaler
from elman.forecasting.series import Series, read_series, sunspots_path
from elman.forecasting.table import Table, read_table
from elman.forecasting.times import Times
from elman.forecasting.windows import Dataset, Windows, last_window, make_windows

__all__ = [
    "Dataset",
    "Errors",
    "Scaler",
    "Series",
    "Table",
    "Times",
    "Windows",
    "errors",
    "guess_season",
    "last_value",
    "last_window",
    "make_windows",
    "read_series",
    "read_table",
    "seasonal",
    "sunspots_path",
]
