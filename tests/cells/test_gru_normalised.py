import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import gru_normalised
from tests.cells.problem import (
    UNITS,
    assert_float32_agrees,
    assert_step_gradients,
    draw_step,
)
from tests.tolerances import EXACT

PHI = pytest.mark.parametrize("phi", ACTIVATIONS)


@pytest.mark.usefixtures("smooth")
@PHI
def test_gradients_are_right_for_every_activation(phi):
    assert_step_gradients(draw_step("gru_normalised", activations=(phi, "sigmoid")))


@pytest.mark.usefixtures("smooth")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("gru_normalised", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("gru_normalised", (phi, "sigmoid"))


@pytest.mark.usefixtures("smooth")
@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("gru_normalised", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normed(a):
    """Return the rows with mean 0 and variance 1."""
    return (a - a.mean(axis=1, keepdims=True)) / np.sqrt(a.var(axis=1, keepdims=True) + 1e-3)


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("gru_normalised", dropped=dropped)
    (h_prev,), (R, b, v_x, v_h, b_h) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    def parts(a):
        """Return z and r normalised together, and the candidate."""
        together = normed(a[:, : 2 * UNITS])
        return together[:, :UNITS], together[:, UNITS:], normed(a[:, 2 * UNITS :])

    q = np.concatenate([product(gate, h_prev) for gate in range(3)], axis=1)
    (x_z, x_r, x_h), (q_z, q_r, q_h) = parts(step.xw), parts(q)
    (g_z, g_r, g_h), (u_z, u_r, u_h) = np.split(v_x, 3), np.split(v_h, 3)
    b_z, b_r, b_k = np.split(b, 3)
    z = sigmoid(g_z * x_z + u_z * q_z + b_z)
    r = sigmoid(g_r * x_r + u_r * q_r + b_r)
    k = np.tanh(g_h * x_h + b_k + r * (u_h * q_h + b_h))
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, z * h_prev + (1 - z) * k, rtol=EXACT, atol=EXACT)
    kept = dict(zip(gru_normalised.CACHE, cache, strict=True))
    np.testing.assert_allclose(kept["k"], k, rtol=EXACT, atol=EXACT)


def test_an_update_gate_of_one_keeps_the_state_and_all_of_its_gradient():
    step = draw_step("gru_normalised")
    step.recurrent[1][:UNITS] = 1000  # z = 1
    np.testing.assert_array_equal(step.forward()[0][0], step.state[0])
    np.testing.assert_array_equal(step.backward()[1][0], step.dstate[0])


def test_neither_shift_nor_scale_of_the_inputs_matter():
    step = draw_step("gru_normalised")
    step.xw *= 1e3
    before = step.forward()[0][0]
    step.xw = 7 * step.xw - 5
    np.testing.assert_allclose(step.forward()[0][0], before, rtol=1e-6)
