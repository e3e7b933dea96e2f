"""A short training."""

import numpy as np

from tests.cli.conftest import rows

QUICK = ("--lookback", "20", "--units", "4", "--epochs", "2")
LOAD = ("load.csv", "--target", "load", *QUICK)


def dated(step=1):
    days = np.arange("2024-01-01", "2024-04-30", dtype="datetime64[D]")
    lines = [[str(day), *line[1:]] for day, line in zip(days, rows(), strict=True)]
    return lines[::step]
