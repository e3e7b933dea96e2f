from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.bptt import backpropagate, unroll
from elman.cells import CELLS, streams_of
from tests.cells.problem import (
    BATCH,
    FEATURES,
    GATED,
    MASKS,
    TIMESTEPS,
    UNITS,
    Problem,
    assert_gradients,
    assert_gradients_along_a_direction,
    draw,
)
from tests.gradcheck import assert_gradient
from tests.tolerances import EXACT, FLOAT32

CELL = pytest.mark.parametrize("cell", CELLS)
MASK = pytest.mark.parametrize("mask", MASKS)
FLAGS = ("go_backwards", "zero_output_for_mask", "return_sequences")
PAIRS = [  # phi and sigma; softmax mixes the units of a row, the others act on each alone
    ("tanh", "sigmoid"),
    ("relu", "hard_sigmoid"),
    ("softmax", "sigmoid"),
    ("tanh", "softmax"),
    ("gelu", "tanh"),
]
ALL = slice(None)
ENTERS = ("both", "outputs", "state")  # where gradients come from above


def dropout_choices(cell):
    """How many masks there can be on the inputs: none, one for all gates, one a gate."""
    return sorted({0, 1, len(CELLS[cell].GATES)})


def equal(actual, expected):
    """Check that arrays agree but for the order of roundings."""
    np.testing.assert_allclose(actual, expected, rtol=EXACT, atol=EXACT)


# ---------------------------------------------------------------------- gradients


@pytest.mark.usefixtures("smooth")
@CELL
@MASK
def test_gradients_are_right_in_every_combination_of_options(cell, mask):
    combinations = product(*[(False, True)] * 5, dropout_choices(cell))
    for count, (*flags, recurrent, bias, inputs) in enumerate(combinations):
        # The product is over all flags; what follows takes its turn, out of step with them.
        enters = ENTERS[count // len(dropout_choices(cell)) % 3]
        problem = draw(
            cell,
            mask=mask,
            activations=PAIRS[count % len(PAIRS)][: 1 + (cell in GATED)],
            recurrent_dropout=recurrent,
            bias=bias,
            input_dropout=inputs,
            enters=enters,
            seed=count,
            **dict(zip(FLAGS, flags, strict=True)),
        )
        try:
            assert_gradients_along_a_direction(problem)
        except AssertionError as error:
            raise AssertionError(f"{problem.options}, bias {bias}, {enters}: {error}") from None


@pytest.mark.usefixtures("smooth")
@CELL
@MASK
@pytest.mark.parametrize("return_sequences", [True, False])
def test_gradients_are_right_in_every_element(cell, mask, return_sequences):
    gates = len(CELLS[cell].GATES)
    options = {"mask": mask, "return_sequences": return_sequences}
    assert_gradients(draw(cell, **options))
    assert_gradients(draw(cell, **options, go_backwards=True, zero_output_for_mask=True))
    assert_gradients(draw(cell, **options, input_dropout=gates, recurrent_dropout=True))


@pytest.mark.usefixtures("smooth")
@CELL
@pytest.mark.parametrize("pair", PAIRS)
def test_gradients_are_right_for_every_pair_of_activations(cell, pair):
    names = pair[: 1 + (cell in GATED)]
    assert_gradients(draw(cell, activations=names, mask="holes"))


@CELL
@MASK
def test_float32_agrees_with_float64(cell, mask):
    problem = draw(cell, mask=mask, input_dropout=1, recurrent_dropout=True)
    single = problem.astype(np.float32)
    pairs = zip(single.gradients().values(), problem.gradients().values(), strict=True)
    for (_, actual), (_, expected) in pairs:
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, expected, atol=FLOAT32 * np.abs(expected).max())
    for actual, expected in zip(
        [single.run()[0], *single.run()[1]], [problem.run()[0], *problem.run()[1]], strict=True
    ):
        assert actual.dtype == np.float32
        np.testing.assert_allclose(actual, expected, atol=FLOAT32)


# ---------------------------------------------------------------------- masks


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


# ---------------------------------------------------------------------- other rules


@CELL
@MASK
def test_going_backwards_equals_turning_inputs_and_mask_around(cell, mask):
    backwards = draw(cell, mask=mask, go_backwards=True)
    turned = draw(cell, mask=mask)
    turned.x = turned.x[:, ::-1].copy()
    if "streams" in turned.options:
        turned.options["streams"] = tuple(s[:, ::-1] for s in turned.options["streams"])
    if turned.options["mask"] is not None:
        turned.options["mask"] = turned.options["mask"][:, ::-1]
    np.testing.assert_array_equal(backwards.run()[0], turned.run()[0])
    expected = {name: gradient for name, (_, gradient) in turned.gradients().items()}
    for name in ("x", *(f"stream {stream}" for stream in streams_of(CELLS[cell]))):
        if name in expected:
            expected[name] = expected[name][:, ::-1]
    for name, (_, gradient) in backwards.gradients().items():
        equal(gradient, expected[name])


@CELL
def test_one_input_dropout_mask_equals_scaling_the_inputs(cell):
    dropped, scaled = draw(cell, input_dropout=1), draw(cell, input_dropout=1)
    (mask,) = scaled.options["input_dropout"]
    scaled.options["input_dropout"] = ()
    scaled.x = scaled.x * mask[:, None]
    equal(dropped.run()[0], scaled.run()[0])
    expected = {name: gradient for name, (_, gradient) in scaled.gradients().items()}
    expected["x"] = expected["x"] * mask[:, None]
    for name, (_, gradient) in dropped.gradients().items():
        equal(gradient, expected[name])


@CELL
def test_a_mask_a_gate_that_is_the_same_for_all_equals_one_mask(cell):
    one, several = draw(cell, input_dropout=1), draw(cell, input_dropout=1)
    several.options["input_dropout"] *= len(CELLS[cell].GATES)
    equal(several.run()[0], one.run()[0])
    for (_, actual), (_, expected) in zip(
        several.gradients().values(), one.gradients().values(), strict=True
    ):
        equal(actual, expected)


@CELL
def test_recurrent_masks_of_ones_equal_none(cell):
    plain, dropped = draw(cell), draw(cell)
    ones = np.ones((BATCH, UNITS))
    dropped.options["recurrent_dropout"] = (ones,) * len(CELLS[cell].GATES)
    equal(dropped.run()[0], plain.run()[0])
    for (_, actual), (_, expected) in zip(
        dropped.gradients().values(), plain.gradients().values(), strict=True
    ):
        equal(actual, expected)


@CELL
@given(cut=st.integers(1, TIMESTEPS - 1), mask=st.sampled_from([m for m in MASKS if m != "left"]))
@settings(max_examples=15, deadline=None)
def test_two_pieces_with_the_state_handed_on_equal_the_whole(cell, cut, mask):
    # To rounding, not to the bit: a product of fewer rows may sum its terms in another order.
    problem = draw(cell, mask=mask, zero_output_for_mask=True)
    whole, final, tape = problem.run()
    found = backpropagate(tape, problem.doutputs, problem.dstate)
    m = problem.options["mask"]
    first, second = (None, None) if m is None else (m[:, :cut], m[:, cut:])
    early, state, tape_1 = problem.run(**problem.part(ALL, slice(0, cut)), mask=first)
    rest = problem.part(ALL, slice(cut, None))
    late, last, tape_2 = problem.run(**rest, mask=second, state=state)
    equal(np.concatenate([early, late], axis=1), whole)
    for actual, expected in zip(last, final, strict=True):
        equal(actual, expected)
    piece_2 = backpropagate(tape_2, problem.doutputs[:, cut:], problem.dstate)
    piece_1 = backpropagate(tape_1, problem.doutputs[:, :cut], piece_2.initial_state)
    equal(np.concatenate([piece_1.x, piece_2.x], axis=1), found.x)
    for a, b, expected in zip(piece_1.weights, piece_2.weights, found.weights, strict=True):
        if expected is not None:
            equal(a + b, expected)
    for a, b, expected in zip(piece_1.streams, piece_2.streams, found.streams, strict=True):
        if expected is not None:
            equal(np.concatenate([a, b], axis=1), expected)
    for actual, expected in zip(piece_1.initial_state, found.initial_state, strict=True):
        equal(actual, expected)


@CELL
@MASK
def test_rows_of_a_batch_know_nothing_of_each_other(cell, mask):
    problem = draw(cell, mask=mask)
    outputs, before = problem.run()[0], problem.gradients()
    problem.x[1:] += 1
    for array in problem.state:
        array[1:] -= 1
    after = problem.gradients()
    np.testing.assert_array_equal(problem.run()[0][0], outputs[0])
    for name in ("x", *(f"initial {state}" for state in CELLS[cell].STATES)):
        np.testing.assert_array_equal(after[name][1][0], before[name][1][0])


@CELL
@MASK
def test_the_last_output_is_that_of_the_whole_sequence(cell, mask):
    problem = draw(cell, mask=mask)
    outputs, _, _ = problem.run()
    last, _, _ = problem.run(return_sequences=False)
    np.testing.assert_array_equal(last, outputs[:, -1])


@CELL
@MASK
def test_without_recording_the_outputs_are_the_same_and_the_tape_is_empty(cell, mask):
    problem = draw(cell, mask=mask, recurrent_dropout=True)
    outputs, state, tape = problem.run()
    again, same, empty = problem.run(record=False)
    np.testing.assert_array_equal(again, outputs)
    for actual, expected in zip(same, state, strict=True):
        np.testing.assert_array_equal(actual, expected)
    assert empty.steps == []
    assert [step.t for step in tape.steps] == list(range(TIMESTEPS))


@CELL
@pytest.mark.parametrize("backwards", [False, True])
def test_the_tape_holds_what_the_cell_kept_of_the_rows_that_took_the_step(cell, backwards):
    problem = draw(cell, mask="holes", go_backwards=backwards)
    _, _, tape = problem.run()
    names, mask = CELLS[cell].CACHE, np.array(MASKS["holes"])
    times = list(range(TIMESTEPS))[:: -1 if backwards else 1]
    assert [step.t for step in tape.steps] == times
    parts = [(problem.part(ALL, times[:n]), mask[:, times[:n]]) for n in range(1, TIMESTEPS)]
    states = [problem.run(**part, mask=m, go_backwards=False)[1][0] for part, m in parts]
    states.insert(0, problem.state[0])
    for turn, step in enumerate(tape.steps):
        np.testing.assert_array_equal(step.rows, np.flatnonzero(mask[:, step.t]))
        cache = dict(zip(names, step.cache, strict=True))
        equal(cache["h_prev"], states[turn][step.rows])


@pytest.mark.usefixtures("smooth")
@CELL
@MASK
def test_recorded_gradients_of_states_are_those_that_reach_them(cell, mask):
    # With zeros at masked steps the rest of the sequence depends on the past by the state alone.
    problem = draw(cell, mask=mask, zero_output_for_mask=True)
    _, _, tape = problem.run()
    found = backpropagate(tape, problem.doutputs, problem.dstate, record_states=True)
    m = problem.options["mask"]
    valid = np.ones((BATCH, TIMESTEPS), bool) if m is None else m
    for t in range(TIMESTEPS):
        _, state, _ = problem.run(
            **problem.part(ALL, slice(0, t + 1)), mask=None if m is None else m[:, : t + 1]
        )
        state = tuple(array.copy() for array in state)

        def rest(_, t=t, state=state):
            """L as a function of the state after step t."""
            here = (state[0] * valid[:, t, None] * problem.doutputs[:, t]).sum()
            if t == TIMESTEPS - 1:
                late, last = np.zeros((BATCH, 0, UNITS)), state
            else:
                after = None if m is None else m[:, t + 1 :]
                later = problem.part(ALL, slice(t + 1, None))
                late, last, _ = problem.run(**later, mask=after, state=state)
            there = (late * problem.doutputs[:, t + 1 :]).sum()
            ends = sum((s * d).sum() for s, d in zip(last, problem.dstate, strict=True))
            return here + there + ends

        for array, gradient in zip(state, found.states, strict=True):
            assert_gradient(rest, array, gradient[:, t])


@CELL
def test_gradients_of_states_are_left_out_unless_asked_for(cell):
    problem = draw(cell)
    _, _, tape = problem.run()
    assert backpropagate(tape, problem.doutputs, problem.dstate).states == ()


@CELL
def test_nothing_that_is_passed_in_is_changed(cell):
    problem = draw(cell, mask="holes", input_dropout=1, recurrent_dropout=True)
    arrays = [problem.x, *problem.every_weight, *problem.state]
    arrays += [problem.doutputs, *problem.dstate, *problem.options.get("streams", ())]
    arrays += [*problem.options["input_dropout"], *problem.options["recurrent_dropout"]]
    before = [array.copy() for array in arrays]
    problem.gradients()
    for array, expected in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, expected)


@CELL
def test_gradients_of_several_passes_do_not_mix(cell):
    one, other = draw(cell, seed=1), draw(cell, seed=2)
    expected = {name: gradient for name, (_, gradient) in one.gradients().items()}
    _, _, tape = one.run()
    other.gradients()
    again = backpropagate(tape, one.doutputs, one.dstate)
    np.testing.assert_array_equal(again.x, expected["x"])
    np.testing.assert_array_equal(again.weights[0], expected["kernel"])


@pytest.mark.usefixtures("smooth")
@CELL
def test_a_single_step_and_a_single_row_are_sequences_too(cell):
    problem = draw(cell, batch=1, timesteps=1)
    assert problem.run()[0].shape == (1, 1, UNITS)
    assert_gradients(problem)


@CELL
def test_strided_inputs_give_the_same_numbers(cell):
    problem = draw(cell)
    wide = np.zeros((BATCH, TIMESTEPS, 2 * FEATURES))
    wide[..., ::2] = problem.x
    outputs, _, _ = unroll(cell, wide[..., ::2], problem.weights, problem.state, **problem.options)
    equal(outputs, problem.run()[0])
