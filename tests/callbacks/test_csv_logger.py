import csv
import re

import numpy as np
import pytest

from elman.callbacks import BackupAndRestore, CSVLogger
from elman.errors import ArgumentError
from tests.callbacks.problem import Break, Feed, X, Y, fit, make


def rows(path, separator=","):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=separator))


def test_a_line_an_epoch_holds_the_logs_exactly(tmp_path):
    history = fit(CSVLogger(tmp_path / "a.csv"), validation_data=(X, Y)).history
    header, *lines = rows(tmp_path / "a.csv")
    assert header == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert [line[0] for line in lines] == ["0", "1", "2"]
    for i, name in enumerate(header[1:], 1):
        assert [float(line[i]) for line in lines] == history[name]


def test_there_are_columns_for_a_validation_that_is_yet_to_come(tmp_path):
    log = CSVLogger(tmp_path / "a.csv", separator=";")
    fit(log, epochs=2, validation_data=(X, Y), validation_freq=2)
    header, first, second = rows(tmp_path / "a.csv", ";")
    assert header == ["epoch", "loss", "mae", "val_loss", "val_mae"]
    assert first[3:] == ["NA", "NA"]
    assert float(second[3]) > 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(0.5), "0.5"),
        (np.float64(0.25), "0.25"),
        (np.array(3), "3"),
        ([1, 2], '"[1, 2]"'),
        ("a,b", "a,b"),
        (None, ""),
    ],
)
def test_numbers_lists_and_texts_can_be_written(tmp_path, value, text):
    fit(Feed([value]), CSVLogger(tmp_path / "a.csv"), epochs=1)
    assert rows(tmp_path / "a.csv")[1][3] == text


def test_every_line_is_whole_when_training_is_broken_off(tmp_path):
    path = tmp_path / "a.csv"
    read = []

    class Read(Break):
        def on_epoch_begin(self, epoch, logs=None):
            read.append(path.read_bytes())  # as another process would
            super().on_epoch_begin(epoch, logs)

    log = CSVLogger(path)
    with pytest.raises(KeyboardInterrupt):
        fit(log, Read(2, error=KeyboardInterrupt))
    assert len(rows(path)) == 3
    assert all(text.endswith(b"\r\n") for text in read[1:])
    assert log._file is None


def test_appending_goes_on_behind_what_is_there(tmp_path):
    path = tmp_path / "a.csv"
    for _ in range(2):
        fit(CSVLogger(path, append=True), epochs=2)
    assert [row[0] for row in rows(path)] == ["epoch", "0", "1", "0", "1"]
    fit(CSVLogger(path), epochs=1)
    assert [row[0] for row in rows(path)] == ["epoch", "0"]


def test_an_empty_file_gets_a_header_and_half_a_line_is_ended(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    fit(CSVLogger(path, append=True), epochs=1)
    path.write_bytes(path.read_bytes() + b"1,0.5")
    fit(CSVLogger(path, append=True), epochs=1)
    assert [row[0] for row in rows(path)] == ["epoch", "0", "1", "0"]


def test_a_table_goes_on_where_a_backup_does(tmp_path):
    backup = BackupAndRestore(tmp_path / "backup")
    log = CSVLogger(tmp_path / "a.csv", append=True)
    with pytest.raises(ZeroDivisionError):
        fit(backup, log, Break(3), epochs=5)
    fit(backup, log, epochs=5)
    assert [row[0] for row in rows(tmp_path / "a.csv")] == ["epoch", "0", "1", "2", "3", "4"]


def test_other_columns_than_those_of_the_file_are_refused(tmp_path):
    path = tmp_path / "a.csv"
    fit(CSVLogger(path), epochs=1)
    text = (
        "CSVLogger: `filename` must hold the columns loss, mae, score, val_loss, val_mae, val_score"
        f" to be appended to; got loss, mae, val_loss, val_mae, in {str(path)!r}."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(Feed([1]), CSVLogger(path, append=True), epochs=1)
    assert len(rows(path)) == 2


@pytest.mark.parametrize("bad", ["", ",,", '"', "\n"])
def test_a_separator_is_one_character(tmp_path, bad):
    text = (
        f"CSVLogger: `separator` must be one character, and no quote or end of line; got {bad!r}."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        CSVLogger(tmp_path / "a.csv", separator=bad)
    with pytest.raises(ArgumentError, match="`separator` must be a string; got 3"):
        CSVLogger("a.csv", separator=3)
    with pytest.raises(ArgumentError, match="`append` must be True or False; got 'a'"):
        CSVLogger("a.csv", append="a")


def test_a_logger_that_never_began_closes_all_the_same():
    CSVLogger("nowhere/a.csv").close()
    text = "CSVLogger: `filename` must be a file that may be written; got 'nowhere/a.csv': No such"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(CSVLogger("nowhere/a.csv"), model=make())
