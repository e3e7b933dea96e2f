import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import lstm_coupled
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
    assert_step_gradients(draw_step("lstm_coupled", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("lstm_coupled", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("lstm_coupled", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("lstm_coupled", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("lstm_coupled", dropped=dropped)
    (h_prev, c_prev), (R,) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    x = np.split(step.xw, 3, axis=1)
    i = sigmoid(x[0] + product(0, h_prev))
    g = np.tanh(x[1] + product(1, h_prev))
    o = sigmoid(x[2] + product(2, h_prev))
    c = (1 - i) * c_prev + i * g
    (new_h, new_c), cache = step.forward()
    np.testing.assert_allclose(new_c, c, rtol=EXACT)
    np.testing.assert_allclose(new_h, o * np.tanh(c), rtol=EXACT)
    kept = dict(zip(lstm_coupled.CACHE, cache, strict=True))
    for name, array in {"h_prev": h_prev, "c_prev": c_prev, "i": i, "g": g, "o": o, "c": c}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)
    np.testing.assert_allclose(kept["a"][:, UNITS : 2 * UNITS], np.arctanh(g), rtol=1e-9)


def test_a_shut_input_gate_keeps_the_cell_state_and_an_open_one_replaces_it():
    step = draw_step("lstm_coupled")
    step.xw[:, :UNITS] = -1000  # i = 0
    np.testing.assert_array_equal(step.forward()[0][1], step.state[1])
    step.xw[:, :UNITS] = 1000  # i = 1
    (_, new_c), cache = step.forward()
    np.testing.assert_array_equal(new_c, cache[lstm_coupled.CACHE.index("g")])
