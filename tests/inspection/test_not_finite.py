"""Where the first value is that is not finite: by layer, timestep, gate and row."""

import numpy as np
import pytest

import elman
from elman import layers
from tests.inspection.problem import T, checks, data, made, regression


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


def found(model, x, y, **options):
    return checks(model, x, y, **options)["not finite"]


def test_in_inputs_targets_and_weights_of_samples():
    x, y = data(50)
    x[7, 3, 1], x[9, 0, 0] = np.nan, np.inf
    finding = found(regression(), x, y)
    assert (finding.severity, finding.layer) == ("error", None)
    says = "`x` holds nan at row 7, timestep 3, feature 1, the first of 2 such values."
    assert finding.wrong == says
    x, y = data(50)
    y[11] = np.inf
    says = "`y` holds inf at row 11, feature 0, the first of 1 such values."
    assert found(regression(), x, y).wrong == says
    weights = np.ones(50)
    weights[4] = np.nan
    wrong = found(regression(), x, data(50)[1], sample_weight=weights).wrong
    assert wrong.startswith("`sample_weight` holds nan at row 4")


def test_not_where_a_mask_hides_them_and_not_where_the_model_takes_them():
    x, y = data(50)
    x[:, 15:], mask = np.nan, np.arange(T) < np.full((50, 1), 15)
    assert checks(regression(), x, y, mask=mask) == {}
    steps = made(layers.GRU(8, return_sequences=True), layers.Dense(1))
    per_step = np.where(mask[..., None], data(50)[0][:, :, :1] ** 2, np.nan)
    assert checks(steps, x, per_step, mask=mask) == {}
    x[3, 2, 1] = np.nan
    says = "`x` holds nan at row 3, timestep 2, feature 1, the first of 1 such values."
    assert found(steps, x, per_step, mask=mask).wrong == says
    grud = made(layers.GRUD(8), layers.Dense(1))  # it reads NaN as missing values
    assert "not finite" not in checks(grud, x, y)


def test_in_weights():
    x, y = data(50)
    model = regression()
    kernel = model.layers[0].recurrent_kernel.numpy()
    kernel[2, 3] = np.nan
    model.layers[0].recurrent_kernel.assign(kernel)
    finding = found(model, x, y)
    assert finding.layer is None
    says = "the weight 'm/gru/gru_cell/recurrent_kernel' holds nan (1% of it); 1 of 5 weights hold"
    assert finding.wrong == says + " such values."


def test_in_a_gate_at_a_timestep():
    x, y = data(50)
    x[:, 10:], x[5, 9] = 0.0, 1e25
    model = made(layers.LSTM(4, "relu", name="lstm"), layers.Dense(1))
    model.layers[0].kernel.assign(1e30 * np.ones((3, 16)))
    finding = found(model, x, y, samples=50)
    assert finding.layer == "lstm"
    assert finding.wrong.startswith("the pre-activation of the input gate is inf at timestep 9, ")
    assert finding.wrong.endswith("row 5, unit 0.")


def test_in_a_state_that_grows_from_step_to_step():
    x, y = data(50)
    model = made(layers.SimpleRNN(4, "linear", name="rnn"), layers.Dense(1))
    model.layers[0].recurrent_kernel.assign(1e5 * np.eye(4))
    finding = found(model, x, y)
    assert finding.layer == "rnn"
    assert "is inf at timestep 8, " in finding.wrong or "is -inf at timestep 8" in finding.wrong
    back = made(layers.Bidirectional(layers.SimpleRNN(4, "linear", name="rnn"), name="both"))
    back.layers[0].backward_layer.recurrent_kernel.assign(1e5 * np.eye(4))
    finding = found(back, x, np.zeros((50, 8)))
    assert finding.layer == "both/backward_rnn"
    assert "inf at timestep 11, " in finding.wrong  # it reads 19, 18, …


def test_in_a_layer_that_is_not_recurrent():
    x, y = data(50)
    model = made(layers.GRU(4), layers.Dense(3, "exponential", name="wide"), layers.Dense(1))
    model.layers[1].bias.assign([0.0, 0.0, 500.0])
    finding = found(model, x, y)
    assert finding.layer == "wide"
    assert finding.wrong.startswith("what it puts out holds inf at row 0, feature 2, the first of")


def test_in_the_loss_and_in_gradients():
    x, y = data(50)
    finding = found(regression(), x, 1e30 * y.astype("float32"))
    assert finding.wrong.startswith("the loss is inf, though all outputs are finite (the largest")
    model = made(layers.SimpleRNN(2, "linear", name="rnn"), layers.Dense(1))
    model.layers[0].recurrent_kernel.assign(1e3 * np.eye(2))
    model.layers[0].kernel.assign(np.zeros((3, 2)))
    model.layers[1].kernel.assign(1e5 * np.ones((2, 1)))
    finding = found(model, x, y)
    assert finding.layer == "rnn"
    assert finding.wrong.startswith("the loss is finite, but dL/dh is ")
    assert "and from there back in time." in finding.wrong
    dense = made(layers.Dense(1, name="out"), loss=elman.losses.MeanAbsoluteError(reduction="sum"))
    dense.layers[0].kernel.assign(np.zeros((3, 1)))
    finding = found(dense, np.full((50, T, 3), 1e37), np.ones((50, T, 1)))
    assert finding.wrong == "the loss is finite, but the gradient of 'm/out/kernel' holds -inf."


def test_nothing_else_is_said_of_numbers_that_are_not_finite():
    x, y = data(50)
    x[0, 0, 0] = np.nan
    diagnosis = elman.diagnose(regression(), x, y)
    assert [each.check for each in diagnosis.findings] == ["not finite"]
    assert diagnosis.flow is None


def test_where_outputs_are_far_larger_than_targets_it_is_the_weights_that_are_too_large():
    x, y = data(50)
    model = regression()
    model.layers[1].kernel.assign(1e30 * np.ones((8, 1)))
    finding = found(model, x, y)
    assert finding.wrong.startswith("the loss is inf, though all outputs are finite (the largest")
    assert finding.fix.startswith("Outputs are far larger than the targets: the weights are too")
    assert "smaller `learning_rate` or `clipnorm=1.0`" in finding.fix
    assert found(regression(), x, 1e30 * y).fix.startswith("Scale the targets, and look whether")
