import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import indrnn
from tests.cells.problem import (
    assert_float32_agrees,
    assert_step_gradients,
    draw_step,
)
from tests.tolerances import EXACT

PHI = pytest.mark.parametrize("phi", ACTIVATIONS)


@PHI
def test_gradients_are_right_for_every_activation(phi):
    assert_step_gradients(draw_step("indrnn", activations=(phi,)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("indrnn", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("indrnn", (phi,))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equation_written_out(dropped):
    step = draw_step("indrnn", dropped=dropped)
    (h_prev,), (u,) = step.state, step.recurrent
    read = h_prev * step.drop[0] if dropped else h_prev
    (new,), cache = step.forward()
    np.testing.assert_allclose(new, np.tanh(step.xw + u * read), rtol=EXACT)
    kept = dict(zip(indrnn.CACHE, cache, strict=True))
    np.testing.assert_array_equal(kept["h_prev"], read)
    np.testing.assert_array_equal(kept["h"], new)


def test_a_unit_sees_its_own_past_alone():
    step = draw_step("indrnn")
    before = step.forward()[0][0].copy()
    step.state[0][:, 0] += 1
    after = step.forward()[0][0]
    assert (after[:, 0] != before[:, 0]).all()
    np.testing.assert_array_equal(after[:, 1:], before[:, 1:])


def test_with_a_diagonal_kernel_a_simple_rnn_is_the_same():
    step, plain = draw_step("indrnn"), draw_step("simple_rnn")
    plain.xw, plain.state, plain.dstate = step.xw, step.state, step.dstate
    plain.recurrent = (np.diag(step.recurrent[0]),)
    np.testing.assert_allclose(step.forward()[0][0], plain.forward()[0][0], rtol=EXACT)
    (dxw, (dh,), (du,)), (expected, (dprev,), (dR,)) = step.backward(), plain.backward()
    np.testing.assert_allclose(dxw, expected, rtol=EXACT)
    np.testing.assert_allclose(dh, dprev, rtol=EXACT)
    np.testing.assert_allclose(du, np.diag(dR), rtol=EXACT)
