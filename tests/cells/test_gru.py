import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import gru
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
    assert_step_gradients(draw_step("gru", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("gru", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("gru", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("gru", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out_in_keras_order(dropped):
    step = draw_step("gru", dropped=dropped)
    (h_prev,), (R, b_R) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns] + b_R[columns]

    x = np.split(step.xw, 3, axis=1)
    z = sigmoid(x[0] + product(0, h_prev))
    r = sigmoid(x[1] + product(1, h_prev))
    k = np.tanh(x[2] + r * product(2, h_prev))
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, z * h_prev + (1 - z) * k, rtol=EXACT)
    kept = dict(zip(gru.CACHE, cache, strict=True))
    named = {"h_prev": h_prev, "z": z, "r": r, "k": k, "q_h": product(2, h_prev)}
    for name, array in named.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)
    np.testing.assert_allclose(kept["a"][:, 2 * UNITS :], np.arctanh(k), rtol=1e-9)


def test_an_update_gate_of_one_keeps_the_state_and_all_of_its_gradient():
    step = draw_step("gru")
    step.xw[:, :UNITS] = 1000  # z = 1
    np.testing.assert_array_equal(step.forward()[0][0], step.state[0])
    np.testing.assert_array_equal(step.backward()[1][0], step.dstate[0])


def test_a_reset_gate_of_zero_hides_the_state_from_the_candidate():
    step = draw_step("gru")
    step.xw[:, UNITS : 2 * UNITS] = -1000  # r = 0
    _, cache = step.forward()
    k = cache[gru.CACHE.index("k")]
    np.testing.assert_array_equal(k, np.tanh(step.xw[:, 2 * UNITS :]))
