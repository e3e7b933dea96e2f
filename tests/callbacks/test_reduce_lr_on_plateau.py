import re

import numpy as np
import pytest

from elman.callbacks import ReduceLROnPlateau
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, fit, make
from tests.tolerances import EXACT


def rates(values, **options):
    """Return the rate of each epoch when the monitored number runs through `values`."""
    options = {"monitor": "score", "mode": "min", "factor": 0.5, **options}
    own = ReduceLROnPlateau(**options)
    history = fit(Feed(values), own, model=make(rate=1.0), epochs=len(values))
    return history.history["learning_rate"]


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([3, 2, 1, 0], {"patience": 1}, [1, 1, 1, 1]),
        ([3, 3, 3, 3], {"patience": 1}, [1, 1, 0.5, 0.25]),
        ([3, 3, 3, 3, 3, 3], {"patience": 2}, [1, 1, 1, 0.5, 0.5, 0.25]),
        ([3, 3, 3, 3, 3, 3], {"patience": 1, "cooldown": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25]),
        ([3, 3, 3, 3, 3], {"patience": 1, "min_lr": 0.3}, [1, 1, 0.5, 0.3, 0.3]),
        ([3, 2.5, 2, 1.5], {"patience": 1, "min_delta": 0.7}, [1, 1, 0.5, 0.5]),
        ([3, 2, 1], {"patience": 1, "mode": "max"}, [1, 1, 0.5]),
        ([3, 3, 3], {"patience": 0}, [1, 1, 0.5]),
    ],
)
def test_the_rate_falls_when_nothing_gets_better(values, options, expected):
    assert rates(values, **options) == pytest.approx(expected, rel=EXACT)


def test_each_fit_begins_anew():
    own = ReduceLROnPlateau("score", mode="min", patience=2)
    for _ in range(2):
        history = fit(Feed([3, 3, 3]), own, model=make(rate=1.0))
        assert (history.history["learning_rate"], own.best) == ([1.0] * 3, 3)


def test_the_rate_is_in_the_history_though_the_number_is_not_in_the_logs():
    text = (
        "ReduceLROnPlateau: `monitor` must be among the logs, loss, mae, learning_rate; "
        "got 'val_loss'."
    )
    with pytest.warns(UserWarning, match=re.escape(text)):
        history = fit(ReduceLROnPlateau())
    assert history.history["learning_rate"] == [0.01] * 3


def test_a_reduction_is_said_if_asked(capsys):
    rates([3, 3], patience=1, verbose=1)
    assert capsys.readouterr().out == "Epoch 2: the learning rate is reduced to 0.5\n"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"factor": 1.0},
            "`factor` must be above 0 and below 1; got 1.0. The learning rate is multiplied by it.",
        ),
        ({"factor": 0}, "`factor` must be above 0 and below 1; got 0."),
        ({"factor": "a"}, "`factor` must be a finite number; got 'a'."),
        ({"patience": -1}, "`patience` must be an integer of at least 0; got -1."),
        ({"cooldown": 1.5}, "`cooldown` must be an integer of at least 0; got 1.5."),
        ({"min_lr": -1}, "`min_lr` must be a finite number and at least 0; got -1."),
        ({"min_delta": np.nan}, "`min_delta` must be a finite number; got nan."),
        ({"mode": "down"}, "`mode` must be one of 'auto', 'min', 'max'; got 'down'."),
    ],
)
def test_errors_name_the_argument_and_the_fix(options, text):
    with pytest.raises(ArgumentError, match=re.escape(f"ReduceLROnPlateau: {text}")):
        ReduceLROnPlateau(**options)
