import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import lstm
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
    assert_step_gradients(draw_step("lstm", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("lstm", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("lstm", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("lstm", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out_in_keras_order(dropped):
    step = draw_step("lstm", dropped=dropped)
    (h_prev, c_prev), (R,) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    x = np.split(step.xw, 4, axis=1)
    i = sigmoid(x[0] + product(0, h_prev))
    f = sigmoid(x[1] + product(1, h_prev))
    g = np.tanh(x[2] + product(2, h_prev))
    o = sigmoid(x[3] + product(3, h_prev))
    c = f * c_prev + i * g
    (new_h, new_c), cache = step.forward()
    np.testing.assert_allclose(new_c, c, rtol=EXACT)
    np.testing.assert_allclose(new_h, o * np.tanh(c), rtol=EXACT)
    kept = dict(zip(lstm.CACHE, cache, strict=True))
    named = {"h_prev": h_prev, "c_prev": c_prev, "i": i, "f": f, "g": g, "o": o, "c": c}
    for name, array in named.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)
    np.testing.assert_allclose(kept["y"], np.tanh(c), rtol=EXACT)
    np.testing.assert_allclose(kept["a"][:, 2 * UNITS : 3 * UNITS], np.arctanh(g), rtol=1e-9)


def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_cell_state():
    step = draw_step("lstm")
    step.xw[:, :UNITS] = -1000  # i = 0
    step.xw[:, UNITS : 2 * UNITS] = 1000  # f = 1
    (_, new_c), _ = step.forward()
    np.testing.assert_array_equal(new_c, step.state[1])
    _, (_, dc_prev), _ = step.backward()
    (_, dc), (_, cache) = step.dstate, step.forward()
    o, y = cache[lstm.CACHE.index("o")], cache[lstm.CACHE.index("y")]
    np.testing.assert_allclose(dc_prev, dc + step.dstate[0] * o * (1 - y * y), rtol=EXACT)
