import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import min_lstm
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
    assert_step_gradients(draw_step("min_lstm", activations=(phi,)))


@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_right_for_every_draw(seed):
    assert_step_gradients(draw_step("min_lstm", seed=seed))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("min_lstm", (phi,))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_step_is_the_equations_written_out():
    step = draw_step("min_lstm")
    (h_prev,), (a_f, a_i, a_h) = step.state, np.split(step.xw, 3, axis=1)
    f, i, k = sigmoid(a_f), sigmoid(a_i), np.tanh(a_h)
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, (f * h_prev + i * k) / (f + i), rtol=EXACT)
    kept = dict(zip(min_lstm.CACHE, cache, strict=True))
    for name, array in {"h_prev": h_prev, "a": step.xw, "f": f / (f + i), "k": k}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)


@pytest.mark.parametrize("both", [-1e4, 1e4])
def test_gates_that_are_both_all_but_shut_or_open_share_alike(both):
    step = draw_step("min_lstm")
    step.xw[:, : 2 * UNITS] = both
    k = np.tanh(step.xw[:, 2 * UNITS :])
    np.testing.assert_allclose(step.forward()[0][0], (step.state[0] + k) / 2, rtol=EXACT)
    assert all(np.isfinite(d).all() for d in (step.backward()[0], *step.backward()[1]))
