import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import lstm_normalised
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
    assert_step_gradients(draw_step("lstm_normalised", activations=(phi, "sigmoid")))


@pytest.mark.usefixtures("smooth")
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("lstm_normalised", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("lstm_normalised", (phi, "sigmoid"))


@pytest.mark.usefixtures("smooth")
@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("lstm_normalised", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normed(a):
    """Return the rows with mean 0 and variance 1."""
    return (a - a.mean(axis=1, keepdims=True)) / np.sqrt(a.var(axis=1, keepdims=True) + 1e-3)


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("lstm_normalised", dropped=dropped)
    (h_prev, c_prev), (R, b, v_x, v_h, v_c, b_c) = step.state, step.recurrent

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    q = np.concatenate([product(gate, h_prev) for gate in range(4)], axis=1)
    a_i, a_f, a_g, a_o = np.split(v_x * normed(step.xw) + v_h * normed(q) + b, 4, axis=1)
    c = sigmoid(a_f) * c_prev + sigmoid(a_i) * np.tanh(a_g)
    (new_h, new_c), cache = step.forward()
    np.testing.assert_allclose(new_c, c, rtol=EXACT, atol=EXACT)
    shown = np.tanh(v_c * normed(c) + b_c)
    np.testing.assert_allclose(new_h, sigmoid(a_o) * shown, rtol=EXACT, atol=EXACT)
    kept = dict(zip(lstm_normalised.CACHE, cache, strict=True))
    np.testing.assert_allclose(kept["chat"], normed(c), rtol=EXACT, atol=EXACT)


def test_neither_shift_nor_scale_of_the_inputs_matter():
    step = draw_step("lstm_normalised")
    step.xw *= 1e3
    before = step.forward()[0][0]
    step.xw = 7 * step.xw - 5
    np.testing.assert_allclose(step.forward()[0][0], before, rtol=1e-6)
    np.testing.assert_allclose(step.backward()[0].sum(axis=1), 0, atol=EXACT)


def test_rows_whose_numbers_are_all_alike_are_zeros():
    step = draw_step("lstm_normalised")
    step.xw[:] = 3.0
    step.state[0][:] = 0  # as at the first step: h R is 0
    cache = dict(zip(lstm_normalised.CACHE, step.forward()[1], strict=True))
    np.testing.assert_array_equal(cache["xhat"], 0)
    np.testing.assert_array_equal(cache["qhat"], 0)
    assert all(np.isfinite(d).all() for d in step.backward()[2])
