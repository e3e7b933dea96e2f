import numpy as np
import pytest

from elman.activations import ACTIVATIONS
from elman.cells import simple_rnn
from tests.cells.problem import (
    BATCH,
    UNITS,
    assert_float32_agrees,
    assert_step_gradients,
    draw_step,
)
from tests.tolerances import EXACT

PHI = pytest.mark.parametrize("phi", ACTIVATIONS)


@PHI
def test_gradients_are_right_for_every_activation(phi):
    assert_step_gradients(draw_step("simple_rnn", activations=(phi,)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [False, True])
def test_gradients_are_right_with_and_without_dropout(seed, dropped):
    assert_step_gradients(draw_step("simple_rnn", seed=seed, dropped=dropped))


@PHI
def test_float32_agrees_with_float64(phi):
    assert_float32_agrees("simple_rnn", (phi,))


@pytest.mark.parametrize("dropped", [False, True])
def test_a_step_is_the_equation_written_out(dropped):
    step = draw_step("simple_rnn", dropped=dropped)
    ((h_prev,), (R,)) = step.state, step.recurrent
    ((new,), _) = step.forward()
    for b in range(BATCH):
        for u in range(UNITS):
            a = step.xw[b, u]
            for v in range(UNITS):
                kept = step.drop[0][b, v] if dropped else 1.0
                a += kept * h_prev[b, v] * R[v, u]
            assert new[b, u] == pytest.approx(np.tanh(a), rel=EXACT)


def test_the_cache_holds_what_its_names_say():
    step = draw_step("simple_rnn")
    (new,), cache = step.forward()
    kept = dict(zip(simple_rnn.CACHE, cache, strict=True))
    np.testing.assert_array_equal(kept["h_prev"], step.state[0])
    np.testing.assert_array_equal(kept["h"], new)
    np.testing.assert_array_equal(np.tanh(kept["a"]), new)


def test_a_linear_cell_is_a_matrix_product():
    step = draw_step("simple_rnn", activations=("linear",))
    ((new,), _) = step.forward()
    np.testing.assert_array_equal(new, step.xw + step.state[0] @ step.recurrent[0])
