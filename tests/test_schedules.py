"""Learning rates that change, against Keras's, and what makes, saves and uses them."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ElmanError, NotBuiltError, UnsupportedError
from elman.models import load_model
from elman.optimizers import SGD, Adam, deserialize, schedules, serialize
from elman.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
    PolynomialDecay,
)
from elman.parameters import Weight
from tests.golden import optimizer_cases as cases
from tests.tolerances import KERAS_SCHEDULE

GOLDEN = np.load(Path(__file__).parent / "golden" / "optimizers.npz")
TIMES = np.array(cases.TIMES)


def make(label):
    kind, arguments = cases.SCHEDULES[label]
    return getattr(schedules, kind)(**arguments)


@pytest.mark.parametrize("label", cases.SCHEDULES)
def test_learning_rates_are_keras_s(label):
    schedule, expected = make(label), GOLDEN[f"schedule/{label}"]
    found = [schedule(int(t)) for t in TIMES]
    assert {rate.dtype for rate in found} == {np.dtype("float32")}
    scale = expected.max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=KERAS_SCHEDULE * scale)
    together = schedule(TIMES)
    assert together.dtype == "float32"
    np.testing.assert_allclose(together, expected, rtol=0, atol=KERAS_SCHEDULE * scale)


@pytest.mark.parametrize("label", cases.SCHEDULES)
def test_a_config_makes_the_same_schedule_again(label):
    schedule = make(label)
    config = json.loads(json.dumps(schedules.serialize(schedule)))
    assert config["module"] == "keras.optimizers.schedules"
    again = schedules.deserialize(config)
    assert again.get_config() == schedule.get_config()
    np.testing.assert_array_equal(again(TIMES), schedule(TIMES))


def test_names_and_defaults_are_keras_s():
    made = [
        ExponentialDecay(0.1, 1, 1),
        PiecewiseConstantDecay([1], [1, 2]),
        PolynomialDecay(0.1, 1),
        InverseTimeDecay(0.1, 1, 1),
        CosineDecay(0.1, 1),
        CosineDecayRestarts(0.1, 1),
    ]
    assert [schedule.get_config() for schedule in made] == [
        {"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 1.0, "staircase": False}
        | {"name": "ExponentialDecay"},
        {"boundaries": [1], "values": [1, 2], "name": "PiecewiseConstant"},
        {"initial_learning_rate": 0.1, "decay_steps": 1, "end_learning_rate": 0.0001}
        | {"power": 1.0, "cycle": False, "name": "PolynomialDecay"},
        {"initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 1.0, "staircase": False}
        | {"name": "InverseTimeDecay"},
        {"initial_learning_rate": 0.1, "decay_steps": 1, "alpha": 0.0, "name": "CosineDecay"}
        | {"warmup_target": None, "warmup_steps": 0},
        {"initial_learning_rate": 0.1, "first_decay_steps": 1, "t_mul": 2.0, "m_mul": 1.0}
        | {"alpha": 0.0, "name": "SGDRDecay"},
    ]


@pytest.mark.parametrize("t_mul", [1.0, 1.5, 2.0, 3.0])
def test_pieces_restart_at_the_step_at_which_they_must(t_mul):
    schedule = CosineDecayRestarts(1.0, 100, t_mul=t_mul)
    starts = [100 * sum(t_mul**k for k in range(i)) for i in range(1, 4)]
    for start in starts:
        assert schedule(round(start)) > 0.99
        assert schedule(round(start) - 1) < 0.01


def test_warmup_of_no_steps_begins_at_its_target():
    assert CosineDecay(0.0, 10, warmup_target=0.5)(0) == 0.5


def test_an_optimizer_follows_its_schedule():
    weight = Weight(np.zeros(1), name="w", path="w")
    optimizer = SGD(PiecewiseConstantDecay([1], [1.0, 0.25]))
    rates = []
    for _ in range(3):
        rates.append(optimizer.learning_rate)
        optimizer.apply([[-1.0]], [weight])
    assert rates == [1.0, 1.0, 0.25]
    np.testing.assert_array_equal(weight.array, [2.25])


def test_a_schedule_counts_batches_where_several_make_a_step():
    weight = Weight(np.zeros(1), name="w", path="w")
    optimizer = SGD(lambda batch: 1.0 + batch, gradient_accumulation_steps=2)
    for expected in (1.0, 2.0, 3.0):
        assert optimizer.learning_rate == expected
        optimizer.apply([[-1.0]], [weight])
    np.testing.assert_array_equal(weight.array, [2.0])


def test_a_function_of_nothing_is_called_with_nothing_as_in_keras():
    rates = iter([0.5, 0.25])
    optimizer, weight = SGD(lambda: next(rates)), Weight(np.zeros(1), name="w", path="w")
    for _ in range(2):
        optimizer.apply([[-1.0]], [weight])
    np.testing.assert_array_equal(weight.array, [0.75])
    assert SGD(lambda *, scale=2.0: 0.25 * scale).learning_rate == 0.5
    assert SGD(max).get_config  # a function without a signature is called with the number of steps


@pytest.mark.parametrize("label", cases.SCHEDULES)
def test_an_optimizer_is_saved_with_its_schedule(label):
    optimizer = Adam(make(label))
    config = json.loads(json.dumps(serialize(optimizer)))
    again = deserialize(config)
    assert again.get_config() == optimizer.get_config()
    assert "learning_rate" not in again.state()


def test_a_saved_model_goes_on_with_its_schedule(tmp_path):
    x, y = np.ones((4, 3, 2), "float32"), np.ones((4, 1), "float32")

    def train(model, batches):
        for _ in range(batches):
            model.train_on_batch(x, y)

    model = Sequential([Input((3, 2)), layers.SimpleRNN(2), layers.Dense(1)])
    model.compile(SGD(ExponentialDecay(0.1, 2, 0.5), momentum=0.9), "mse")
    train(model, 3)
    model.save(tmp_path / "a.keras")
    again = load_model(tmp_path / "a.keras")
    assert again.optimizer.learning_rate == model.optimizer.learning_rate < 0.1
    train(model, 3)
    train(again, 3)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class Halving(LearningRateSchedule):
    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start * 0.5**step


class Forgetful(LearningRateSchedule):
    def __init__(self, start):
        pass


def test_a_schedule_of_one_s_own_works_and_has_a_config():
    optimizer = SGD(Halving(0.5))
    assert optimizer.learning_rate == 0.5
    config = optimizer.get_config()["learning_rate"]
    assert (config["class_name"], config["config"]) == ("Halving", {"start": 0.5})
    assert Halving.from_config(config["config"])(1) == 0.25


def raising(rate):
    optimizer = SGD(lambda step: rate)
    return optimizer.apply([[1.0]], [Weight(np.zeros(1), name="w", path="w")])


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda: ExponentialDecay(0.1, 0, 0.5),
            ArgumentError,
            "ExponentialDecay: `decay_steps` must be positive; got 0.",
        ),
        (
            lambda: ExponentialDecay(-0.1, 1, 0.5),
            ArgumentError,
            "ExponentialDecay: `initial_learning_rate` must be a finite number and at least 0; got"
            " -0.1.",
        ),
        (
            lambda: InverseTimeDecay(0.1, 1, np.nan),
            ArgumentError,
            "InverseTimeDecay: `decay_rate` must be a finite number and at least 0; got nan.",
        ),
        (
            lambda: InverseTimeDecay(0.1, 1, 1, staircase=2),
            ArgumentError,
            "InverseTimeDecay: `staircase` must be True or False; got 2.",
        ),
        (
            lambda: PolynomialDecay(0.1, 10, power="x"),
            ArgumentError,
            "PolynomialDecay: `power` must be a finite number and at least 0; got 'x'.",
        ),
        (
            lambda: PolynomialDecay(0.1, 10, name=3),
            ArgumentError,
            "PolynomialDecay: `name` must be a string; got 3.",
        ),
        (
            lambda: CosineDecay(0.1, 10, warmup_steps=-1),
            ArgumentError,
            "CosineDecay: `warmup_steps` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5),
            ArgumentError,
            "CosineDecayRestarts: `t_mul` must be at least 1; got 0.5. Shorter and shorter pieces"
            " would come to an end.",
        ),
        (
            lambda: PiecewiseConstantDecay([1, 2], [1, 2]),
            ArgumentError,
            "PiecewiseConstantDecay: `values` must have one entry more than `boundaries`; got 2 for"
            " 2.",
        ),
        (
            lambda: PiecewiseConstantDecay([2, 1], [1, 2, 3]),
            ArgumentError,
            "PiecewiseConstantDecay: `boundaries` must rise; got [2, 1].",
        ),
        (
            lambda: PiecewiseConstantDecay(5, [1, 2]),
            ArgumentError,
            "PiecewiseConstantDecay: `boundaries` must be a list of numbers; got 5.",
        ),
        (
            lambda: PiecewiseConstantDecay([5], [1, None]),
            ArgumentError,
            "PiecewiseConstantDecay: `values` must be a finite number; got None.",
        ),
        (
            lambda: LearningRateSchedule()(0),
            UnsupportedError,
            "LearningRateSchedule: `__call__` must be defined by the class; it is not. Define ",
        ),
        (
            lambda: Forgetful(1).get_config(),
            NotBuiltError,
            "Forgetful: each argument must be kept in an attribute of the same name to be saved;"
            " got none for `start`. Or define `get_config`.",
        ),
        (
            lambda: schedules.serialize(lambda step: 0.1),
            UnsupportedError,
            "schedule: `<lambda>` must be registered to be saved, because it has no name by which",
        ),
        (
            lambda: schedules.deserialize({"class_name": "CosineDecy", "config": {}}),
            ArgumentError,
            "got 'CosineDecy'. Did you mean 'CosineDecay'?",
        ),
        (
            lambda: schedules.deserialize({"class_name": "CosineDecay", "config": {"steps": 1}}),
            ArgumentError,
            "CosineDecay: `config` must hold only arguments; got 'steps'.",
        ),
        (
            lambda: SGD.from_config({"learning_rate": {"class_name": "Halving", "config": {}}}),
            ArgumentError,
            "schedule: `identifier` must be one of",
        ),
        (
            lambda: raising(np.nan),
            ArgumentError,
            "SGD: `learning_rate` must be a schedule that returns finite numbers; got nan after 0"
            " steps.",
        ),
        (lambda: raising("fast"), ArgumentError, "got 'fast' after 0 steps."),
        (lambda: raising(None), ArgumentError, "got None after 0 steps."),
    ],
)
def test_errors_name_the_argument_and_the_rule(call, error, text):
    with pytest.raises(error, match=re.escape(text)) as caught:
        call()
    assert isinstance(caught.value, ElmanError)
