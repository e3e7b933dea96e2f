"""`elman predict`: that it forecasts what the model says, continues time, and how it fails."""

import csv
import io
import subprocess
import sys

import numpy as np
import pytest

import elman as package
from elman.cli import predict
from elman.forecasting.forecaster import Forecaster
from elman.formats.keras import load_with_extra
from tests.cli.conftest import rows, write
from tests.tolerances import FORECAST_DIGITS, FORECAST_FLOAT32

BASE = ("load.csv", "--target", "load", "--horizon", "3", "--units", "4", "--epochs", "2", "-q")
TRAIN = (*BASE, "--features", "wind", "--time", "hour", "--lookback", "20")


@pytest.fixture
def model(elman, load):
    """Return a model of load.csv, three hours ahead."""
    assert elman("train", *TRAIN).exit_code == 0
    return load.parent / "load.keras"


def table(text):
    header, *lines = csv.reader(io.StringIO(text))
    return header, lines


@pytest.mark.parametrize("lookback", [20, 8])  # a season of 19 rows lies in a window, or not
def test_it_writes_what_the_model_and_the_scaling_say(elman, load, lookback):
    elman("train", *TRAIN[:-1], lookback)
    net, extra = load_with_extra("load.keras")
    kept = extra["forecast"]["changes"]
    y, wind = np.array([[float(b), float(c)] for _, b, c in rows()]).T
    mean, std = kept["scaler"]["mean"][1], kept["scaler"]["std"][1]
    window = np.stack([(y - y[-1]) / kept["past"], (wind - mean) / std], axis=1)[-lookback:]
    x = [window[None]]
    if kept["season"] is not None:
        assert (kept["season"], lookback) == (19, 8)
        x.append((y[-19:-16] - y[-1])[None] / kept["ahead"])
    by_hand = y[-1] + kept["ahead"] * net.predict(x, verbose=0)[0]

    header, lines = table(elman("predict", "load.keras", "load.csv").stdout)
    assert header == ["hour", "load"]
    assert [line[0] for line in lines] == ["120", "121", "122"]
    written = np.array([float(line[1]) for line in lines])
    np.testing.assert_allclose(written, by_hand, rtol=0, atol=FORECAST_DIGITS * kept["ahead"])


def test_a_file_gets_what_the_terminal_would(elman, model):
    shown = elman("predict", "load.keras", "load.csv")
    written = elman("predict", "load.keras", "load.csv", "-o", "forecast.csv")
    assert (written.exit_code, written.output) == (0, "")
    assert (model.parent / "forecast.csv").read_text() == shown.stdout
    assert sorted(path.name for path in model.parent.iterdir()) == [
        "forecast.csv", "load.csv", "load.keras",
    ]  # fmt: skip


def test_dates_go_on_at_their_step(elman, folder):
    days = np.arange("2024-01-01", "2024-04-30", dtype="datetime64[D]")
    lines = [[str(day), line[1], line[2]] for day, line in zip(days, rows(), strict=True)]
    write(folder / "load.csv", lines)
    elman("train", *TRAIN)
    _, forecast = table(elman("predict", "load.keras", "load.csv").stdout)
    assert [line[0] for line in forecast] == ["2024-04-30", "2024-05-01", "2024-05-02"]


def test_without_times_the_steps_are_counted(elman, load):
    elman("train", *BASE, "--lookback", "20")
    header, lines = table(elman("predict", "load.keras", "load.csv").stdout)
    assert header == ["step", "load"]
    assert [line[0] for line in lines] == ["1", "2", "3"]


def test_the_shipped_series_needs_no_file(elman, folder):
    elman("train", "--units", "4", "--epochs", "1", "-q")
    header, lines = table(elman("predict", "sunspots.keras").stdout)
    assert header == ["year", "sunspots"]
    assert [line[0] for line in lines] == ["2009"]


def test_missing_values_are_treated_as_in_training_unless_told_otherwise(elman, fails, folder):
    lines = rows()
    write(folder / "whole.csv", lines)
    lines[-2][1] = ""
    write(folder / "load.csv", lines)
    elman("train", *TRAIN, "--fill", "forward")
    assert elman("predict", "load.keras", "load.csv").exit_code == 0
    message = fails("predict", "load.keras", "load.csv", "--fill", "error")
    assert "load.csv: row 120, column 'load' must have a value; got an empty cell" in message


def test_a_backtest_holds_every_forecast_beside_what_came_true(elman, model):
    result = elman("predict", "load.keras", "load.csv", "--backtest")
    assert result.stderr == (
        "elman: the model was trained on 0 to 77 and stopped by 78 to 95 of load.csv: there, it "
        "has seen what came true.\n"
    )
    header, lines = table(result.stdout)
    assert header == ["hour", "step", "load", "forecast"]
    assert len(lines) == 3 * (120 - 20) - 3  # the last origins lack 1 + 2 steps
    actual = {line[0]: float(line[1]) for line in rows()}
    assert all(float(value) == actual[hour] for hour, _, value, _ in lines)
    forecaster = Forecaster.load(model)
    series = predict.read(predict.Options(model=model, file=model.parent / "load.csv"), forecaster)
    one = forecaster.forecast(series, np.array([60]))[0]
    found = [float(line[3]) for line in lines[3 * (60 - 19) :][:3]]
    np.testing.assert_allclose(
        found, one, rtol=0, atol=(FORECAST_DIGITS + FORECAST_FLOAT32) * forecaster.changes.ahead
    )


# ---------------------------------------------------------------------- how it fails


def test_a_missing_column_is_named(fails, model):
    write(model.parent / "other.csv", [line[:2] for line in rows()], header="hour,load")
    message = fails("predict", "load.keras", "other.csv")
    assert message == (
        "other.csv: the file must have the columns that the model was trained on; got hour, load. "
        "It lacks wind."
    )


def test_too_few_rows_say_how_many_are_needed(fails, model):
    write(model.parent / "other.csv", rows()[:5])
    message = fails("predict", "load.keras", "other.csv")
    assert message == (
        "other.csv: the file must have at least 20 rows, what the model looks back on; got 5."
    )
    write(model.parent / "other.csv", rows()[:20])
    message = fails("predict", "load.keras", "other.csv", "--backtest")
    assert message == (
        "other.csv: the file must have at least 21 rows to compare forecasts with; got 20."
    )


def test_a_model_of_another_file_needs_one(fails, model):
    assert fails("predict", "load.keras") == (
        "FILE must be given: load.keras was trained on load.csv. Only a model of the sunspots "
        "that elman ships needs none."
    )


def test_what_is_no_forecast_model_is_refused(fails, model):
    package.Sequential([package.Input((8, 2)), package.layers.Dense(1)]).save("plain.keras")
    assert "the file must hold a forecast model" in fails("predict", "plain.keras", "load.csv")
    assert fails("predict", "load.csv", "load.csv") == (
        "MODEL must be a model that `elman train` wrote; got 'load.csv'. MODEL comes first, then "
        "FILE."
    )
    message = fails("predict", "nothing.keras", "load.csv")
    assert message == "MODEL must be a file that exists; got 'nothing.keras'."


def test_a_damaged_model_is_refused(fails, model):
    data = model.read_bytes()
    for damaged in (data[: len(data) // 2], data.replace(b'"past"', b'"fast"'), b""):
        (model.parent / "damaged.keras").write_bytes(damaged)
        assert "damaged.keras: " in fails("predict", "damaged.keras", "load.csv")


def test_a_bad_output_is_found_and_nothing_written(fails, model):
    message = fails("predict", "load.keras", "load.csv", "-o", "nowhere/forecast.csv")
    assert message == (
        "--output must lie in a folder that exists; got 'nowhere/forecast.csv'. "
        "Make the folder 'nowhere' first."
    )
    assert "which is a folder" in fails("predict", "load.keras", "load.csv", "-o", ".")


def test_a_failure_while_writing_leaves_what_was_there(fails, model, monkeypatch):
    (model.parent / "forecast.csv").write_text("kept\n")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    message = fails("predict", "load.keras", "load.csv", "-o", "forecast.csv")
    assert message == (
        "--output must be a file that may be written; got 'forecast.csv': No space left on device. "
        "Make room on the disk, or save elsewhere."
    )
    assert (model.parent / "forecast.csv").read_text() == "kept\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_a_reader_that_goes_away_is_no_error(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "elman", "predict", "load.keras", "load.csv"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    stderr = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) == 141
    assert stderr == ""


# ---------------------------------------------------------------------- what is not lost


def test_a_forecast_never_replaces_the_data_or_the_model(fails, model):
    (model.parent / "same.csv").symlink_to("load.csv")
    (model.parent / "hard.csv").hardlink_to("load.csv")
    for output in ("load.csv", "./load.csv", "same.csv", "hard.csv"):
        assert fails("predict", "load.keras", "load.csv", "-o", output) == (
            f"--output must be another file than FILE; got '{output.removeprefix('./')}', which is "
            "'load.csv' and would be lost."
        )
    message = fails("predict", "load.keras", "load.csv", "-o", "load.keras")
    assert "--output must be another file than MODEL; got 'load.keras'" in message
    assert fails("predict", "load.keras", "load.csv", "-o", "y.keras") == (
        "--output must not end in '.keras', as models do; it is a CSV file. Got 'y.keras'. "
        "Did you mean 'y.csv'?"
    )


@pytest.mark.parametrize(
    ("first", "written"),
    [
        ("2023-05-06 00:00:00", "2023-05-06 05:00:00"),
        ("2023-05-06T00:00", "2023-05-06T05:00"),
        ("2023-05-06 00:00:00+00:00", "2023-05-06 05:00:00+00:00"),
        ("06.05.2023 00:00", "06.05.2023 05:00"),
    ],
)
def test_the_times_to_come_are_written_as_the_file_writes_them(elman, folder, first, written):
    lines = [[first.replace(" 00", f" {i:02}").replace("T00", f"T{i:02}"), *line[1:]]
             for i, line in enumerate(rows()[:24])]  # fmt: skip
    days = [[line[0].replace("06", f"{6 + d:02}", 1) if "." in line[0] else
             line[0].replace("-06", f"-{6 + d:02}"), *line[1:]]
            for d in range(5) for line in lines]  # fmt: skip
    for line, row in zip(days, rows(), strict=True):
        line[1:] = row[1:]
    write(folder / "load.csv", days)
    write(folder / "cut.csv", days[:101])
    assert elman("train", *TRAIN).exit_code == 0
    _, forecast = table(elman("predict", "load.keras", "cut.csv").stdout)
    day = written.replace("06", "10", 1) if "." in written else written.replace("-06", "-10")
    assert forecast[0][0] == day


def test_a_file_that_runs_backwards_is_refused_for_a_model_without_times(elman, fails, load):
    elman("train", *BASE, "--lookback", "20")
    days = np.arange("2024-01-01", "2024-04-30", dtype="datetime64[D]")
    lines = [[str(day), *line[1:]] for day, line in zip(days, rows(), strict=True)]
    write(load.parent / "back.csv", lines[::-1])
    message = fails("predict", "load.keras", "back.csv")
    assert "back.csv: the rows must run from the oldest to the newest; got '2024-04-28' " in message
    assert elman("predict", "load.keras", "back.csv", "--as-ordered").exit_code == 0
