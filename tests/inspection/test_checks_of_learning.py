"""Checks of the learning rate, by a step that is tried: each model is broken in one way."""

import re

import numpy as np
import pytest

import elman
from elman import layers, optimizers
from elman.inspection.evidence import Evidence
from elman.models.data import Adapter
from tests.inspection.problem import checks, classes, data, made, regression
from tests.tolerances import TRIED_STEP


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


def test_a_learning_rate_that_is_too_large_is_found():
    x, y = data()
    finding = checks(regression(optimizer=optimizers.Adam(3.0)), x, y)["learning rate"]
    assert finding.severity == "error"
    assert finding.wrong.startswith(
        "with learning rate 3, one more step takes the loss of the very batch"
    )
    says = "too large: try 0.0006 (0.3 % of a weight's size a step), and `clipnorm=1.0`."
    assert finding.fix.endswith(says)
    assert checks(regression(optimizer=optimizers.Adam(0.0006)), x, y) == {}
    model = made(layers.GRU(64), layers.Dense(1), optimizer=optimizers.Adam(0.05))
    model.layers[1].kernel.assign(0.01 * model.layers[1].kernel.numpy())
    finding = checks(model, x, y)["learning rate"]
    assert "of its size (0.1 % to 1 % is usual)" in finding.wrong or finding.severity == "error"


@pytest.mark.parametrize("rate", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("epochs", [1, 10])
def test_a_learning_rate_that_was_too_large_is_named_first_after_training(rate, epochs):
    """Beside weights that it has made huge, one more step is small and does no more harm."""
    x, y = data()
    model = made(layers.LSTM(16), layers.Dense(1), optimizer=optimizers.Adam(rate))
    model.fit(x, y, epochs=epochs, verbose=0)
    found = elman.diagnose(model, x, y)
    assert {"spectral radius", "saturated gates"} & {each.check for each in found.findings}
    first = found.findings[0]
    assert first.check == "learning rate", str(found)
    says = rf"with learning rate {rate:.3g}, the first step of a new model (takes|moves) "
    assert re.match(says, first.wrong), first.wrong
    says = "The learning rate was too large: build the model anew, and try 0.000"
    assert first.fix.startswith(says)
    assert (first.severity == "note") == (found.loss < 0.7 * found.chance)


def test_weights_that_are_too_large_from_the_start_are_not_laid_to_the_learning_rate():
    x, y = data()
    model = made(layers.SimpleRNN(8, "relu"), layers.Dense(1), optimizer=optimizers.SGD(0.01))
    model.layers[0].recurrent_kernel.assign(3 * np.eye(8))
    found = checks(model, x, y)
    assert "spectral radius" in found
    assert "learning rate" not in found


def test_a_large_rate_that_works_is_no_alarm():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(1), optimizer=optimizers.SGD(0.5))
    model.fit(x, y, epochs=40, verbose=0)
    found = elman.diagnose(model, x, y)
    assert found.of("learning rate") == [], str(found)
    assert found.ok


def test_a_learning_rate_that_is_too_small_is_found():
    x, y = data()
    finding = checks(regression(optimizer=optimizers.SGD(1e-8)), x, y)["learning rate"]
    assert finding.severity == "warning"
    assert finding.wrong.startswith("with learning rate 1e-08, one more step moves no weight by")
    assert finding.fix.startswith("The learning rate is too small: try ")
    advised = float(finding.fix.split("try ")[1].split()[0])
    assert finding.fix.endswith(" (0.3 %).")
    assert checks(regression(optimizer=optimizers.SGD(advised)), x, y) == {}
    for momentum in (0.99, 1.0):  # by which steps grow
        healthy = regression(optimizer=optimizers.SGD(1e-4, momentum=momentum))
        assert checks(healthy, x, y) == {}
    model = regression()
    model.optimizer.learning_rate = 0.0
    assert (
        checks(model, x, y)["learning rate"].wrong == "the learning rate is 0: nothing is learned."
    )
    for start, ends in ((1e-3, True), (1e-2, False)):
        ended = optimizers.schedules.CosineDecay(start, decay_steps=7 if ends else 280)
        model = regression(optimizer=optimizers.Adam(ended))
        model.fit(x, y, epochs=1 if ends else 40, verbose=0)
        notes = elman.diagnose(model, x, y).of("learning rate")
        wrong = ["after 7 steps the schedule's learning rate is 0."] if ends else []
        assert [each.wrong for each in notes] == wrong
        assert all(each.severity == "note" for each in notes)


@pytest.mark.parametrize("units", [8, 16, 128])
def test_a_rate_that_is_small_for_adam_is_found_before_and_after_training(units):
    x, y = data()
    made_with = {rate: made(layers.GRU(units), layers.Dense(1), optimizer=optimizers.Adam(rate))
                 for rate in (1e-5, 1e-4, 1e-3)}  # fmt: skip
    (finding,) = elman.diagnose(made_with[1e-5], x, y).of("learning rate")
    small = units < 128  # more of them learn with this rate too, if slowly
    assert finding.severity == ("warning" if small else "note")
    assert re.search(r"by more than 0\.0[0-2]\d* % of its size \(0\.1 % to 1 % is", finding.wrong)
    for rate in (1e-4, 1e-3):
        assert elman.diagnose(made_with[rate], x, y).of("learning rate") == []
    made_with[1e-5].fit(x, y, epochs=5, verbose=0)
    assert ("learning rate" in checks(made_with[1e-5], x, y)) == small


def test_the_rate_that_stacks_are_usually_begun_with_is_no_more_than_a_note():
    x, labels = classes()
    inside = layers.GRU(24, return_sequences=True), layers.LSTM(24), layers.Dense(32, "relu")
    loss = "sparse_categorical_crossentropy"
    model = made(*inside, layers.Dense(3, "softmax"), loss=loss, optimizer=optimizers.SGD(0.01))
    assert checks(model, x, labels) == {}


def test_small_steps_of_a_model_that_has_arrived_are_no_finding():
    x, y = data()
    noisy = y + np.random.default_rng(5).normal(size=y.shape)  # most of which cannot be learned
    model = made(layers.GlobalAveragePooling1D(), layers.Dense(1), optimizer=optimizers.SGD(0.1))
    model.fit(x, noisy, epochs=200, verbose=0, batch_size=200)
    found = elman.diagnose(model, x, noisy, samples=200)
    assert found.loss > 0.7 * found.chance
    assert found.of("learning rate") == []


def test_a_rate_that_gradients_are_too_small_for_is_not_multiplied():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(1), loss=tiny)
    finding = checks(made(layers.GRU(8), layers.Dense(1), loss=tiny, optimizer="sgd"), x, y)
    fix = "Gradients are too small for such steps: use `elman.optimizers.Adam(0.001)`."
    assert finding["learning rate"].fix == fix
    assert "learning rate" not in checks(model, x, y)


def tiny(y, p):
    return 1e-4 * elman.ops.square(y - p)


def test_a_schedule_may_begin_small():
    x, y = data()
    rising = optimizers.schedules.CosineDecay(
        0.0, decay_steps=100, warmup_target=1e-3, warmup_steps=50
    )
    model = regression(optimizer=optimizers.Adam(rising))
    assert checks(model, x, y) == {}
    model.fit(x[:32], y[:32], epochs=1, verbose=0)
    found = elman.diagnose(model, x, y)
    assert found.ok
    assert [each.severity for each in found.of("learning rate")] == ["note"]


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.01, momentum=0.9), optimizers.SGD(1e-3, momentum=0.9),
        optimizers.Nadam(1e-3, gradient_accumulation_steps=4),
        optimizers.Adam(optimizers.schedules.ExponentialDecay(1e-3, 10, 0.9), use_ema=True),
        optimizers.RMSprop(1e-3, weight_decay=1e-4), optimizers.Muon(1e-3), optimizers.Lamb(1e-3),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)  # fmt: skip
def test_a_step_is_tried_with_any_optimizer(optimizer):
    x, y = data()
    model = regression(optimizer=type(optimizer).from_config(optimizer.get_config()))
    assert checks(model, x, y) == {}
    model.fit(x, y, epochs=1, verbose=0)
    before = model.optimizer.state()
    assert checks(model, x, y) == {}
    for name, array in model.optimizer.state().items():
        np.testing.assert_array_equal(array, before[name])


def test_the_step_that_is_tried_is_the_one_that_training_takes():
    x, y = data(32)
    model = regression(optimizer=optimizers.Adam(0.01, clipnorm=0.1))
    model.fit(x, y, epochs=3, verbose=0)
    evidence = Evidence(model, Adapter(model).one(x, y))
    expected = evidence.stepped
    model.train_on_batch(x, y)
    for weight, array in zip(model.trainable_weights, expected, strict=True):
        np.testing.assert_allclose(weight.array, array, rtol=0, atol=TRIED_STEP)


class Boosted(optimizers.SGD):
    """An optimizer whose constructor names its own options alone, and passes on one more."""

    def __init__(self, boost=2.0):
        super().__init__(0.005 * boost, gradient_accumulation_steps=2)
        self.boost = boost


class Plain(optimizers.Optimizer):
    """Plain gradient descent."""

    slots = ()

    def __init__(self, learning_rate=0.01):
        super().__init__(learning_rate)

    def step(self, w, g, slots, work, eta):
        w -= eta * g


@pytest.mark.parametrize("optimizer", [Boosted, Plain])
def test_a_step_is_tried_with_an_optimizer_of_one_s_own(optimizer):
    x, y = data()
    model = regression(optimizer=optimizer())
    assert checks(model, x, y) == {}
    model.fit(x, y, epochs=1, verbose=0)
    assert checks(model, x, y) == {}
    stopped = regression(optimizer=optimizer())
    stopped.optimizer.learning_rate = 0.0
    assert checks(stopped, x, y)["learning rate"].severity == "error"


class Halves(optimizers.schedules.LearningRateSchedule):
    """A schedule that is registered nowhere, and has no `get_config`."""

    def __call__(self, step):
        return 0.01 * 0.5**step


@pytest.mark.parametrize("rate", [Halves(), lambda step: 0.01, lambda: 0.01])
def test_a_step_is_tried_with_a_schedule_of_one_s_own(rate):
    x, y = data()
    model = regression(optimizer=optimizers.SGD(rate))
    assert checks(model, x, y) == {}
    model.fit(x, y, epochs=1, verbose=0)
    model.optimizer.iterations = 2
    evidence = Evidence(model, Adapter(model).one(x, y))
    moved = evidence.stepped[0] - model.trainable_weights[0].array
    rate_now = float(model.optimizer.learning_rate)
    np.testing.assert_allclose(moved, -rate_now * evidence.found.dweights[0], atol=TRIED_STEP)


def test_a_loss_below_zero_that_falls_is_no_sign_of_a_large_learning_rate():
    x = np.random.default_rng(0).normal(size=(40, 6, 2))
    model = elman.Sequential([elman.Input((6, 2)), layers.GRU(8), layers.Dense(2)])
    model.compile("adam", elman.losses.CosineSimilarity())
    model.fit(x, x.sum(axis=1), epochs=20, verbose=0)
    found = elman.diagnose(model, x, x.sum(axis=1))
    assert found.loss < 0
    assert found.of("learning rate") == []
