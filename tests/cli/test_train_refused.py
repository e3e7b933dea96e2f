"""How `elman train` fails: one line, and no file."""

import os

import pytest
from rich.console import Console

from elman.cli import train
from elman.errors import ArgumentError
from tests.cli.conftest import rows, write
from tests.cli.training import LOAD, dated


@pytest.mark.parametrize(
    ("row", "column", "cell", "message"),
    [
        (50, 1, "", "load.csv: row 52, column 'load' must have a value; got an empty cell"),
        (50, 1, "abc", "load.csv: row 52, column 'load' must be a number; got 'abc'."),
        (50, 2, "off", "load.csv: row 52, column 'wind' must be a number; got 'off'."),
        (50, 0, "48", "load.csv: row 52, column 'hour' must be later than the row before; got "),
        (50, 0, "noon", "load.csv: row 52, column 'hour' must be a finite number; got 'noon'."),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(fails, folder, row, column, cell, message):
    lines = rows()
    lines[row][column] = cell
    write(folder / "load.csv", lines)
    assert message in fails("train", *LOAD, "--features", "wind", "--time", "hour")


def test_a_missing_value_is_explained_in_words_of_the_command_line(fails, folder):
    lines = rows()
    lines[50][1] = ""
    write(folder / "load.csv", lines)
    message = fails("train", *LOAD)
    assert message.endswith(
        "Remove the rows, or use --fill forward to repeat the last value before."
    )


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            1,
            "load.csv: the target column 'load' must vary in the training rows, lines 2 to 79; ",
        ),
        (
            2,
            "load.csv: the feature column 'wind' must vary in the training rows, lines 2 to 79; ",
        ),
    ],
)
def test_a_constant_column_is_named(fails, folder, column, message):
    lines = rows()
    for line in lines:
        line[column] = "7"
    write(folder / "load.csv", lines)
    assert message in fails("train", *LOAD, "--features", "wind")


def test_fewer_rows_than_a_window_says_how_many_are_needed(fails, folder):
    write(folder / "load.csv", rows()[:30])
    message = fails("train", "load.csv", "--target", "load")
    assert message == (
        "load.csv: the file must have at least 75 rows for lookback=48 and horizon=1; got 30. "
        "A lookback of at most 18 would fit."
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "loads"), "got 'loads'. Did you mean 'load'?"),
        (("--target", "load", "--features", "wnid"), "got 'wnid'. Did you mean 'wind'?"),
        (("--target", "load", "--time", "huor"), "got 'huor'. Did you mean 'hour'?"),
        ((), "--target must name the column to forecast; got none. load.csv has the columns hour,"),
    ],
)
def test_an_unknown_column_is_named_and_the_nearest_suggested(fails, load, arguments, message):
    assert message in fails("train", "load.csv", *arguments)


def test_a_missing_file_is_named_and_the_nearest_suggested(fails, load):
    message = fails("train", "loads.csv", "--target", "load")
    assert message == (
        "FILE must name a file; got 'loads.csv', which does not exist. Did you mean 'load.csv'?"
    )


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("nowhere/m.keras", "--output must lie in a folder that exists; got 'nowhere/m.keras'."),
        (
            "m.weights.h5",
            "--output must name a file that ends in '.keras'; got 'm.weights.h5'. Did you mean ",
        ),
        (".keras", "--output must name a file that ends in '.keras'; got '.keras'."),
        (".", "--output must name a file; got '.', which is a folder."),
    ],
)
def test_a_bad_output_is_found_before_training(fails, load, monkeypatch, output, message):
    monkeypatch.setattr(train, "fit_forecaster", None)  # to call it would be a TypeError
    assert message in fails("train", *LOAD, "-o", output)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder that nobody can write to")
def test_a_folder_that_cannot_be_written_to_is_found_before_training(fails, load, monkeypatch):
    monkeypatch.setattr(train, "fit_forecaster", None)
    message = fails("train", *LOAD, "-o", "/proc/m.keras")
    assert "--output must lie in a folder that can be written to; got '/proc/m.keras' (" in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--validation", "0.5", "--test", "0.6"), "--validation and --test must leave rows to"),
        (("--season", "500"), "load.csv: --season must be at most 96, the rows before the first"),
    ],
)
def test_options_that_do_not_go_together_are_named_as_typed(fails, load, arguments, message):
    assert message in fails("train", *LOAD, *arguments)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("--lookback", "1"), "--lookback"),
        (("--units", "many"), "--units"),
        (("--layer", "lsmt"), "--layer"),
        (("--lokback", "9"), "--lokback"),
    ],
)
def test_an_option_out_of_its_range_is_named(elman, load, arguments, option):
    result = elman("train", *LOAD, *arguments)
    assert result.exit_code == 2
    assert option in result.stderr
    assert not (load.parent / "load.keras").exists()


def test_values_too_large_for_their_squares_are_refused(fails, folder):
    lines = [[a, b + "e200", c] for a, b, c in rows()]
    write(folder / "load.csv", lines)
    assert "by a number whose square is finite; got changes of inf." in fails("train", *LOAD)


def test_a_failure_after_training_leaves_no_file(fails, load, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device", "load.keras")

    monkeypatch.setattr(os, "fsync", full)
    message = fails("train", *LOAD, "-q")
    assert message == (
        "MODEL must be a file that may be written; got 'load.keras': No space left on device. Make "
        "room on the disk, or save elsewhere."
    )


def test_a_failure_keeps_the_model_that_was_there(elman, fails, load, monkeypatch):
    elman("train", *LOAD, "-q")
    kept = (load.parent / "load.keras").read_bytes()

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    fails("train", *LOAD, "-q", "--seed", "5")
    assert (load.parent / "load.keras").read_bytes() == kept


def test_ctrl_c_ends_with_status_130_and_leaves_no_file(elman, load, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "fit_forecaster", interrupted)
    result = elman("train", *LOAD)
    assert result.exit_code == 130
    assert result.stderr == "\nelman: interrupted.\n"
    assert os.listdir() == ["load.csv"]


def test_the_library_raises_what_the_command_prints(load):
    with pytest.raises(ArgumentError, match="`target` must name the column to forecast"):
        train.run(train.Options(file=load), Console(quiet=True))


# ---------------------------------------------------------------------- what is not lost or misread


def test_the_model_never_replaces_the_data(fails, load):
    (load.parent / "link.keras").symlink_to("load.csv")
    assert fails("train", *LOAD, "-o", "link.keras") == (
        "--output must be another file than FILE; got 'link.keras', which is 'load.csv' and would "
        "be lost."
    )


def test_a_file_that_runs_backwards_is_refused_unless_asked_for(elman, fails, folder):
    write(folder / "load.csv", dated(-1))
    assert fails("train", *LOAD) == (
        "load.csv: the rows must run from the oldest to the newest; got '2024-04-28' after "
        "'2024-04-29' in row 3, column 'hour'. Sort the rows and add `--time hour`, or add "
        "`--as-ordered` to take them as they stand."
    )
    assert elman("train", *LOAD, "--as-ordered").exit_code == 0


def test_an_unknown_column_is_answered_with_its_option(fails, load):
    for option in ("--target", "--features", "--time"):
        message = fails("train", "load.csv", "--target", "load", option, "win")
        assert f"load.csv: {option} must be one of 'hour', 'load', 'wind'; got 'win'. " in message
        assert message.endswith("Did you mean 'wind'?")
