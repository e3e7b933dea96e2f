"""Small files of measurements, and a command line to try on them."""

import numpy as np
import pytest
from typer.testing import CliRunner

from elman.cli import app

ROWS = 120


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows():
    """Return the rows of load.csv: hour, load and wind; load follows wind by an hour."""
    rng = np.random.default_rng(0)
    wind = np.sin(np.arange(ROWS) / 3) + 0.1 * rng.normal(size=ROWS)
    load = 50 + 3 * np.roll(wind, 1) + 0.05 * np.arange(ROWS)
    return [[str(i), f"{load[i]:.4f}", f"{wind[i]:.4f}"] for i in range(ROWS)]


def write(path, lines, header="hour,load,wind"):
    path.write_text("\n".join([header, *(",".join(line) for line in lines)]) + "\n")
    return path


@pytest.fixture
def load(folder):
    """Return load.csv."""
    return write(folder / "load.csv", rows())


@pytest.fixture
def elman():
    """Return a function that runs a command and returns its result."""

    def run(*arguments):
        return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)

    return run


@pytest.fixture
def fails(elman, folder):
    """Return a function that checks that a command fails with one line and writes nothing."""

    def run(*arguments):
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        result = elman(*arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert result.stderr.startswith("elman: ")
        assert result.stderr.count("\n") == 1
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
        return result.stderr.removeprefix("elman: ").rstrip("\n")

    return run
