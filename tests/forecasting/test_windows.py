"""Windows: which rows they hold, and that none of them knows the future."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from elman.errors import ArgumentError
from elman.forecasting import Scaler, Series, last_window, make_windows


def series(values, measured=None):
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    names = ("load", "wind", "sun")[: values.shape[1]]
    measured = np.ones(len(values), bool) if measured is None else np.asarray(measured)
    return Series(names, values, measured, range(2, 2 + len(values)), "a.csv")


def ramp(rows, columns=2):
    """Return a series whose values say which row and column they are from."""
    return series(np.arange(rows)[:, None] + 1000.0 * np.arange(columns))


@st.composite
def cases(draw):
    rows = draw(st.integers(12, 80))
    settings = {
        "lookback": draw(st.integers(1, 8)),
        "horizon": draw(st.integers(1, 4)),
        "validation": draw(st.sampled_from([0.1, 0.15, 0.2, 0.3])),
        "test": draw(st.sampled_from([0.1, 0.2, 0.33])),
        "dtype": "float64",
    }
    return rows, settings


def cut(rows, settings):
    try:
        return make_windows(ramp(rows), **settings)
    except ArgumentError as error:
        assert "must have at least" in str(error)  # noqa: PT017
        assume(False)


@given(cases())
def test_windows_hold_exactly_the_rows_they_should(case):
    rows, settings = case
    data = cut(rows, settings)
    lookback, horizon = settings["lookback"], settings["horizon"]
    scaled = data.scaler.transform(ramp(rows).values)
    for part in (data.train, data.validation, data.test):
        for window, origin in enumerate(part.origins):
            past, future = slice(origin - lookback + 1, origin + 1), slice(origin + 1, None)
            np.testing.assert_array_equal(part.x[window], scaled[past])
            np.testing.assert_array_equal(part.y[window], scaled[future, 0][:horizon])
            np.testing.assert_array_equal(part.actual[window], origin + 1 + np.arange(horizon))


@given(cases())
def test_every_target_lies_in_the_rows_of_its_own_part(case):
    rows, settings = case
    data = cut(rows, settings)
    parts = (
        (data.train, 0, data.train_end),
        (data.validation, data.train_end, data.validation_end),
        (data.test, data.validation_end, rows),
    )
    for part, start, end in parts:
        assert part.actual.min() >= start
        assert part.actual.max() == end - 1
        assert len(part) == len(part.x) == len(part.y) == len(part.actual)
    assert data.train.origins[0] == settings["lookback"] - 1
    assert data.validation.origins[0] == data.train_end - 1
    assert data.test.origins[0] == data.validation_end - 1


@given(cases(), st.integers(0, 2**32 - 1))
def test_nothing_in_training_changes_when_later_rows_change(case, seed):
    rows, settings = case
    before = cut(rows, settings)
    changed = ramp(rows).values.copy()
    changed[before.train_end :] = np.random.default_rng(seed).normal(size=(1,)) * 1e6
    after = make_windows(series(changed), **settings)
    assert after.scaler.get_config() == before.scaler.get_config()
    np.testing.assert_array_equal(after.train.x, before.train.x)
    np.testing.assert_array_equal(after.train.y, before.train.y)


@given(cases(), st.data())
def test_a_filled_value_is_never_a_target(case, data):
    rows, settings = case
    whole = cut(rows, settings)
    measured = np.ones(rows, bool)
    measured[data.draw(st.lists(st.integers(0, rows - 1), max_size=3))] = False
    try:
        parts = make_windows(series(ramp(rows).values, measured), **settings)
    except ArgumentError as error:
        assert "measured values of 'load' in a row" in str(error)  # noqa: PT017
        return
    for name in ("train", "validation", "test"):
        part, every = getattr(parts, name), getattr(whole, name)
        good = measured[every.actual.astype(int)].all(axis=1)
        for field in ("x", "y", "actual", "origins"):
            np.testing.assert_array_equal(getattr(part, field), getattr(every, field)[good])


def test_the_parts_have_the_shares_that_were_asked_for():
    data = make_windows(ramp(100), lookback=5, validation=0.15, test=0.2)
    assert (data.train_end, data.validation_end) == (65, 80)
    assert (len(data.train), len(data.validation), len(data.test)) == (60, 15, 20)


def test_windows_are_views_of_one_copy_and_cannot_be_written():
    data = make_windows(ramp(1000), lookback=48, horizon=3)
    assert np.shares_memory(data.train.x, data.test.x[0]) is False
    assert np.shares_memory(data.train.x[0], data.train.x[1])
    assert np.shares_memory(data.train.x[-1], data.validation.x[0])
    assert data.train.x.dtype == data.train.y.dtype == np.float32
    assert data.train.actual.dtype == np.float64
    for array in (data.train.x, data.train.y, data.train.actual, data.train.origins):
        assert not array.flags.writeable


def test_a_feature_enters_x_and_not_y():
    data = make_windows(ramp(50, columns=3), lookback=4, horizon=2)
    assert data.train.x.shape[1:] == (4, 3)
    assert data.train.y.shape[1:] == (2,)


@given(st.integers(1, 60), st.integers(1, 30), st.integers(1, 12))
def test_a_series_too_short_is_told_how_many_rows_it_needs(rows, lookback, horizon):
    try:
        make_windows(ramp(rows), lookback=lookback, horizon=horizon)
    except ArgumentError as error:
        message = str(error)
    else:
        return
    needed = int(re.search(r"at least (\d+) rows", message)[1])
    assert needed > rows
    make_windows(ramp(needed), lookback=lookback, horizon=horizon)
    with pytest.raises(ArgumentError, match=f"at least {needed} rows"):
        make_windows(ramp(needed - 1), lookback=lookback, horizon=horizon)
    if fits := re.search(r"lookback of at most (\d+)", message):
        make_windows(ramp(rows), lookback=int(fits[1]), horizon=horizon)
        with pytest.raises(ArgumentError, match="must have at least"):
            make_windows(ramp(rows), lookback=int(fits[1]) + 1, horizon=horizon)
    elif fits := re.search(r"horizon of at most (\d+)", message):
        make_windows(ramp(rows), lookback=1, horizon=int(fits[1]))


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        (
            30,
            {"lookback": 48},
            "a.csv: the file must have at least 75 rows for lookback=48 and horizon=1; got 30. "
            "A lookback of at most 18 would fit.",
        ),
        (
            30,
            {"lookback": 4, "horizon": 6},
            "a.csv: the file must have at least 36 rows for lookback=4 and horizon=6; got 30. "
            "A horizon of at most 5 would fit, with a short lookback.",
        ),
        (
            3,
            {"lookback": 4},
            "a.csv: the file must have at least 7 rows for lookback=4 and horizon=1; got 3. "
            "Give more rows.",
        ),
    ],
)
def test_too_few_rows_are_counted(rows, settings, message):
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        make_windows(ramp(rows), **settings)


def test_a_very_long_lookback_is_answered_at_once():
    with pytest.raises(ArgumentError, match="at least 1538463 rows"):
        make_windows(ramp(30), lookback=1_000_000)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lookback": 0}, "make_windows: `lookback` must be a positive integer; got 0."),
        ({"horizon": 1.5}, "make_windows: `horizon` must be a positive integer; got 1.5."),
        (
            {"test": 20},
            "make_windows: `test` must be a share of the rows; got 20. Did you mean 0.2?",
        ),
        (
            {"validation": 0},
            "make_windows: `validation` must be a finite number and at least 0.01 and at most 1; "
            "got 0.",
        ),
        (
            {"validation": 0.5, "test": 0.5},
            "make_windows: `validation` and `test` must leave rows to train on; got 0.5 and 0.5.",
        ),
    ],
)
def test_arguments_out_of_range_are_named(settings, message):
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        make_windows(ramp(50), **{"lookback": 3, **settings})


def test_a_target_that_is_constant_in_training_is_refused():
    message = (
        "a.csv: the target column 'load' must vary in the training rows, lines 2 to 66; "
        "got 0.1 in each of them. There is nothing to learn; choose another target."
    )
    values = np.full(100, 0.1)
    values[70:] = 5.0
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        make_windows(series(values), lookback=3)


def test_a_feature_that_is_constant_in_training_is_refused():
    message = (
        "a.csv: the feature column 'wind' must vary in the training rows, lines 2 to 66; "
        "got 7 in each of them. Leave it out of the features."
    )
    values = np.stack([np.arange(100.0), np.full(100, 7.0)], axis=1)
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        make_windows(series(values), lookback=3)


def test_a_part_without_a_measured_horizon_is_refused():
    message = (
        "a.csv: the validation rows, lines 67 to 81, must have 2 measured values of 'load' "
        "in a row; got none. Fill the gaps in the file, or use a shorter horizon."
    )
    measured = np.ones(100, bool)
    measured[65:80:2] = False
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        make_windows(series(np.arange(100), measured), lookback=3, horizon=2)


def test_the_last_window_ends_with_the_last_row():
    data = ramp(10)
    scaler = Scaler.fit(data.values, data.names)
    window = last_window(data, scaler, lookback=3, dtype="float64")
    np.testing.assert_array_equal(window, scaler.transform(data.values[-3:])[None])
    assert last_window(data, scaler, lookback=10).shape == (1, 10, 2)
    assert last_window(data, scaler, lookback=10).dtype == np.float32


def test_the_last_window_needs_the_rows_of_the_lookback():
    message = (
        "a.csv: the file must have at least 11 rows, the lookback that the model was trained "
        "with; got 10."
    )
    data = ramp(10)
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        last_window(data, Scaler.fit(data.values, data.names), lookback=11)


def test_the_last_window_needs_the_columns_of_the_scaler():
    message = "last_window: `series` must have the columns load, wind, in this order; got load."
    data = ramp(10)
    with pytest.raises(ArgumentError, match=f"^{re.escape(message)}$"):
        last_window(ramp(10, columns=1), Scaler.fit(data.values, data.names), lookback=2)
