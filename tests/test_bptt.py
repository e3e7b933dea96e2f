"""Passes through time: gradients in every combination of options, and rules that they keep."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman.bptt import backpropagate, unroll
from elman.cells import CELLS, streams_of
from tests.bptt_passes import CELL, MASK, equal
from tests.cells.problem import (
    BATCH,
    FEATURES,
    GATED,
    MASKS,
    TIMESTEPS,
    UNITS,
    assert_gradients,
    assert_gradients_along_a_direction,
    draw,
)
from tests.gradcheck import assert_gradient
from tests.tolerances import FLOAT32

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
