import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import lstm_peephole
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
    assert_step_gradients(draw_step("lstm_peephole", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("lstm_peephole", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("lstm_peephole", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("lstm_peephole", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("lstm_peephole", dropped=dropped)
    (h_prev, c_prev), (R, p_i, p_f, p_o) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    x = np.split(step.xw, 4, axis=1)
    i = sigmoid(x[0] + product(0, h_prev) + p_i * c_prev)
    f = sigmoid(x[1] + product(1, h_prev) + p_f * c_prev)
    g = np.tanh(x[2] + product(2, h_prev))
    c = f * c_prev + i * g
    o = sigmoid(x[3] + product(3, h_prev) + p_o * c)
    (new_h, new_c), cache = step.forward()
    np.testing.assert_allclose(new_c, c, rtol=EXACT)
    np.testing.assert_allclose(new_h, o * np.tanh(c), rtol=EXACT)
    kept = dict(zip(lstm_peephole.CACHE, cache, strict=True))
    for name, array in {"i": i, "f": f, "g": g, "o": o, "c": c, "y": np.tanh(c)}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)


@pytest.mark.parametrize("dropped", [False, True])
def test_without_peepholes_it_is_an_lstm(dropped):
    step, plain = draw_step("lstm_peephole", dropped=dropped), draw_step("lstm", dropped=dropped)
    for vector in step.recurrent[1:]:
        vector[:] = 0
    plain.xw, plain.state, plain.drop, plain.dstate = step.xw, step.state, step.drop, step.dstate
    plain.recurrent = step.recurrent[:1]
    for array, expected in zip(step.forward()[0], plain.forward()[0], strict=True):
        np.testing.assert_array_equal(array, expected)
    (dxw, dstate, (dR, *_)), (expected, dprev, (dplain,)) = step.backward(), plain.backward()
    np.testing.assert_allclose(dxw, expected, rtol=EXACT)
    np.testing.assert_allclose(dR, dplain, rtol=EXACT)
    for array, other in zip(dstate, dprev, strict=True):
        np.testing.assert_allclose(array, other, rtol=EXACT)
