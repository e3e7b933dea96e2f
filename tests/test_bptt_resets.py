"""Resets within a row: the time loop forward and backward."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import kernels
from elman.bptt import backpropagate
from elman.cells import CELLS
from tests.cells.problem import BATCH, MASKS, TIMESTEPS, UNITS, assert_gradients, draw
from tests.implementations import ALL
from tests.tolerances import EXACT, FLOAT32

CELL = pytest.mark.parametrize("cell", CELLS)
MASK = pytest.mark.parametrize("mask", MASKS)
T, F = True, False
RESETS = {
    "first": [[T, F, F, F], [T, F, F, F], [F, F, F, F]],
    "between": [[F, T, F, F], [F, F, T, F], [F, F, F, T]],
    "often": [[T, T, T, T], [F, T, T, F], [F, T, F, T]],
    "none": [[F] * 4] * 3,
}
BITS = st.lists(st.booleans(), min_size=TIMESTEPS, max_size=TIMESTEPS)
ROWS = st.lists(BITS, min_size=BATCH, max_size=BATCH)


def equal(actual, expected):
    """Check that arrays agree but for the order of roundings."""
    np.testing.assert_allclose(actual, expected, rtol=EXACT, atol=EXACT)


def pieces(problem, row):
    """Return the (start, stop) of a row's sequences, in order of time."""
    cuts = np.flatnonzero(problem.options["reset_mask"][row])
    if problem.options.get("go_backwards"):
        cuts = cuts + 1  # a reset when the loop comes to t parts t from t + 1
    bounds = [0, *(int(cut) for cut in cuts if 0 < cut < TIMESTEPS), TIMESTEPS]
    return list(itertools.pairwise(bounds))


def separately(problem):
    """Compute each sequence of each row by itself: what resets must amount to."""
    outputs = np.zeros_like(problem.doutputs)
    backwards, mask = problem.options.get("go_backwards", False), problem.options["mask"]
    resets = problem.options["reset_mask"]
    first = TIMESTEPS - 1 if backwards else 0
    finals = [np.zeros_like(array) for array in problem.state]
    for row in range(BATCH):
        carried = tuple(array[row : row + 1] for array in problem.state)
        fresh = tuple(array[None] for array in problem.options["reset_state"])
        found = pieces(problem, row)[:: -1 if backwards else 1]
        for count, (start, stop) in enumerate(found):
            begins = carried if count == 0 and not resets[row, first] else fresh
            here = (slice(row, row + 1), slice(start, stop))
            m = None if mask is None else mask[here]
            y, state, _ = problem.run(
                x=problem.x[here], state=begins, mask=m, reset_mask=None, reset_state=()
            )
            places = slice(TIMESTEPS - stop, TIMESTEPS - start) if backwards else here[1]
            outputs[row, places] = y[0]
        for final, array in zip(finals, state, strict=True):
            final[row] = array[0]
    return outputs, finals


@CELL
@given(resets=ROWS, mask=st.none() | ROWS, backwards=st.booleans(), zero=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_row_with_resets_is_its_sequences_one_by_one(cell, resets, mask, backwards, zero):
    problem = draw(
        cell, mask=None if mask is None else np.array(mask), resets=resets,
        go_backwards=backwards, zero_output_for_mask=zero,
    )  # fmt: skip
    outputs, state, _ = problem.run()
    expected, finals = separately(problem)
    equal(outputs, expected)
    for actual, final in zip(state, finals, strict=True):
        equal(actual, final)


@CELL
@MASK
@pytest.mark.parametrize("resets", RESETS)
@pytest.mark.parametrize("sequences", [True, False])
def test_gradients_through_resets_are_right(cell, mask, resets, sequences):
    options = {"mask": mask, "resets": RESETS[resets], "return_sequences": sequences}
    assert_gradients(draw(cell, **options))
    assert_gradients(draw(cell, **options, go_backwards=True, recurrent_dropout=True))
    assert_gradients(draw(cell, **options, zero_output_for_mask=True, input_dropout=1))


@CELL
def test_a_reset_puts_in_zeros_where_no_state_is_given(cell):
    problem = draw(cell, resets=RESETS["between"])
    zeros = tuple(np.zeros(UNITS) for _ in CELLS[cell].STATES)
    expected, state, _ = problem.run(reset_state=zeros)
    outputs, final, tape = problem.run(reset_state=())
    np.testing.assert_array_equal(outputs, expected)
    for actual, array in zip(final, state, strict=True):
        np.testing.assert_array_equal(actual, array)
    assert backpropagate(tape, problem.doutputs, problem.dstate).reset_state == ()


@CELL
def test_a_reset_at_a_masked_step_counts_and_zeroes_the_output_that_is_repeated(cell):
    mask = np.array([[T, T, F, F]] * BATCH)
    problem = draw(cell, mask=mask, resets=[[F, F, T, F]] * BATCH)
    outputs, final, _ = problem.run()
    np.testing.assert_array_equal(outputs[:, 2:], 0)
    for array, start in zip(final, problem.options["reset_state"], strict=True):
        np.testing.assert_array_equal(array, np.broadcast_to(start, array.shape))
    last, _, _ = problem.run(return_sequences=False)
    np.testing.assert_array_equal(last, 0)


@CELL
def test_no_gradient_crosses_a_reset(cell):
    problem = draw(cell, resets=[[F, F, T, F]] * BATCH)
    problem.doutputs[:, :2] = 0
    found = {name: gradient for name, (_, gradient) in problem.gradients().items()}
    np.testing.assert_array_equal(found["x"][:, :2], 0)
    for name in CELLS[cell].STATES:
        np.testing.assert_array_equal(found[f"initial {name}"], 0)
        assert (found[f"reset {name}"] != 0).all()


@CELL
def test_not_even_nan_crosses_a_reset(cell):
    problem = draw(cell, resets=[[F, F, T, F]] * BATCH)
    outputs, state, _ = problem.run()
    problem.x[:, :2] = np.nan
    again, after, _ = problem.run()
    np.testing.assert_array_equal(again[:, 2:], outputs[:, 2:])
    for actual, expected in zip(after, state, strict=True):
        np.testing.assert_array_equal(actual, expected)


@CELL
@MASK
def test_rows_that_are_not_reset_know_nothing_of_those_that_are(cell, mask):
    problem = draw(cell, mask=mask, resets=[[F] * 4, [F, T, F, T], [F] * 4])
    plain, last, _ = problem.run(reset_mask=None, reset_state=())
    outputs, final, tape = problem.run()
    rows = [0, 2]
    np.testing.assert_array_equal(outputs[rows], plain[rows])
    for actual, expected in zip(final, last, strict=True):
        np.testing.assert_array_equal(actual[rows], expected[rows])
    found = backpropagate(tape, problem.doutputs, problem.dstate)
    _, _, tape = problem.run(reset_mask=None, reset_state=())
    whole = backpropagate(tape, problem.doutputs, problem.dstate)
    np.testing.assert_array_equal(found.x[rows], whole.x[rows])
    for actual, expected in zip(found.initial_state, whole.initial_state, strict=True):
        np.testing.assert_array_equal(actual[rows], expected[rows])


@CELL
def test_what_is_passed_in_for_resets_is_not_changed(cell):
    problem = draw(cell, mask="holes", resets=RESETS["often"])
    arrays = [problem.options["reset_mask"], *problem.options["reset_state"], *problem.state]
    before = [array.copy() for array in arrays]
    problem.gradients()
    for array, expected in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, expected)


@CELL
def test_float32_resets_agree_with_float64(cell):
    problem = draw(cell, mask="holes", resets=RESETS["often"])
    single = problem.astype(np.float32)
    pairs = zip(single.gradients().values(), problem.gradients().values(), strict=True)
    for (_, actual), (_, expected) in pairs:
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, expected, atol=FLOAT32 * np.abs(expected).max())


# ---------------------------------------------------------------------- through the kernels


@CELL
@pytest.mark.parametrize("resets", RESETS)
@pytest.mark.parametrize("implementation", ALL)
def test_the_kernels_reset_as_the_reference_does(cell, resets, implementation, kernels_restored):
    kernels.use(implementation)
    problem = draw(cell, mask="holes", resets=RESETS[resets])
    x, weights, state = problem.x, problem.weights, problem.state
    outputs, final, tape = kernels.unroll(cell, x, weights, state, **problem.options)
    expected, last, recorded = problem.run()
    found = kernels.backpropagate(tape, problem.doutputs, problem.dstate)
    reference = backpropagate(recorded, problem.doutputs, problem.dstate)
    equal(outputs, expected)
    pairs = [*zip(final, last, strict=True), (found.x, reference.x)]
    pairs += zip(found.weights, reference.weights, strict=True)
    pairs += zip(found.initial_state, reference.initial_state, strict=True)
    if resets == "none":
        assert found.reset_state == ()
    else:
        pairs += zip(found.reset_state, reference.reset_state, strict=True)
    for actual, array in pairs:
        equal(actual, array)
