import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import lstm_zoneout
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
    assert_step_gradients(draw_step("lstm_zoneout", activations=(phi, "sigmoid")))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("lstm_zoneout", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("lstm_zoneout", (phi, "sigmoid"))


@pytest.mark.parametrize("sigma", ACTIVATIONS)
def test_gradients_are_right_for_every_recurrent_activation(sigma):
    assert_step_gradients(draw_step("lstm_zoneout", activations=("tanh", sigma)))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equations_written_out(dropped):
    step = draw_step("lstm_zoneout", dropped=dropped)
    (h_prev, c_prev), (R,), (zone_c, zone_h) = step.state, step.recurrent, step.streams

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
    (new_h, new_c), _ = step.forward()
    np.testing.assert_allclose(new_c, zone_c * c_prev + (1 - zone_c) * c, rtol=EXACT)
    y = o * np.tanh(c)  # of the new cell state before any of it is held back
    np.testing.assert_allclose(new_h, zone_h * h_prev + (1 - zone_h) * y, rtol=EXACT)


@pytest.mark.parametrize("held", [0.0, 1.0])
def test_units_that_are_held_keep_state_and_gradient_and_others_are_an_lstm_s(held):
    step, plain = draw_step("lstm_zoneout"), draw_step("lstm")
    for stream in step.streams:
        stream[:] = held
    plain.xw, plain.state, plain.recurrent = step.xw, step.state, step.recurrent
    plain.dstate = step.dstate
    expected = (step.state, step.dstate) if held else (plain.forward()[0], plain.backward()[1])
    for found, wanted in zip((step.forward()[0], step.backward()[1]), expected, strict=True):
        for array, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(array, other)


def test_who_is_held_has_no_gradient():
    assert draw_step("lstm_zoneout").backward()[3] == (None, None)
    assert lstm_zoneout.STREAMS == ("zone_c", "zone_h")
