import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import gru_decay
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
    assert_step_gradients(draw_step("gru_decay", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("gru_decay", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("gru_decay", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("gru_decay", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("gru_decay", dropped=dropped)
    (h_prev,), (R,), (gamma,) = step.state, step.recurrent, step.streams

    def product(gate, h):
        """Return one gate's part of h R."""
        columns = slice(gate * UNITS, (gate + 1) * UNITS)
        kept = h * step.drop[gate] if dropped else h
        return kept @ R[:, columns]

    x, held = np.split(step.xw, 3, axis=1), gamma * h_prev
    z = sigmoid(x[0] + product(0, held))
    r = sigmoid(x[1] + product(1, held))
    k = np.tanh(x[2] + product(2, r * held))
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, z * held + (1 - z) * k, rtol=EXACT)
    kept = dict(zip(gru_decay.CACHE, cache, strict=True))
    for name, array in {"h_prev": h_prev, "decayed": held, "z": z, "r": r, "k": k}.items():
        np.testing.assert_allclose(kept[name], array, rtol=EXACT, err_msg=name)


def test_without_decay_it_is_a_gru():
    step, plain = draw_step("gru_decay"), draw_step("gru_reset_before")
    step.streams[0][:] = 1
    plain.xw, plain.state, plain.recurrent = step.xw, step.state, step.recurrent
    plain.dstate = step.dstate
    np.testing.assert_array_equal(step.forward()[0][0], plain.forward()[0][0])
    np.testing.assert_array_equal(step.backward()[1][0], plain.backward()[1][0])


def test_a_state_that_has_decayed_has_no_gradient_but_its_decay_has():
    step = draw_step("gru_decay")
    step.streams[0][:] = 0
    _, (dh,), _, (dgamma,) = step.backward()
    np.testing.assert_array_equal(dh, 0)
    assert (dgamma != 0).all()
