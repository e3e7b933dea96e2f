import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import leaky
from tests.cells.problem import (
    assert_float32_agrees,
    assert_step_gradients,
    draw_step,
)
from tests.tolerances import EXACT

PHI = pytest.mark.parametrize("phi", ACTIVATIONS)


@PHI
def test_gradients_are_right_for_every_activation(phi):
    assert_step_gradients(draw_step("leaky", activations=(phi,)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("leaky", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("leaky", (phi,))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equation_written_out(dropped):
    step = draw_step("leaky", dropped=dropped)
    (h_prev,), (R, alpha), (before, after) = step.state, step.recurrent, step.streams
    read = h_prev * step.drop[0] if dropped else h_prev
    y = np.tanh(step.xw + read @ R + before)
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, (1 - alpha) * h_prev + alpha * y + after, rtol=EXACT)
    kept = dict(zip(leaky.CACHE, cache, strict=True))
    np.testing.assert_array_equal(kept["h_prev"], h_prev)
    np.testing.assert_allclose(kept["y"], y, rtol=EXACT)


def test_with_alpha_of_one_and_no_noise_it_is_a_simple_rnn():
    step, plain = draw_step("leaky"), draw_step("simple_rnn")
    step.recurrent[1][:] = 1
    for stream in step.streams:
        stream[:] = 0
    plain.xw, plain.state, plain.dstate = step.xw, step.state, step.dstate
    plain.recurrent = step.recurrent[:1]
    np.testing.assert_allclose(step.forward()[0][0], plain.forward()[0][0], rtol=EXACT)
    np.testing.assert_allclose(step.backward()[0], plain.backward()[0], rtol=EXACT)


def test_noise_has_no_gradient():
    assert draw_step("leaky").backward()[3] == (None, None)
