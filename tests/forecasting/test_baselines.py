"""Baselines know only the past, and errors are in the target's units."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman.errors import ArgumentError, ShapeError
from elman.forecasting import (
    errors,
    guess_season,
    last_value,
    read_table,
    seasonal,
    sunspots_path,
)

ROWS = np.arange(100.0)  # each value is its row
ORIGINS = st.lists(st.integers(30, 99), min_size=1).map(np.array)


@given(ORIGINS, st.integers(1, 10))
def test_last_value_repeats_the_value_at_the_origin(origins, horizon):
    forecasts = last_value(ROWS, origins, horizon)
    assert forecasts.shape == (len(origins), horizon)
    assert np.all(forecasts == origins[:, None])


@given(ORIGINS, st.integers(1, 40), st.integers(1, 31))
def test_seasonal_takes_the_latest_known_row_that_is_whole_seasons_back(origins, horizon, season):
    forecasts = seasonal(ROWS, origins, horizon, season)
    back = origins[:, None] + np.arange(1, horizon + 1) - forecasts
    assert np.all(back % season == 0)
    assert np.all(forecasts <= origins[:, None])
    assert np.all(forecasts + season > origins[:, None])


@given(st.integers(1, 12), st.integers(1, 30))
def test_seasonal_is_right_about_a_series_that_repeats(season, horizon):
    values = np.tile(np.random.default_rng(0).normal(size=season), 60 // season + 8)
    origins = np.arange(20, 30)
    actual = values[origins[:, None] + np.arange(1, horizon + 1)]
    np.testing.assert_array_equal(seasonal(values, origins, horizon, season), actual)


def test_a_season_of_one_row_is_the_last_value():
    origins = np.array([3, 50])
    np.testing.assert_array_equal(seasonal(ROWS, origins, 4, 1), last_value(ROWS, origins, 4))


def test_a_season_longer_than_the_past_is_refused():
    message = "seasonal: `season` must be at most 4, the rows before the first forecast; got 5."
    assert seasonal(ROWS, np.array([3]), 1, 4).tolist() == [[0.0]]
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        seasonal(ROWS, np.array([3]), 1, 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: last_value(ROWS, np.array([3]), 0),
            "last_value: `horizon` must be a positive integer; got 0.",
        ),
        (
            lambda: seasonal(ROWS, np.array([3]), 0, 1),
            "seasonal: `horizon` must be a positive integer; got 0.",
        ),
        (
            lambda: seasonal(ROWS, np.array([3]), 1, 0),
            "seasonal: `season` must be a positive integer; got 0.",
        ),
    ],
)
def test_horizon_and_season_are_positive(call, message):
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        call()


def test_errors_are_the_mean_absolute_and_the_root_mean_squared():
    found = errors(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 5.0], [-1.0, 4.0]]))
    assert (found.mae, found.rmse) == (7 / 4, 2.5)


def test_errors_of_float32_forecasts_are_measured_in_float64():
    found = errors(np.array([16777217.0]), np.array([16777216.0], np.float32))
    assert (found.mae, found.rmse) == (1.0, 1.0)


@pytest.mark.parametrize(("y_true", "y_pred"), [((2, 1), (2,)), ((0, 1), (0, 1))])
def test_errors_need_equal_shapes_and_a_value(y_true, y_pred):
    message = (
        "errors: `y_pred` must have the shape of `y_true`, and at least one value; got "
        f"{y_pred} and {y_true}."
    )
    with pytest.raises(ShapeError, match=f"^{re.escape(message)}$"):
        errors(np.zeros(y_true), np.zeros(y_pred))


@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.floats(-10, 10))
def test_the_season_of_a_noisy_wave_on_a_slope_is_found(season, seed, slope):
    rows = np.arange(max(400, 12 * season))
    noise = np.random.default_rng(seed).normal(scale=0.1, size=len(rows))
    values = np.cos(2 * np.pi * rows / season) + noise + slope * rows
    assert guess_season(values) == season


def test_a_week_is_preferred_to_a_day_when_it_forecasts_better():
    hours = np.arange(24 * 7 * 20)
    noise = np.random.default_rng(0).normal(size=len(hours))
    values = 5 * np.sin(2 * np.pi * hours / 24) + 4 * (hours // 24 % 7 >= 5) + noise
    assert guess_season(values) == 168


def test_the_solar_cycle_is_found_in_the_training_rows():
    assert guess_season(read_table(sunspots_path()).numbers("sunspots")[:201]) == 11


def test_noise_slopes_constants_and_short_series_have_no_season():
    rng = np.random.default_rng(0)
    assert guess_season(rng.normal(size=500)) is None
    for rows in range(12):
        assert guess_season(np.full(rows, 0.1)) is None
    assert guess_season(np.arange(200) * 0.1) is None
    assert guess_season(np.full(200, 0.1)) is None
