"""Scores: the errors by step and overall, and the season that a baseline repeats."""

import re

import numpy as np
import pytest

from elman.errors import ArgumentError
from elman.forecasting import Errors, Series, make_windows
from elman.forecasting.scores import choose_season, score, score_baselines


def series(values):
    values = np.asarray(values, float)[:, None]
    measured = np.ones(len(values), bool)
    return Series(("load",), values, measured, range(2, 2 + len(values)), "a.csv")


def test_a_score_has_the_errors_of_each_step_and_of_all():
    found = score("net", np.zeros((2, 2)), np.array([[1.0, 3.0], [1.0, -4.0]]))
    assert found.by_step[0] == Errors(1.0, 1.0)
    assert found.by_step[1].mae == 3.5
    assert found.overall.mae == 2.25
    assert found.overall.rmse == np.sqrt(27 / 4)


def test_baselines_are_measured_on_the_held_out_rows_alone():
    wave = np.tile([0.0, 1.0, 2.0, 3.0], 30)
    wave[:96] += np.random.default_rng(0).normal(size=96)  # the last fifth is free of noise
    made = series(wave)
    data = make_windows(made, lookback=5)
    last, season = score_baselines(made, data, 1, 4)
    assert (last.name, season.name) == ("last value", "one season ago (4 rows)")
    assert last.overall.mae > 1
    clean = score_baselines(series(np.tile([0.0, 1.0, 2.0, 3.0], 30)), data, 1, 4)[1]
    assert clean.overall == Errors(0.0, 0.0)


def test_without_a_season_there_is_one_baseline():
    made = series(np.arange(50.0))
    (only,) = score_baselines(made, make_windows(made, lookback=5), 1, None)
    assert only.name == "last value"
    assert only.overall == Errors(1.0, 1.0)


def test_the_season_is_guessed_from_the_training_rows_or_taken_as_given():
    wave = np.tile([0.0, 1.0, 5.0, 1.0], 30)
    wave[78:] = 0.0
    made = series(wave)
    data = make_windows(made, lookback=5)
    assert data.train_end == 78
    assert choose_season(made, data, None) == 4
    assert choose_season(made, data, 7) == 7


def test_a_season_longer_than_what_is_known_is_refused():
    made = series(np.arange(50.0))
    data = make_windows(made, lookback=5)
    assert choose_season(made, data, 40) == 40
    message = (
        "a.csv: `season` must be at most 40, the rows before the first held-out forecast; got 41."
    )
    with pytest.raises(ArgumentError, match=re.escape(message)):
        choose_season(made, data, 41)
