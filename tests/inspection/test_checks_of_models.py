"""Checks of units, recurrence and what training has come to: each model is broken in one way."""

import numpy as np
import pytest

import elman
from elman import layers
from elman.inspection.checks.ranges import BOUNDED, RANGES
from tests.inspection.problem import T, checks, classes, data, made, regression
from tests.tolerances import FLOAT32, SOFT_END


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


# ---------------------------------------------------------------------- units


def test_saturated_gates_are_found():
    x, y = data()
    model = made(layers.LSTM(8, name="lstm"), layers.Dense(1))
    model.layers[0].kernel.assign(300 * model.layers[0].kernel.numpy())
    finding = checks(model, x, y)["saturated gates"]
    assert (finding.severity, finding.layer) == ("warning", "lstm")
    assert "% of the values of its input gate are within 0.02 of 0 or 1" in finding.wrong
    assert "of the values of its candidate are within 0.02 of -1 or 1" in finding.wrong
    rnn = made(layers.SimpleRNN(8, name="rnn"), layers.Dense(1))
    rnn.layers[0].kernel.assign(300 * rnn.layers[0].kernel.numpy())
    assert "of its activation are" in checks(rnn, x, y)["saturated gates"].wrong


def test_gates_that_keep_are_not_saturated():
    x, y = data()
    model = made(layers.LSTM(8), layers.Dense(1))
    bias = model.layers[0].bias.numpy()
    bias[8:16] = 10.0  # forget nothing
    model.layers[0].bias.assign(bias)
    assert checks(model, x, y) == {}
    bias[8:16] = -10.0  # forget everything
    model.layers[0].bias.assign(bias)
    assert "forget gate" in checks(model, x, y)["saturated gates"].wrong


def test_dead_units_are_found():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(10, "relu", name="hidden"), layers.Dense(1))
    assert checks(model, x, y) == {}
    model.layers[1].bias.assign(np.full(10, -50.0))
    every = checks(model, x, y, samples=200)["dead units"]
    assert (every.severity, every.layer) == ("error", "hidden")
    assert every.wrong == "10 of 10 units are always 0: relu is never above zero, whatever goes in."
    model.layers[1].bias.assign([-50.0] * 6 + [0.0] * 4)
    most = checks(model, x, y)["dead units"]
    assert most.severity == "warning"
    assert most.wrong.endswith("whatever goes in (seen in 64 samples drawn from 200).")
    model.layers[1].bias.assign([-50.0] * 2 + [0.5] * 8)
    (few,) = elman.diagnose(model, x, y).of("dead units")
    assert few.severity == "note"
    rnn = made(layers.SimpleRNN(4, "relu", name="rnn"), layers.Dense(1))
    rnn.layers[0].bias.assign(np.full(4, -50.0))
    assert checks(rnn, x, y)["dead units"].layer == "rnn"


def test_constant_units_are_found():
    x, y = data()
    model = regression()
    model.layers[1].kernel.assign(np.zeros((8, 1)))
    finding = checks(model, x, y, samples=200)["constant units"]
    assert (finding.severity, finding.layer) == ("error", "out")
    assert finding.wrong == "1 of 1 unit never change, whatever goes in."
    gru = regression()
    gru.set_weights([0 * w for w in gru.get_weights()])
    both = elman.diagnose(gru, x, y, samples=200).of("constant units")
    assert [each.layer for each in both] == ["gru", "out"]
    assert both[0].wrong == "8 of 8 units never change, whatever goes in."


def test_layers_that_no_gradient_reaches_are_found():
    x, y = data()
    model = regression()
    model.layers[1].kernel.assign(np.zeros((8, 1)))
    finding = checks(model, x, y)["no gradient"]
    assert (finding.severity, finding.layer) == ("warning", "gru")
    assert finding.wrong == "the gradient of all its weights is exactly 0."
    found = checks(regression(), x, y, sample_weight=np.zeros(200))
    assert found["no gradient"].wrong == "the gradient of every weight is exactly 0."
    model.trainable = False
    assert checks(model, x, y)["nothing trained"].severity == "error"


# ---------------------------------------------------------------------- recurrence


def test_a_recurrent_kernel_that_makes_states_grow_is_found():
    x, y = data()
    model = made(layers.SimpleRNN(8, "relu", name="rnn"), layers.Dense(1))
    assert "spectral radius" not in checks(model, x, y)
    model.layers[0].recurrent_kernel.assign(2 * np.eye(8))
    finding = checks(model, x, y)["spectral radius"]
    assert (finding.severity, finding.layer) == ("warning", "rnn")
    assert "recurrent kernel is 2, and relu has no bound: over 20 steps" in finding.wrong
    assert "by 2^20 = 1e6." in finding.wrong
    gru = made(layers.GRU(8, "relu", name="gru"), layers.Dense(1))
    kernel = gru.layers[0].recurrent_kernel.numpy()
    kernel[:, 16:] = 3 * np.eye(8)
    gru.layers[0].recurrent_kernel.assign(kernel)
    assert "kernel of the candidate is 3" in checks(gru, x, y)["spectral radius"].wrong
    tanh = made(layers.SimpleRNN(8), layers.Dense(1))
    tanh.layers[0].recurrent_kernel.assign(9 * np.eye(8))
    assert "ends of their range, or into chaos" in checks(tanh, x, y)["spectral radius"].wrong


def test_exploding_gradients_are_found():
    x, y = data()
    model = made(layers.SimpleRNN(8, "linear", name="rnn"), layers.Dense(1))
    model.layers[0].recurrent_kernel.assign(1.5 * np.eye(8))
    finding = checks(model, x, y)["exploding gradient"]
    assert (finding.severity, finding.layer) == ("warning", "rnn")
    assert "by a factor of 1.5 a step" in finding.wrong
    assert "clipnorm" in finding.fix


def test_vanishing_gradients_are_found():
    x = np.random.default_rng(0).normal(size=(100, 60, 3)).astype("float32")
    y = x[:, :1, 0]
    model = made(layers.SimpleRNN(8, name="rnn"), layers.Dense(1), shape=(60, 3))
    model.layers[0].recurrent_kernel.assign(0.1 * np.eye(8))
    finding = checks(model, x, y)["vanishing gradient"]
    assert (finding.severity, finding.layer) == ("warning", "rnn")
    assert "below 1 % of it is left 2 of 59 steps back" in finding.wrong
    assert "use an LSTM or a GRU" in finding.fix
    model.layers[0].recurrent_kernel.assign(np.zeros((8, 8)))
    assert "No gradient flows back" in checks(model, x, y)["vanishing gradient"].wrong


def test_a_short_memory_is_a_note_before_training_and_a_warning_where_nothing_was_learned():
    x = np.random.default_rng(0).normal(size=(100, 60, 3)).astype("float32")
    y = x[:, :1, 0]
    model = made(layers.GRU(8, name="gru"), layers.Dense(1), shape=(60, 3))
    found = elman.diagnose(model, x, y)
    assert [each.severity for each in found.of("vanishing gradient")] == ["note"]
    model.fit(x, y, epochs=10, verbose=0)  # 40 steps are a beginning
    assert checks(model, x, y) == {}
    model.fit(x, y, epochs=30, verbose=0)
    found = checks(model, x, y)
    assert set(found) == {"vanishing gradient", "loss at chance"}
    assert "a GRU's update bias likewise" in found["vanishing gradient"].fix


@pytest.mark.parametrize("layer", [layers.SimpleRNN, layers.LeakyRNN, layers.IndRNN])
def test_cells_without_gates_are_not_told_to_begin_with_gates_that_keep(layer):
    x = np.random.default_rng(0).normal(size=(40, 200, 3)).astype("float32")
    model = made(layer(8), layers.Dense(1), shape=(200, 3))
    (recurrent,) = (each for each in model.layers[0].weights if "recurrent" in each.name)
    recurrent.assign(0.1 * recurrent.numpy())
    (finding,) = elman.diagnose(model, x, x[:, :1, 0]).of("vanishing gradient")
    assert "gates" not in finding.fix


@pytest.mark.parametrize("layer", [layers.GRU, layers.LSTM, layers.SimpleRNN])
def test_a_fresh_net_s_short_memory_is_normal_however_long_the_sequences(layer):
    x = np.random.default_rng(0).normal(size=(40, 400, 3)).astype("float32")
    model = made(layer(8), layers.Dense(1), shape=(400, 3))
    found = elman.diagnose(model, x, x[:, -5:, 0].mean(axis=1))
    assert found.ok, str(found)
    assert [each.severity for each in found.of("vanishing gradient")] == ["note"]


# ---------------------------------------------------------------------- learning


def test_a_loss_at_chance_after_training_is_found():
    x, _ = data()
    noise = np.random.default_rng(5).normal(size=(200, 1))
    model = regression()
    model.fit(x, noise, epochs=5, verbose=0)
    (early,) = elman.diagnose(model, x, noise).of("loss at chance")
    assert early.severity == "note"
    model.fit(x, noise, epochs=20, verbose=0)
    finding = checks(model, x, noise, samples=200)["loss at chance"]
    assert (finding.severity, finding.layer) == ("warning", "out")
    assert finding.wrong.startswith("after 175 steps of training its loss is 0.9")
    assert "that of guessing without a look at the inputs (0.9" in finding.wrong
    worse = checks(model, x, noise + 0.5)["loss at chance"]
    assert ", worse than guessing" in worse.wrong
    much = checks(model, x, noise + 9)["loss at chance"]
    assert "much worse than guessing" in much.wrong


@pytest.mark.parametrize("loss", ["huber", "log_cosh"])
def test_a_loss_at_chance_is_found_of_losses_whose_best_guess_is_sought(loss):
    x, noise = data()[0], np.random.default_rng(5).normal(size=(200, 1))
    model = regression(loss=loss)
    model.fit(x, noise, epochs=20, verbose=0)
    assert "loss at chance" in checks(model, x, noise)


def test_a_loss_that_cannot_be_compared_with_guessing_is_said_to_be_so():
    x, y = data()
    model = regression(loss="poisson")
    line = str(elman.diagnose(model, x, abs(y))).splitlines()[1]
    assert "(cannot be compared with guessing), of 64 samples" in line
    weighted = str(elman.diagnose(regression(), x, y, sample_weight=np.arange(200)))
    first, second = weighted.splitlines()[1:3]
    assert "guessing" not in first
    assert second.startswith("    of 'out' ")
    assert "(guessing without looking: " in second


@pytest.mark.parametrize(
    ("loss", "y", "expected"),
    [
        ("mse", [[0.0], [2.0]], 1.0),
        ("mae", [[0.0], [1.0], [5.0]], 5 / 3),
        ("binary_crossentropy", [[0.0], [1.0]], np.log(2)),
        ("sparse_categorical_crossentropy", [[0], [1], [1], [2]], 1.5 * np.log(2)),
        ("categorical_crossentropy", np.eye(3), np.log(3)),
        ("huber", [[0.0], [2.0]], 0.5),
        ("huber", [[0.0], [0.0], [0.0], [9.0]], (0.5 * 3 / 9 + 8.5 - 1 / 3) / 4),
        ("log_cosh", [[0.0], [2.0]], np.log(np.cosh(1))),
        ("mape", [[1.0], [2.0]], 25.0),
        ("msle", [[0.0], [3.0]], np.log(2) ** 2),
        ("poisson", [[0.0], [2.0]], None),
    ],
)
def test_the_loss_of_guessing(loss, y, expected):
    units = 3 if "categorical" in loss else 1
    activation = "softmax" if units == 3 else "sigmoid" if "binary" in loss else None
    model = made(layers.GRU(2), layers.Dense(units, activation), loss=loss)
    found = elman.diagnose(model, data(len(y))[0], np.array(y)).chance
    assert found == (expected if expected is None else pytest.approx(expected, rel=FLOAT32))


def test_the_loss_of_guessing_heeds_masks_and_reductions():
    x, _ = data(40)
    y, mask = x[:, :, :1].copy(), np.ones((40, T), bool)
    y[:, 5:], mask[:, 5:] = 1000.0, False
    steps = made(layers.GRU(4, return_sequences=True), layers.Dense(1))
    assert elman.diagnose(steps, x, y, mask=mask).chance == pytest.approx(
        y[:, :5].var(), rel=FLOAT32
    )
    total = regression(loss=elman.losses.MeanSquaredError(reduction="sum"))
    assert elman.diagnose(total, x, x[:, -1, :1]).chance is None


def bare_loss(loss, y, p, mask=None):
    """Return the loss of an output that is the same for all inputs."""
    steps = np.broadcast_to(p, (*np.shape(y)[:2], len(p))).astype("float64")
    return loss.value_and_gradient(y, steps, None, mask)[0]


def test_the_loss_of_guessing_leaves_out_the_class_that_the_loss_ignores():
    x, generator = data(40)[0], np.random.default_rng(0)
    y = generator.choice(3, (40, T), p=[0.6, 0.3, 0.1])
    for ignored, hidden in ((-1, 0.7), (0, 0.0), (2, 0.5)):
        labels = np.where(generator.random((40, T)) < hidden, ignored, y)
        loss = elman.losses.SparseCategoricalCrossentropy(ignore_class=ignored)
        inside = layers.GRU(4, return_sequences=True), layers.Dense(3, "softmax")
        found = elman.diagnose(made(*inside, loss=loss), x, labels, samples=40).chance
        counted = labels[labels != ignored]
        shares = np.bincount(counted, minlength=3) / counted.size
        assert found == pytest.approx(bare_loss(loss, labels, shares + 1e-12))
    assert elman.diagnose(made(*inside, loss=loss), x, np.full((40, T), 2)).chance is None


def test_the_loss_of_guessing_is_that_of_smoothed_labels():
    x, labels = classes()
    y = np.eye(3)[np.minimum(labels, 1)]
    loss = elman.losses.CategoricalCrossentropy(label_smoothing=0.5)
    model = made(layers.GRU(4), layers.Dense(3, "softmax"), loss=loss)
    found = elman.diagnose(model, x, y, samples=200).chance
    best = 0.5 * y.mean(axis=0) + 0.5 / 3
    assert found == pytest.approx(bare_loss(loss, y[None], best))
    loss = elman.losses.BinaryCrossentropy(label_smoothing=0.4)
    model = made(layers.GRU(4), layers.Dense(3, "sigmoid"), loss=loss)
    found = elman.diagnose(model, x, y, samples=200).chance
    best = 0.6 * y.mean(axis=0) + 0.4 / 2
    assert found == pytest.approx(bare_loss(loss, y[None], best))


# ---------------------------------------------------------------------- ranges of activations


@pytest.mark.parametrize("name", RANGES)
def test_values_of_activations_go_from_end_to_end_of_their_range(name):
    x = np.linspace(-1e4, 1e4, 2001) if name != "exponential" else np.linspace(-1e4, 100, 2001)
    x = np.stack([x, np.zeros_like(x)], axis=-1)  # two, of which softmax takes shares
    y, (low, high) = elman.activations.get(name)(x), RANGES[name]
    assert y.min() == pytest.approx(low, abs=SOFT_END)
    assert y.max() >= 100 if high == np.inf else y.max() == pytest.approx(high, abs=SOFT_END)
    assert low <= y.min()
    assert y.max() <= high
    assert (name in BOUNDED) == np.isfinite(high)
