"""How far forecasts are off on the held-out rows: the net's beside those that need no training."""

from dataclasses import dataclass

from elman._typing import Array
from elman.errors import ArgumentError
from elman.forecasting.baselines import Errors, errors, guess_season, last_value, seasonal
from elman.forecasting.series import Series
from elman.forecasting.windows import Dataset


@dataclass(frozen=True)
class Score:
    """How far one way to forecast is off.

    Attributes:
        name: what it is called.
        overall: over the whole horizon.
        by_step: one row ahead, two rows ahead ….
    """

    name: str
    overall: Errors
    by_step: tuple[Errors, ...]


def score(name: str, actual: Array, forecasts: Array) -> Score:
    """Measure forecasts (batch, horizon) against what came true.

    >>> import numpy as np
    >>> score("net", np.zeros((2, 2)), np.array([[1.0, 2.0], [1.0, -4.0]])).by_step[1].mae
    3.0
    """
    steps = zip(actual.T, forecasts.T, strict=True)
    return Score(name, errors(actual, forecasts), tuple(errors(y, f) for y, f in steps))


def choose_season(series: Series, data: Dataset, season: int | None) -> int | None:
    """Return the season in rows that the baseline repeats, or None if there is none.

    Args:
        series: the series.
        data: its windows.
        season: what the person said; None to guess it from the training rows.

    Raises:
        ArgumentError: there is less than one season before the first forecast on held-out rows.
    """
    if season is None:
        return guess_season(series.values[: data.train_end, 0])
    known = int(data.test.origins.min()) + 1
    if season > known:
        raise ArgumentError(
            f"{series.source}: `season` must be at most {known}, the rows before the first "
            f"held-out forecast; got {season}."
        )
    return season


def score_baselines(
    series: Series, data: Dataset, horizon: int, season: int | None
) -> tuple[Score, ...]:
    """Measure the baselines on the held-out rows: last value and, given a season, seasonal."""
    values, origins, actual = series.values[:, 0], data.test.origins, data.test.actual
    scores = [score("last value", actual, last_value(values, origins, horizon))]
    if season is not None:
        same = seasonal(values, origins, horizon, season)
        rows = "row" if season == 1 else "rows"
        scores.append(score(f"one season ago ({season} {rows})", actual, same))
    return tuple(scores)
