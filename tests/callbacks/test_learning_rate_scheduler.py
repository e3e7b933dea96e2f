import re

import numpy as np
import pytest

import elman
from elman.callbacks import LearningRateScheduler, ReduceLROnPlateau
from elman.errors import ArgumentError
from tests.callbacks.problem import fit, make
from tests.tolerances import EXACT


@pytest.mark.parametrize(
    "own", [ReduceLROnPlateau("loss", 0.5, 0, min_delta=9), LearningRateScheduler(lambda e: 0.1)]
)
def test_a_schedule_of_the_optimizer_s_own_is_an_error(own):
    model = make(optimizer=elman.optimizers.SGD(lambda step: 0.1))
    with pytest.raises(ArgumentError, match="SGD: `learning_rate` must stay a schedule"):
        fit(own, model=model)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (lambda epoch, rate: rate / 2, [0.5, 0.25, 0.125]),
        (lambda epoch: 1 / (epoch + 1), [1, 1 / 2, 1 / 3]),
        (lambda epoch, rate: np.float32(0.5), [0.5] * 3),
        (lambda epoch, rate: np.array(0.5), [0.5] * 3),
        (lambda epoch, *rest: 0.0, [0.0] * 3),
    ],
)
def test_the_rate_of_each_epoch_is_what_the_function_returns(schedule, expected):
    own, model = LearningRateScheduler(schedule), make(rate=1.0)
    history = fit(own, model=model)
    assert history.history["learning_rate"] == pytest.approx(expected, rel=EXACT)
    assert model.optimizer.learning_rate == pytest.approx(expected[-1], rel=EXACT)


def test_an_error_inside_the_function_is_not_taken_for_one_argument_too_many():
    def wrong(epoch, rate):
        raise TypeError("of its own")

    with pytest.raises(TypeError, match="of its own"):
        fit(LearningRateScheduler(wrong))


def test_what_it_sets_is_said_if_asked(capsys):
    fit(LearningRateScheduler(lambda epoch: 0.25, verbose=1), epochs=1)
    assert capsys.readouterr().out == "Epoch 1: the learning rate is set to 0.25\n"


@pytest.mark.parametrize("bad", [1, None, "a", np.ones(1)])
def test_a_schedule_must_return_a_float(bad):
    text = f"LearningRateScheduler: `schedule` must return a float; got {bad!r} for epoch 0."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(LearningRateScheduler(lambda epoch: bad))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.5])
def test_a_rate_that_is_none_is_refused_by_the_optimizer(bad):
    with pytest.raises(ArgumentError, match="SGD: `learning_rate` must be a finite number"):
        fit(LearningRateScheduler(lambda epoch: bad))


def test_a_schedule_must_be_a_function():
    text = (
        "LearningRateScheduler: `schedule` must be a function of the epoch and the learning rate; "
        "got 0.1."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        LearningRateScheduler(0.1)
