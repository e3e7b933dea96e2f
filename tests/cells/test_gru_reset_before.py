import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import gru_reset_before
from tests.cells.problem import (
    UNITS,
    assert_float32_agrees,
    assert_step_gradients,
    draw_step,
)
from tests.tolerances import EXACT

PHI = pytest.mark.parametrize("phi", ACTIVATIONS)


@PHI
def test_gradients_are_right_for_every_activation(phi):
    assert_step_gradients(draw_step("gru_reset_before", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("gru_reset_before", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("gru_reset_before", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("gru_reset_before", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out_in_keras_order(dropped):
    step = draw_step("gru_reset_before", dropped=dropped)
    (h_prev,), (R,) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    x = np.split(step.xw, 3, axis=1)
    z = sigmoid(x[0] + product(0, h_prev))
    r = sigmoid(x[1] + product(1, h_prev))
    k = np.tanh(x[2] + product(2, r * h_prev))
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, z * h_prev + (1 - z) * k, rtol=EXACT)
    kept = dict(zip(gru_reset_before.CACHE, cache, strict=True))
    for name, array in {"h_prev": h_prev, "z": z, "r": r, "k": k}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)
    np.testing.assert_allclose(kept["a"][:, 2 * UNITS :], np.arctanh(k), rtol=1e-9)


def test_an_update_gate_of_one_keeps_the_state_and_all_of_its_gradient():
    step = draw_step("gru_reset_before")
    step.xw[:, :UNITS] = 1000  # z = 1
    np.testing.assert_array_equal(step.forward()[0][0], step.state[0])
    np.testing.assert_array_equal(step.backward()[1][0], step.dstate[0])


def test_with_an_open_reset_gate_both_kinds_of_gru_are_one():
    before, after = draw_step("gru_reset_before"), draw_step("gru")
    after.xw, after.state, after.dstate = before.xw, before.state, before.dstate
    after.recurrent = (before.recurrent[0], np.zeros(3 * UNITS))
    before.xw[:, UNITS : 2 * UNITS] = 1000  # r = 1
    np.testing.assert_allclose(before.forward()[0][0], after.forward()[0][0], rtol=EXACT)
    before.xw[:, UNITS : 2 * UNITS] = 0  # r = 1/2, on either side of a product that is not alike
    before.recurrent[0][:, UNITS : 2 * UNITS] = 0
    np.testing.assert_allclose(before.forward()[0][0], after.forward()[0][0], rtol=EXACT)
    before.xw[:, UNITS : 2 * UNITS] = np.arange(UNITS)  # a gate that differs from unit to unit
    assert not np.allclose(before.forward()[0][0], after.forward()[0][0])
