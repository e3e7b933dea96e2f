"""Masked steps are steps not taken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.bptt import backpropagate
from tests.bptt_passes import CELL, MASK, equal
from tests.cells.problem import BATCH, GATED, TIMESTEPS, UNITS, Problem, draw


def row_by_row(problem: Problem):
    """Compute each row alone on its valid steps: what a mask must amount to."""
    mask, zero = problem.options["mask"], problem.options.get("zero_output_for_mask", False)
    outputs = np.zeros_like(problem.doutputs)
    finals = [np.zeros_like(array) for array in problem.state]
    order = range(mask.shape[1])
    if problem.options.get("go_backwards"):
        order = order[::-1]
    for row in range(len(mask)):
        state = tuple(array[row : row + 1] for array in problem.state)
        output = np.zeros(UNITS)
        for turn, t in enumerate(order):
            if mask[row, t]:
                here = problem.part(slice(row, row + 1), slice(t, t + 1))
                _, state, _ = problem.run(**here, state=state, mask=None)
                output = state[0][0]
            elif zero:
                output = np.zeros(UNITS)
            outputs[row, turn] = output
        for final, array in zip(finals, state, strict=True):
            final[row] = array[0]
    return outputs, finals


@CELL
@given(
    mask=st.lists(
        st.lists(st.booleans(), min_size=TIMESTEPS, max_size=TIMESTEPS),
        min_size=BATCH,
        max_size=BATCH,
    ),
    backwards=st.booleans(),
    zero=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_masked_steps_pass_state_through(cell, mask, backwards, zero):
    mask = np.array(mask)
    problem = draw(cell, mask=mask, go_backwards=backwards, zero_output_for_mask=zero)
    outputs, state, _ = problem.run()
    expected, finals = row_by_row(problem)
    equal(outputs, expected)
    for actual, final in zip(state, finals, strict=True):
        equal(actual, final)


@CELL
@MASK
@pytest.mark.parametrize("dropped", [False, True])
def test_nothing_of_a_masked_value_reaches_outputs_or_gradients(cell, mask, dropped):
    problem = draw(cell, mask=mask, input_dropout=int(dropped), recurrent_dropout=dropped)
    outputs, state, _ = problem.run()
    before = {name: gradient for name, (_, gradient) in problem.gradients().items()}
    masked = np.zeros((BATCH, TIMESTEPS), bool) if mask == "none" else ~problem.options["mask"]
    for poison in (np.nan, np.inf, -np.inf, 1e300):
        problem.x[masked] = poison
        np.testing.assert_array_equal(problem.run()[0], outputs)
        for array, expected in zip(problem.run()[1], state, strict=True):
            np.testing.assert_array_equal(array, expected)
        for name, (_, gradient) in problem.gradients().items():
            np.testing.assert_array_equal(gradient, before[name], err_msg=name)
    np.testing.assert_array_equal(before["x"][masked], 0)


@CELL
def test_a_masked_step_that_would_overflow_leaves_no_trace(cell):
    names = ("exponential", "sigmoid")[: 1 + (cell in GATED)]
    problem = draw(cell, activations=names, mask="right")
    for array in (problem.x, *problem.every_weight):
        array *= 0.3  # else the valid steps of an exponential LSTM overflow as well
    problem.x[~problem.options["mask"]] = 1e6  # exp of this is inf
    assert all(np.isfinite(gradient).all() for _, gradient in problem.gradients().values())


@CELL
def test_the_output_before_the_first_valid_step_is_zero_even_with_an_initial_state(cell):
    problem = draw(cell, mask="left")
    outputs, _, _ = problem.run()
    np.testing.assert_array_equal(outputs[1, :2], 0)
    np.testing.assert_array_equal(outputs[2, 0], 0)
    assert (outputs[1, 2] != 0).all()


@CELL
def test_a_row_without_a_valid_step_keeps_its_state_and_passes_its_gradient(cell):
    problem = draw(cell, mask="empty row")
    outputs, state, tape = problem.run()
    np.testing.assert_array_equal(outputs[1], 0)
    found = backpropagate(tape, problem.doutputs, problem.dstate)
    for array, initial in zip(state, problem.state, strict=True):
        np.testing.assert_array_equal(array[1], initial[1])
    for array, gradient in zip(found.initial_state, problem.dstate, strict=True):
        np.testing.assert_array_equal(array[1], gradient[1])


@CELL
def test_a_mask_that_is_true_everywhere_changes_nothing(cell):
    plain, masked = draw(cell), draw(cell, mask=np.ones((BATCH, TIMESTEPS), bool))
    np.testing.assert_array_equal(masked.run()[0], plain.run()[0])
    for (_, actual), (_, expected) in zip(
        masked.gradients().values(), plain.gradients().values(), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)
