import copy
import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, gradients, layers
from elman.errors import ArgumentError, ShapeError
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, GAPS, assert_gradients, normal, scramble
from tests.tolerances import EXACT


def lstm(**options):
    layer = layers.LSTM(2, name="rnn", **F64, **options)
    layer.build((None, None, 2))
    return scramble(layer)


def two_outputs():
    x = Input((4, 2), **F64)
    h = layers.GRU(2, **F64)(x)
    outputs = [layers.Dense(1, name="late", **F64)(h), layers.Dense(3, name="early", **F64)(h)]
    return scramble(Model(x, outputs, name="m"))


def test_the_three_kinds_have_the_shapes_of_their_arrays():
    layer, states = lstm(return_state=True), [normal(3, 2), normal(3, 2)]
    found = gradients(
        layer, normal(3, 4, 2), output_gradients=[np.ones((3, 2))] * 3, initial_state=states
    )
    assert list(found) == ["inputs", "weights", "initial_state"]
    assert [g.shape for g in found["inputs"]] == [(3, 4, 2)]
    assert [g.shape for g in found["weights"]] == [w.shape for w in layer.weights]
    assert [g.shape for g in found["initial_state"]] == [(3, 2), (3, 2)]
    assert (
        gradients(layer, normal(3, 4, 2), output_gradients=[np.ones((3, 2))] * 3)["initial_state"]
        == []
    )


def test_they_are_right_with_a_mask_and_a_state():
    states = [normal(3, 2), normal(3, 2)]
    assert_gradients(lstm(return_sequences=True), normal(3, 4, 2), mask=GAPS, initial_state=states)


def test_they_are_right_for_a_model_with_a_mask():
    model = scramble(
        Sequential([Input((4, 2), **F64), layers.GRU(2, **F64), layers.Dense(1, **F64)])
    )
    assert_gradients(model, normal(3, 4, 2), mask=GAPS)


def test_masked_inputs_have_no_gradient():
    (dx,) = gradients(lstm(), normal(3, 4, 2), output_gradients=np.ones((3, 2)), mask=GAPS)[
        "inputs"
    ]
    assert not dx[~GAPS].any()
    assert dx[GAPS].all()


def test_a_single_state_need_not_be_in_a_list():
    layer = layers.GRU(2, **F64)
    found = gradients(
        layer, normal(3, 4, 2), output_gradients=np.ones((3, 2)), initial_state=normal(3, 2)
    )
    assert [g.shape for g in found["initial_state"]] == [(3, 2)]


def test_indices_have_none():
    words, x = Input((4,), dtype="int32"), Input((4, 2), **F64)
    h = layers.Concatenate(**F64)([layers.Embedding(5, 2, **F64)(words), x])
    model = Model([words, x], layers.GRU(2, **F64)(h))
    found = gradients(
        model, [np.zeros((1, 4), int), normal(1, 4, 2)], output_gradients=np.ones((1, 2))
    )
    assert found["inputs"][0] is None
    assert found["inputs"][1].shape == (1, 4, 2)


def test_several_outputs_take_a_list_or_a_dictionary_by_name():
    x, dp, dq = normal(3, 4, 2), normal(3, 1), normal(3, 3)
    model = two_outputs()
    expected = gradients(model, x, output_gradients=[dp, dq])
    by_name = gradients(model, x, output_gradients={"early": dq, "late": dp})
    structured = Model(model.inputs, dict(zip("pq", model.outputs, strict=True)))
    by_key = gradients(structured, x, output_gradients={"q": dq, "p": dp})
    for found in (by_name, by_key):
        np.testing.assert_array_equal(found["inputs"][0], expected["inputs"][0])


def test_they_are_linear_in_the_output_s_gradient():
    layer, x, one, other = lstm(), normal(3, 4, 2), normal(3, 2), normal(3, 2, seed=1)
    parts = [
        gradients(layer, x, output_gradients=dy)["weights"] for dy in (one, other, 2 * one - other)
    ]
    for a, b, both in zip(*parts, strict=True):
        np.testing.assert_allclose(2 * a - b, both, rtol=EXACT, atol=EXACT)


def test_lists_of_numbers_are_arrays():
    layer = layers.Dense(2, **F64)
    found = gradients(layer, [[1.0, 2.0]], output_gradients=[[1.0, 1.0]])
    np.testing.assert_array_equal(found["weights"][0], [[1, 1], [2, 2]])


def test_a_stateful_layer_starts_from_the_state_it_carries():
    layer, x = lstm(stateful=True), normal(3, 4, 2)
    layer(x)
    states = layer.states
    found = gradients(layer, x, output_gradients=np.ones((3, 2)))["inputs"][0]
    expected = gradients(lstm(), x, output_gradients=np.ones((3, 2)), initial_state=states)[
        "inputs"
    ][0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("carries", [False, True])
def test_looking_inside_leaves_the_carried_state_and_the_random_numbers_alone(carries):
    rnn, x = lstm(stateful=True), normal(3, 4, 2)
    model = Sequential([Input((4, 2)), rnn])
    if carries:
        model(x)
    before = copy.deepcopy(rnn.states)
    gradients(rnn, x, output_gradients=np.ones((3, 2)))
    assert_same(rnn.states, before)
    gradients(model, x, output_gradients=np.ones((3, 2)))
    assert_same(rnn.states, before)
    both = layers.Bidirectional(layers.GRU(2, stateful=True))
    gradients(both, x, output_gradients=np.ones((3, 4)))
    assert (both.forward_layer.states, both.backward_layer.states) == (None, None)
    elman.check_gradients(model, x)
    assert_same(rnn.states, before)


def assert_same(states, before):
    assert (states is None) == (before is None)
    for state, array in zip(states or (), before or (), strict=True):
        np.testing.assert_array_equal(state, array)


def test_looking_inside_draws_no_random_numbers_from_a_layer():
    x = Input((4, 2))
    drop = layers.Dropout(0.5, seed=1)
    model = Model(x, drop(x, training=True))
    before = drop.generator.bit_generator.state
    gradients(model, normal(3, 4, 2), output_gradients=np.ones((3, 4, 2)))
    assert drop.generator.bit_generator.state == before


def test_what_bptt_gives_is_what_the_last_input_alone_would():
    """The gradient of the last step's input is that of one step from the state before it."""
    layer, x = lstm(return_state=True), normal(3, 4, 2)
    _, *before = layer(x[:, :3])
    dy = [normal(3, 2), np.zeros((3, 2)), np.zeros((3, 2))]
    whole = gradients(layer, x, output_gradients=dy)["inputs"][0][:, 3]
    last = x[:, 3:]
    found = gradients(layer, last, output_gradients=dy, initial_state=before)["inputs"][0][:, 0]
    np.testing.assert_allclose(whole, found, rtol=EXACT)
    assert_gradient(
        lambda a: float((layer(a, initial_state=before)[0] * dy[0]).sum()), last, found[:, None]
    )


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: gradients(lstm(), normal(3, 4, 2), output_gradients=np.ones((3, 3))),
            ShapeError,
            "LSTM 'rnn': `output_gradients` must have the output's shape (3, 2); got (3, 3).",
        ),
        (
            lambda: gradients(
                lstm(return_state=True), normal(3, 4, 2), output_gradients=np.ones((3, 2))
            ),
            ShapeError,
            "LSTM 'rnn': `output_gradients` must be 3 arrays; got 1.",
        ),
        (
            lambda: gradients(lstm(), np.ones((3, 2)), output_gradients=np.ones((3, 2))),
            ShapeError,
            "LSTM 'rnn': `x` must have shape (batch, timesteps, features=2); got (3, 2).",
        ),
        (
            lambda: gradients(
                Sequential([Input((4, 2)), lstm()], name="s"),
                normal(3, 4, 2),
                output_gradients=np.ones((3, 2)),
                initial_state=[np.ones((3, 2))],
            ),
            ArgumentError,
            "Sequential 's': `initial_state` must be left out for a model; got 1 arrays. "
            "Make the state an `Input` of the model.",
        ),
        (
            lambda: gradients(
                two_outputs(), normal(3, 4, 2), output_gradients={"lste": np.ones((3, 1))}
            ),
            ArgumentError,
            "Model 'm': `output_gradients` must be one of 'late', 'early'; got 'lste'. "
            "Did you mean 'late'?",
        ),
        (
            lambda: gradients(lstm(), normal(3, 4, 2), output_gradients="a"),
            ArgumentError,
            "LSTM 'rnn': `output_gradients` must be an array of real numbers; got str",
        ),
        (
            lambda: gradients(3, normal(3, 4, 2), output_gradients=np.ones((3, 2))),
            ArgumentError,
            "gradients: `model_or_layer` must be a layer or a model; got 3.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_the_gradients_of_the_loss_are_those_by_hand():
    model, x, y = Sequential([Input((4, 2), **F64), lstm()]), normal(3, 4, 2), normal(3, 2, seed=1)
    model.compile("sgd", "mse")
    found = gradients(model, x, y=y, mask=GAPS)
    by_hand = gradients(model, x, (model(x, mask=GAPS) - y) / 3, GAPS)
    for a, b in zip(found["weights"], by_hand["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_it_is_a_name_of_the_package():
    assert elman.gradients is elman.inspection.gradients


def test_whole_numbers_that_are_no_indices_have_gradients():
    layer = layers.SimpleRNN(2, **F64)
    whole, dy = np.array([[[2, 2], [3, 3]]]), np.ones((1, 2))
    found = gradients(layer, whole, output_gradients=dy)["inputs"][0]
    np.testing.assert_array_equal(
        found, gradients(layer, whole.astype(float), output_gradients=dy)["inputs"][0]
    )


def test_with_targets_the_loss_is_differentiated_with_all_that_is_added_to_it():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(4, 5, 3)), generator.normal(size=(4, 1))
    model = elman.Sequential(
        [
            elman.Input((5, 3), dtype="float64"),
            layers.GRU(3, kernel_regularizer="l2", activity_regularizer="l2", dtype="float64"),
            layers.Dense(1, dtype="float64"),
        ]
    )
    model.compile("sgd", "mse")
    weights = np.array([0.5, 2.0, 0.0, 1.0])
    found = elman.gradients(model, x, y=y, sample_weight=weights)

    def loss(_):
        return model.evaluate(x, y, sample_weight=weights, verbose=0)

    assert found["loss"] == pytest.approx(loss(None), rel=EXACT)
    for weight, gradient in zip(model.weights, found["weights"], strict=True):
        assert_gradient(loss, weight.array, gradient)
    assert_gradient(loss, x, found["inputs"][0])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "one of `y` and `output_gradients` must be given; got neither."),
        ({"output_gradients": [[1.0]], "y": [[1.0]]}, "must be given; got both."),
        ({"y": [[1.0]]}, "`y` must be left out for a layer, which has no loss; got targets."),
    ],
)
def test_targets_take_the_place_of_output_gradients(options, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        elman.gradients(layers.Dense(1, name="d"), [[1.0]], **options)


def test_of_several_outputs_some_may_be_left_out():
    x, model = normal(3, 4, 2), two_outputs()
    outputs = model(x)
    late = list(model.output_names).index("late")
    given = [None if i != late else np.ones(output.shape) for i, output in enumerate(outputs)]
    whole = [np.zeros(o.shape) if g is None else g for g, o in zip(given, outputs, strict=True)]
    expected = gradients(model, x, output_gradients=whole)["inputs"][0]
    for left_out in (given, {"late": given[late]}):
        found = gradients(model, x, output_gradients=left_out)["inputs"][0]
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("look", [gradients, elman.trace])
def test_sample_weights_without_a_loss_are_refused(look):
    with pytest.raises(
        ArgumentError,
        match="`sample_weight` must be left out without `y`, whose loss it is for; got weights",
    ):
        look(lstm(), normal(3, 4, 2), output_gradients=np.ones((3, 2)), sample_weight=np.ones(3))
