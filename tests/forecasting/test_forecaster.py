"""The forecaster: it knows nothing of the rows held out, repeats itself, and survives a file."""

import re

import numpy as np
import pytest

from elman.callbacks import Callback
from elman.errors import ArgumentError, FormatError
from elman.forecasting import Series, Times, make_windows
from elman.forecasting.forecaster import (
    Forecaster,
    Settings,
    choose_changes,
    fit_forecaster,
    make_net,
    spans,
)
from elman.formats.keras import load_with_extra, save
from elman.models import Sequential
from tests.tolerances import FORECAST_FLOAT32

SETTINGS = Settings(lookback=8, horizon=2, units=4, epochs=2)
LONG = {"lookback": 8, "horizon": 2, "units": 4, "epochs": 9}


def values(rows=120):
    rng = np.random.default_rng(0)
    wind = np.sin(np.arange(rows) / 3) + 0.1 * rng.normal(size=rows)
    return np.stack([50 + 3 * np.roll(wind, 1), wind], axis=1)


def series(values, times=None):
    measured = np.ones(len(values), bool)
    return Series(("load", "wind"), values, measured, range(2, 2 + len(values)), "a.csv", times)


def fit(values, settings=SETTINGS, season=None, **options):
    made = series(values)
    sizes = {name: getattr(settings, name) for name in ("lookback", "horizon")}
    data = make_windows(made, **sizes)
    changes = choose_changes(made, data, settings, season)
    return fit_forecaster(made, data, changes, settings, **options), data


def assert_same_forecaster(a, b):
    assert a.changes.get_config() == b.changes.get_config()
    for one, other in zip(a.model.get_weights(), b.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_held_out_rows_change_nothing_in_the_net_or_its_scaling():
    (known, data), other = fit(values()), values()
    other[data.validation_end :] = np.random.default_rng(1).normal(size=(24, 2)) * 1000
    unknown, _ = fit(other)
    assert_same_forecaster(known.forecaster, unknown.forecaster)
    assert known.best_epoch == unknown.best_epoch


def test_the_validation_rows_change_when_training_stops_and_nothing_else():
    one_epoch = Settings(lookback=8, horizon=2, units=4, epochs=1)
    (known, data), other = fit(values(), one_epoch), values()
    other[data.train_end :] = np.random.default_rng(1).normal(size=(42, 2)) * 1000
    unknown, _ = fit(other, one_epoch)
    assert_same_forecaster(known.forecaster, unknown.forecaster)


def test_a_forecast_knows_nothing_of_the_rows_after_its_origin():
    forecaster = fit(values())[0].forecaster
    cut, whole = series(values()[:61]), series(values())
    alone = forecaster.forecast(cut)
    among = forecaster.forecast(whole, np.arange(30, 90))[30]
    atol = FORECAST_FLOAT32 * forecaster.changes.ahead
    np.testing.assert_allclose(alone[0], among, rtol=0, atol=atol)


def test_the_same_seed_gives_the_same_bits():
    settings = Settings(lookback=8, horizon=2, units=4, epochs=2, dropout=0.3, layers=2, seed=7)
    assert_same_forecaster(
        fit(values(), settings)[0].forecaster, fit(values(), settings)[0].forecaster
    )


def test_the_untrained_net_forecasts_that_nothing_changes():
    made = series(values())
    data = make_windows(made, lookback=8, horizon=2)
    changes = choose_changes(made, data, SETTINGS, 19)
    forecaster = Forecaster(make_net(SETTINGS, changes), changes, None, "error", {})
    origins = np.array([30, 50])
    expected = np.repeat(made.values[origins, 0][:, None], 2, axis=1)
    np.testing.assert_array_equal(forecaster.forecast(made, origins), expected)


def test_a_season_is_read_where_it_is_longer_than_a_window_and_often_known():
    made = series(values())
    data = make_windows(made, lookback=8, horizon=2)

    def read(season, **options):
        settings = Settings(lookback=8, horizon=2, **options)
        return choose_changes(made, data, settings, season).season

    assert read(19) == 19
    assert read(8) is None  # a window holds it
    assert read(None) is None
    assert read(70) is None  # too few training windows have 70 rows before them
    assert read(19, shortcut=False) is None


def test_a_forecaster_survives_its_file(tmp_path):
    for season in (None, 19):
        fitted, data = fit(values(), season=season, time_column="hour", fill="forward")
        made, forecaster = series(values()), fitted.forecaster
        forecaster.save(tmp_path / "model.keras")
        again = Forecaster.load(tmp_path / "model.keras")
        assert_same_forecaster(again, forecaster)
        assert (again.time, again.fill, again.notes) == ("hour", "forward", forecaster.notes)
        np.testing.assert_array_equal(
            again.forecast(made, data.test.origins), forecaster.forecast(made, data.test.origins)
        )


def test_it_tells_when_its_weights_were_best():
    fitted, _ = fit(values(), Settings(lookback=8, horizon=2, units=4, epochs=30, patience=2))
    assert 1 <= fitted.best_epoch <= fitted.epochs <= 30
    assert fitted.seconds > 0
    assert fitted.forecaster.notes["best_epoch"] == fitted.best_epoch


def test_a_part_is_named_by_its_times_or_else_by_its_rows():
    hours = np.datetime64("2024-01-01T00:00", "us") + np.arange(120) * np.timedelta64(1, "h")
    made = series(values())
    data = make_windows(made, lookback=8)
    assert spans(made, data) == {
        "training": "lines 2 to 79",
        "validation": "lines 80 to 97",
        "test": "lines 98 to 121",
    }
    assert spans(series(values(), Times(hours)), data)["training"] == (
        "2024-01-01 00:00 to 2024-01-04 05:00"
    )
    assert spans(series(values(), Times(hours, utc=True)), data)["test"] == (
        "2024-01-05 00:00:00Z to 2024-01-05 23:00:00Z"
    )


# ---------------------------------------------------------------------- errors


def test_too_few_rows_and_other_columns_are_refused():
    forecaster = fit(values())[0].forecaster
    message = "a.csv: the file must have at least 8 rows, what the model looks back on; got 7."
    with pytest.raises(ArgumentError, match=re.escape(message)):
        forecaster.forecast(series(values()[:7]))
    other = Series(("wind", "load"), values(), np.ones(120, bool), range(120))
    message = "`series` must have the columns load, wind, in this order; got wind, load."
    with pytest.raises(ArgumentError, match=re.escape(message)):
        forecaster.forecast(other)


def test_training_that_breaks_down_is_an_error():
    message = "`learning_rate` must let the loss stay finite; got 1e+30, and a loss of nan."
    with pytest.raises(ArgumentError, match=re.escape(message)):
        fit(values(), Settings(lookback=8, horizon=2, units=4, epochs=2, learning_rate=1e30))


@pytest.mark.parametrize(
    ("name", "value"),
    [("layer", "lsmt"), ("layers", 0), ("units", 0), ("seed", -1), ("batch_size", 0),
     ("epochs", 0), ("patience", -1), ("dropout", 1.0)],
)  # fmt: skip
def test_a_wrong_setting_is_named(name, value):
    wrong = {"lookback": 8, "horizon": 2, "epochs": 1, "units": 4, name: value}
    named = "rate" if name == "dropout" else name
    with pytest.raises(ArgumentError, match=f"`{named}` must be"):
        fit(values(), Settings(**wrong))


def test_a_model_that_forecasts_nothing_is_refused(tmp_path):
    model = fit(values())[0].forecaster.model
    model.save(tmp_path / "model.keras")
    message = "the file must hold a forecast model; got a model without one's scaling."
    with pytest.raises(FormatError, match=re.escape(message)):
        Forecaster.load(tmp_path / "model.keras")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (None, [], "'extra/forecast.json' must be of version 1; got []."),
        ("version", 2, "'extra/forecast.json' must be of version 1; got 2."),
        ("fill", "back", "time=None and fill='back'."),
        ("time", 3, "time=3 and fill='error'."),
        ("notes", None, "'extra/forecast.json' must describe the model beside it"),
        ("changes", None, "Changes: `config` must have a `scaler`"),
    ],
)
def test_a_damaged_description_is_refused(tmp_path, name, value, message):
    path = tmp_path / "model.keras"
    fit(values())[0].forecaster.save(path)
    model, extra = load_with_extra(path)
    kept = value if name is None else {**extra["forecast"], name: value}
    save(model, path, extra={"forecast": kept})
    with pytest.raises(FormatError, match=re.escape(message)):
        Forecaster.load(path)


def test_a_description_of_another_model_is_refused(tmp_path):
    from elman.layers import Dense, Flatten, Input

    path = tmp_path / "model.keras"
    fit(values())[0].forecaster.save(path)
    _, extra = load_with_extra(path)
    save(Sequential([Input((9, 2)), Flatten(), Dense(2)]), path, extra=extra)
    message = (
        "inputs and output have the shapes (None, 9, 2), (None, 2); got (None, 8, 2), (None, 2)"
    )
    with pytest.raises(FormatError, match=re.escape(message)):
        Forecaster.load(path)


class Press(Callback):
    """Presses Ctrl-C when the fourth epoch begins."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt


def test_ctrl_c_goes_through_unless_training_may_be_stopped():
    with pytest.raises(KeyboardInterrupt):
        fit(values(), Settings(**LONG), callbacks=[Press()])


def test_a_stopped_net_has_the_best_weights_of_the_epochs_before():
    stopped, _ = fit(values(), Settings(**LONG), callbacks=[Press()], stoppable=True)
    whole, _ = fit(values(), Settings(**LONG | {"epochs": 3}))
    assert (stopped.stopped, stopped.epochs) == (True, 3)
    assert (whole.stopped, whole.epochs) == (False, 3)
    assert_same_forecaster(stopped.forecaster, whole.forecaster)
