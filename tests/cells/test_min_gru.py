import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import min_gru
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
    assert_step_gradients(draw_step("min_gru", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_right_for_every_draw(seed):
    assert_step_gradients(draw_step("min_gru", seed=seed))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("min_gru", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("min_gru", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_step_is_the_equations_written_out():
    step = draw_step("min_gru")
    ((h_prev,), (a_z, a_h)) = step.state, np.split(step.xw, 2, axis=1)
    z, k = sigmoid(a_z), np.tanh(a_h)
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, (1 - z) * h_prev + z * k, rtol=EXACT)
    kept = dict(zip(min_gru.CACHE, cache, strict=True))
    for name, array in {"h_prev": h_prev, "a": step.xw, "z": z, "k": k}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)


def test_an_update_gate_of_zero_keeps_the_state_and_all_of_its_gradient():
    step = draw_step("min_gru")
    step.xw[:, :UNITS] = -1000  # z = 0
    np.testing.assert_array_equal(step.forward()[0][0], step.state[0])
    np.testing.assert_array_equal(step.backward()[1][0], step.dstate[0])
