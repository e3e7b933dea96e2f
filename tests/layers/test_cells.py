"""SimpleRNNCell, GRUCell, LSTMCell and StackedRNNCells by themselves: one step as a call."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, _tree, layers, utils
from elman.errors import ArgumentError, ShapeError
from elman.layers.recurrence.cell_states import flat
from tests.layers.checks import BATCH, F64, FEATURES, UNITS, assert_gradients, normal, scramble
from tests.tolerances import EXACT

CELLS = {
    "SimpleRNN": lambda **options: layers.SimpleRNNCell(UNITS, **F64, **options),
    "GRU": lambda **options: layers.GRUCell(UNITS, **F64, **options),
    "GRU/before": lambda **options: layers.GRUCell(UNITS, reset_after=False, **F64, **options),
    "LSTM": lambda **options: layers.LSTMCell(UNITS, **F64, **options),
}
every_cell = pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
X = normal(BATCH, FEATURES)


def stack():
    return layers.StackedRNNCells([layers.GRUCell(3, **F64), layers.LSTMCell(2, **F64)])


def built(cell):
    cell.build((None, FEATURES))
    return scramble(cell)


def states_of(cell):
    return [normal(BATCH, size, seed=20 + i) for i, size in enumerate(flat(cell.state_size))]


@every_cell
@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "softsign"}], ids=str)
def test_gradients_of_a_step(make, options):
    cell = built(make(**options))
    assert_step_gradients(cell)


def assert_step_gradients(cell):
    """Check a cell's gradients by those of a model of it, which takes states as inputs."""
    x = Input((FEATURES,), dtype="float64")
    states = [Input((size,), dtype="float64") for size in flat(cell.state_size)]
    model = Model([x, *states], _tree.flatten(cell(x, states)))
    assert_gradients(model, [X, *states_of(cell)])


def test_gradients_of_a_step_of_a_stack():
    assert_step_gradients(built(stack()))


@every_cell
def test_steps_one_by_one_are_the_sequence(make):
    cell = built(make())
    x = normal(BATCH, 4, FEATURES)
    rnn = layers.RNN(cell, return_sequences=True, return_state=True)
    expected, *final = rnn(x)
    states = cell.get_initial_state(batch_size=BATCH)
    for t in range(4):
        output, states = cell(x[:, t], states)
        np.testing.assert_allclose(output, expected[:, t], rtol=EXACT)
    for state, last in zip(states, final, strict=True):
        np.testing.assert_allclose(state, last, rtol=EXACT)


def test_new_states_stand_as_the_old_ones_did():
    cell = built(layers.GRUCell(2, **F64))
    h = np.ones((BATCH, 2))
    output, new = cell(X, h)
    assert new.shape == (BATCH, 2)
    np.testing.assert_array_equal(output, new)
    _, several = cell(X, (h,))
    np.testing.assert_array_equal(several[0], new)
    both = built(stack())
    _, [[h_0], [h_1, c_1]] = both(X, both.get_initial_state(BATCH))
    assert (h_0.shape, h_1.shape, c_1.shape) == ((3, 3), (3, 2), (3, 2))
    _, [bare, _] = both(X, [h_0, [h_1, c_1]])
    assert bare.shape == (3, 3)


def test_sizes_are_keras_s():
    for make, size in (*((make, UNITS) for name, make in CELLS.items() if name != "LSTM"),
                       (CELLS["LSTM"], [UNITS, UNITS])):  # fmt: skip
        assert make().state_size == size
        assert make().output_size == UNITS
    assert stack().state_size == [3, [2, 2]]
    assert stack().output_size == 2


def test_weights_have_keras_s_paths_and_start_as_the_layer_s():
    utils.clear_session()
    cell = layers.LSTMCell(2)
    cell.build((None, 3))
    assert [w.path for w in cell.weights] == [
        f"lstm_cell/{name}" for name in ("kernel", "recurrent_kernel", "bias")
    ]
    np.testing.assert_array_equal(cell.bias.array, [0, 0, 1, 1, 0, 0, 0, 0])
    assert layers.GRUCell(2, name="g").name == "g"


@every_cell
def test_dropout_is_active_only_in_training(make):
    cell, plain = built(make(dropout=0.5, recurrent_dropout=0.5, seed=1)), built(make())
    states = states_of(cell)
    np.testing.assert_array_equal(cell(X, states)[0], plain(X, states)[0])
    assert not np.array_equal(cell(X, states, training=True)[0], plain(X, states)[0])


def test_the_attributes_of_a_layer_are_those_of_its_cell():
    layer = layers.LSTM(3, name="l")
    layer(np.zeros((1, 2, 3)))
    assert isinstance(layer.cell, layers.LSTMCell)
    assert isinstance(layer, layers.RNN)
    assert layer.kernel is layer.cell.kernel
    layer.dropout, layer.activation = 0.25, "relu"
    assert (layer.cell.dropout, layer.cell.activation) == (0.25, elman.activations.relu)
    layer.cell.dropout = 0.5
    assert layer.dropout == 0.5
    layer.trainable = False
    assert not layer.cell.trainable


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.GRUCell(0),
            ArgumentError,
            "GRUCell: `units` must be a positive integer; got 0.",
        ),
        (
            lambda: layers.LSTMCell(2, return_sequences=True),
            ArgumentError,
            "LSTMCell: `return_sequences` must be an argument that LSTMCell has.",
        ),
        (
            lambda: built(layers.LSTMCell(2, name="c"))(X, [np.zeros((3, 2))]),
            ShapeError,
            "LSTMCell 'c': `states` must be 2 arrays (h, c); got 1.",
        ),
        (
            lambda: built(layers.GRUCell(2, name="c"))(X, []),
            ShapeError,
            "GRUCell 'c': `states` must be 1 array (h); got 0.",
        ),
        (
            lambda: built(layers.GRUCell(2, name="c"))(X, np.zeros((2, 2))),
            ShapeError,
            "GRUCell 'c': `states` must have h of shape (batch=3, units=2); got (2, 2).",
        ),
        (
            lambda: built(layers.GRUCell(2, name="c"))(X, ["a"]),
            ArgumentError,
            "GRUCell 'c': `states` must be an array of real numbers; got list",
        ),
        (
            lambda: built(layers.GRUCell(2, name="c"))(X[:, :1], np.zeros((3, 2))),
            ShapeError,
            "GRUCell 'c': `inputs` must have shape (batch, features=2); got (3, 1).",
        ),
        (
            lambda: layers.GRUCell(2, name="c")(X[:, None], np.zeros((3, 2))),
            ShapeError,
            "GRUCell 'c': `inputs` must have shape (batch, features); got (3, 1, 2). Run over a "
            "sequence with `RNN(cell)`.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
