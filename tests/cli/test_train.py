"""`elman train`: what it prints and what it keeps."""

import os
import re
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from rich.console import Console

import elman as package
from elman.callbacks import Callback
from elman.cli import report, train
from elman.forecasting.forecaster import Forecaster, Settings, fit_forecaster
from tests.cli.conftest import rows, write
from tests.cli.training import LOAD, QUICK, dated


def shell(*arguments, **options):
    """Run `python -m elman` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "elman", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


# ---------------------------------------------------------------------- what it is for


def test_the_net_beats_both_baselines_on_the_shipped_series():
    for seed in range(3):
        options = train.Options(settings=Settings(seed=seed), quiet=True)
        net, *baselines = train.run(options, Console()).scores
        assert [score.name for score in baselines] == ["last value", "one season ago (11 rows)"]
        for score in baselines:
            assert net.overall.mae < score.overall.mae
            assert net.overall.rmse < score.overall.rmse


def test_the_net_beats_both_baselines_where_a_trend_leads_out_of_the_training_range(folder):
    rng = np.random.default_rng(1)
    t = np.arange(600)
    load = 300 + 0.1 * t + 3 * np.sin(2 * np.pi * t / 60) + 0.2 * rng.normal(size=len(t))
    lines = [[str(i), f"{v:.3f}", f"{np.sin(i / 9.5):.3f}"] for i, v in enumerate(load)]
    write(folder / "trend.csv", lines)
    options = train.Options(
        file=folder / "trend.csv",
        target="load",
        features=("wind",),
        settings=Settings(horizon=4, epochs=30),
        quiet=True,
    )
    net, *baselines = train.run(options, Console()).scores
    assert len(baselines) == 2
    for score in baselines:
        assert net.overall.mae < score.overall.mae
        assert net.overall.rmse < score.overall.rmse


# ---------------------------------------------------------------------- what it says and keeps


def test_it_says_which_rows_were_what_and_how_far_off_the_forecasts_are(elman, load):
    result = elman("train", *LOAD, "--features", "wind", "--time", "hour", "--horizon", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    for pattern in (
        r"load.csv: 120 rows \(lines 2 to 121 of the file\), to forecast 'load', with wind\.",
        r"part +lines +windows +time *\n",
        r"training +2 to 79 +57 +0 to 77 *\n",
        r"validation +80 to 97 +17 +78 to 95 *\n",
        r"test +98 to 121 +23 +96 to 119 *\n",
        r"LSTM\(4\) and a linear shortcut",
        r"Trained for 2 epochs in [\d.]+ s; kept the weights of epoch [12]",
        r"Error on the test rows, in units of 'load', 1 to 2 rows ahead:",
        r"network +[\d.]+ +[\d.]+ *\n",
        r"last value +[\d.]+ +[\d.]+ *\n",
        r"one season ago \(19 rows\) +[\d.]+ +[\d.]+ *\n",
        r"By how many rows ahead:",
        r"\n +2 +([\d.]+ +){6}\n",
        r"Saved load\.keras\.",
        r"elman predict load\.keras load\.csv\n",
    ):
        assert re.search(pattern, result.stdout), pattern


def test_it_says_so_when_the_net_reads_a_season_that_is_longer_than_a_window(elman, load):
    result = elman("train", "load.csv", "--target", "load", "--lookback", "8", "--epochs", "1")
    assert "reads 8 rows, and the values 19 rows ago, and" in " ".join(result.stdout.split())
    assert Forecaster.load("load.keras").changes.season == 19


def test_it_says_that_no_season_was_found(elman, folder):
    steps = np.cumsum(np.random.default_rng(3).normal(size=60))
    write(folder / "walk.csv", [[f"{v:.3f}"] for v in steps], header="load")
    result = elman("train", "walk.csv", "--target", "load", *QUICK)
    assert "No season stands out in the training rows; name one with --season." in result.stdout
    assert "one season ago" not in result.stdout


def test_it_says_that_the_net_does_not_beat_a_baseline(elman, folder):
    steps = np.cumsum(np.random.default_rng(3).normal(size=60))
    write(folder / "walk.csv", [[f"{v:.3f}"] for v in steps], header="load")
    result = elman("train", "walk.csv", "--target", "load", *QUICK, "--learning-rate", "0.9")
    assert "The network does not beat last value: do not rely on it yet." in result.stdout


def test_it_says_where_values_were_filled_and_time_has_gaps(elman, folder):
    lines = rows()
    lines[20][1] = ""
    del lines[30:35]
    write(folder / "load.csv", lines)
    result = elman("train", *LOAD, "--time", "hour", "--fill", "forward")
    assert "1 missing value of 'load' repeats the one before. Nothing is" in result.stdout
    assert "1 gap in time: the net counts rows" in result.stdout


def test_without_a_file_it_uses_the_shipped_series_and_says_so(elman, folder):
    result = elman("train", *QUICK)
    assert "No FILE given: these are the yearly sunspot numbers" in result.stdout
    assert "1700 to 1900" in result.stdout
    assert "Saved sunspots.keras." in result.stdout
    assert Forecaster.load("sunspots.keras").names == ("sunspots",)


def test_a_narrow_terminal_cuts_nothing_off(elman, load, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    result = elman("train", *LOAD, "--features", "wind", "--time", "hour", "--horizon", "12")
    assert "…" not in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 60


def test_quiet_prints_nothing(elman, load):
    result = elman("train", *LOAD, "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert (load.parent / "load.keras").exists()


def test_the_same_seed_gives_the_same_file(elman, load):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        elman("train", *LOAD, "--dropout", "0.2", "--seed", seed, "-o", f"{name}.keras", "-q")

    def weights(name):
        with zipfile.ZipFile(f"{name}.keras") as archive:
            return archive.read("model.weights.h5")

    assert weights("a") == weights("b")
    assert weights("a") != weights("c")


def test_every_layer_can_be_chosen_and_stacked(elman, load):
    for layer in ("lstm", "gru", "simple_rnn"):
        result = elman("train", *LOAD, "--layer", layer, "--layers", "2", "--no-shortcut")
        assert result.exit_code == 0
        names = [each.name for each in Forecaster.load("load.keras").model.layers]
        assert names == ["window", "recurrent_1", "recurrent_2", "head"]


def test_features_are_separated_by_commas_or_given_again(elman, folder):
    lines = [[*line, line[2], line[0]] for line in rows()]
    write(folder / "load.csv", lines, header='hour,load,wind,"a,b",c')
    lines_of = folder / "load.csv"
    elman("train", lines_of, "--target", "load", "--features", "wind, c", "--features", "a,b",
          *QUICK)  # fmt: skip
    assert Forecaster.load("load.keras").names == ("load", "wind", "c", "a,b")


# ---------------------------------------------------------------------- in a process of its own


def test_a_process_fails_with_one_line_and_no_traceback(load):
    result = shell("train", "load.csv", "--target", "loads")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "elman: load.csv: --target must be one of 'hour', 'load', 'wind'; got 'loads'. "
        "Did you mean 'load'?\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_process_that_is_interrupted_before_it_trains_ends_with_status_130(folder):
    os.mkfifo("load.csv")  # reading waits for a writer
    process = subprocess.Popen(
        [sys.executable, "-m", "elman", "train", *LOAD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with open("load.csv", "w"):  # waits for the reader
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == "\nelman: interrupted.\n"
    assert os.listdir() == ["load.csv"]


def test_the_version_and_the_help_are_there(elman):
    implementation, reason = package.kernels.status()
    assert elman("--version").stdout == (
        f"elman {package.__version__}\nkernels: {implementation} ({reason})\n"
    )
    bare, asked, of_train = elman(), elman("--help"), elman("train", "--help")
    assert bare.exit_code == asked.exit_code == of_train.exit_code == 0
    for command in ("train", "predict", "demo"):
        assert command in bare.stdout
    assert bare.stdout.strip() == asked.stdout.strip()
    for words in ("The data", "The net", "The training", "--lookback", "default: 48", "Example."):
        assert words in of_train.stdout


def test_importing_elman_imports_nothing_for_the_command_line():
    code = "import sys, elman; print([m for m in ('typer', 'rich', 'polars') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout == "[]\n"


def test_a_parquet_file_is_read_like_a_csv_file(elman, load):
    polars = pytest.importorskip("polars")
    polars.read_csv(load).write_parquet("load.parquet")
    arguments = ("--target", "load", "--features", "wind", "--time", "hour", *QUICK, "-q")
    for name in ("csv", "parquet"):
        assert elman("train", f"load.{name}", *arguments, "-o", f"{name}.keras").exit_code == 0
    forecasts = [
        elman("predict", f"{name}.keras", f"load.{name}").stdout for name in ("csv", "parquet")
    ]
    assert forecasts[0] == forecasts[1]


# ---------------------------------------------------------------------- stopping and progress


class Press(Callback):
    """Presses Ctrl-C within some epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def pressed(monkeypatch, epoch):
    def fit(*arguments, callbacks=(), **options):
        return fit_forecaster(*arguments, callbacks=[*callbacks, Press(epoch)], **options)

    monkeypatch.setattr(train, "fit_forecaster", fit)


def test_ctrl_c_after_an_epoch_keeps_the_best_weights_and_says_so(elman, load, monkeypatch):
    pressed(monkeypatch, 3)
    result = elman("train", *LOAD, "--epochs", "50")
    assert result.exit_code == 0
    assert re.search(
        r"Stopped by you after epoch 3, in [\d.]+ s; kept the weights of\s+epoch [123], the best",
        result.stdout,
    )
    assert "Saved load.keras." in result.stdout
    assert result.stderr == "\nelman: stopping; Ctrl-C once more to give up.\n"
    monkeypatch.undo()
    os.chdir(load.parent)
    stopped = Forecaster.load("load.keras").model.get_weights()
    elman("train", *LOAD, "--epochs", "3", "-o", "three.keras")
    for one, other in zip(stopped, Forecaster.load("three.keras").model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_ctrl_c_before_the_first_epoch_has_ended_leaves_no_file(elman, load, monkeypatch):
    pressed(monkeypatch, 0)
    result = elman("train", *LOAD)
    assert (result.exit_code, result.stderr) == (130, "\nelman: interrupted.\n")
    assert os.listdir() == ["load.csv"]


def test_ctrl_c_a_second_time_gives_up(elman, load, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    pressed(monkeypatch, 1)
    monkeypatch.setattr(Forecaster, "forecast", interrupted)
    result = elman("train", *LOAD)
    assert result.exit_code == 130
    assert os.listdir() == ["load.csv"]


def test_without_a_terminal_progress_is_a_line_now_and_then_unless_quiet(elman, load, monkeypatch):
    monkeypatch.setattr(report, "INTERVAL", 0.0)
    result = elman("train", *LOAD)
    assert re.search(r"^elman: epoch 1 of at most 2, no validation error yet\n", result.stderr)
    assert re.search(r"\nelman: epoch 2 of at most 2, validation RMSE [\d.]+\n$", result.stderr)
    assert elman("train", *LOAD, "--quiet").output == ""


def test_a_model_is_named_after_the_data_and_the_target(elman, load):
    assert "Saved load-wind.keras." in elman("train", "load.csv", "--target", "wind", *QUICK).stdout
    assert (load.parent / "load-wind.keras").exists()


def test_a_column_of_times_that_nobody_named_is_pointed_out(elman, folder):
    write(folder / "load.csv", dated())
    said = "Column 'hour' looks like times: add --time hour to name them in the output."
    assert said in elman("train", *LOAD).stdout
    assert "looks like times" not in elman("train", *LOAD, "--time", "hour").stdout
    assert "looks like times" not in elman("train", *LOAD, "--as-ordered").stdout


def test_it_says_for_each_column_how_many_values_were_filled(elman, folder):
    lines = rows()
    for row in (20, 21, 22, 40):
        lines[row][2] = "NaN"
    lines[30][1] = lines[31][1] = ""
    write(folder / "load.csv", lines)
    said = " ".join(elman("train", *LOAD, "--features", "wind", "--fill", "forward").stdout.split())
    assert (
        "2 missing values of 'load' repeat the one before, at most 2 in a row. Nothing is trained "
        "or measured on them. 4 missing values of 'wind' repeat the one before, at most 3 in a row."
    ) in said
