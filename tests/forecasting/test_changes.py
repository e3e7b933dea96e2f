"""Changes: what a net reads and puts out is what the equations say, and can be undone."""

import re

import numpy as np
import pytest

from elman.errors import ArgumentError, FormatError
from elman.forecasting import Scaler
from elman.forecasting.changes import Changes
from tests.tolerances import EXACT, FORECAST_FLOAT32

LOOKBACK, HORIZON = 3, 2


def values(rows=30):
    rng = np.random.default_rng(0)
    return np.stack([100 + np.cumsum(rng.normal(size=rows)), rng.normal(size=rows)], axis=1)


def measure(x, season=None, origins=None):
    origins = np.arange(10, 20) if origins is None else origins
    scaler = Scaler.fit(x, ("load", "wind")[: x.shape[1]])
    return Changes.fit(x, origins, scaler, lookback=LOOKBACK, horizon=HORIZON, season=season)


def test_inputs_and_targets_are_what_the_equations_say():
    x, origins = values(), np.array([10, 17])
    changes = measure(x, season=5)
    windows, ago = changes.inputs(x, origins, "float64")
    targets = changes.targets(x, origins, "float64")
    y = x[:, 0]
    for b, i in enumerate(origins):
        for t, row in enumerate((i - 2, i - 1, i)):
            scaled = (x[row, 1] - x[:, 1].mean()) / x[:, 1].std()
            expected = [(y[row] - y[i]) / changes.past, scaled]
            np.testing.assert_allclose(windows[b, t], expected, rtol=EXACT, atol=EXACT)
        for k in (1, 2):
            before = (y[i + k - 5] - y[i]) / changes.ahead
            np.testing.assert_allclose(ago[b, k - 1], before, rtol=EXACT)
            after = (y[i + k] - y[i]) / changes.ahead
            np.testing.assert_allclose(targets[b, k - 1], after, rtol=EXACT)


def test_changes_have_size_one_over_the_windows_that_they_were_measured_on():
    x, origins = values(), np.arange(10, 20)
    changes = measure(x)
    (windows,) = changes.inputs(x, origins, "float64")
    targets = changes.targets(x, origins, "float64")
    for scaled in (windows[:, :, 0], targets):
        np.testing.assert_allclose(np.mean(scaled**2), 1.0, rtol=EXACT)


def test_a_level_that_is_added_to_the_target_changes_only_the_forecast():
    x, origins = values(), np.arange(10, 20)
    changes, higher = measure(x), x + np.array([1e6, 0])
    for a, b in zip(changes.inputs(x, origins), changes.inputs(higher, origins), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=FORECAST_FLOAT32)
    outputs = np.ones((10, HORIZON))
    rise = changes.forecasts(outputs, higher[origins, 0]) - changes.forecasts(
        outputs, x[origins, 0]
    )
    np.testing.assert_allclose(rise, 1e6, rtol=EXACT)


def test_forecasts_undo_targets_and_zero_says_that_nothing_changes():
    x, origins = values(), np.arange(10, 20)
    changes, last = measure(x), x[origins, 0]
    undone = changes.forecasts(changes.targets(x, origins, "float64"), last)
    np.testing.assert_allclose(undone, np.stack([x[origins + 1, 0], x[origins + 2, 0]], axis=1))
    still = changes.forecasts(np.zeros((10, HORIZON)), last)
    np.testing.assert_array_equal(still, np.stack([last, last], axis=1))


def test_a_forecast_reaches_back_over_a_window_or_a_season():
    assert measure(values()).reach == LOOKBACK
    assert measure(values(), season=9).reach == 9


def test_a_configuration_brings_back_every_bit():
    for season in (None, 5):
        changes = measure(values(), season)
        again = Changes.from_config(changes.get_config())
        assert again.get_config() == changes.get_config()


@pytest.mark.parametrize(
    ("name", "value"),
    [("past", 0), ("ahead", "x"), ("lookback", None), ("horizon", 1.5), ("season", -1),
     ("scaler", None)],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(name, value):
    config = {**measure(values()).get_config(), name: value}
    with pytest.raises(FormatError, match="`config` must have"):
        Changes.from_config(config)
    with pytest.raises(FormatError, match="Changes: `config` must have a `scaler`, positive"):
        Changes.from_config(None)


def test_a_target_that_never_changes_where_it_is_learned_is_refused():
    x = values()
    x[8:, 0] = 7
    message = "Changes: the column 'load' must change from row to row in the training windows"
    with pytest.raises(ArgumentError, match=re.escape(message)):
        measure(x)


def test_a_window_that_never_changes_is_zero_and_no_division_by_zero():
    x = np.array([[1.0]] * 8 + [[2.0]] * 8)
    changes = measure(x, origins=np.array([7]))
    assert changes.inputs(x, np.array([7]))[0].tolist() == [[[0.0]] * LOOKBACK]
