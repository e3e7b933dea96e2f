"""Traces of cells, layers, models and losses of one's own."""

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, UnsupportedError
from tests.layers.checks import F64, GAPS, normal, scramble
from tests.tolerances import EXACT

X = normal(3, 4, 2)


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


class Decay(layers.Layer):
    """A cell of one's own, with two states."""

    state_size = (2, 2)

    def call(self, inputs, states):
        h = inputs + 0.5 * states[0]
        return h + states[1], [h, states[1] + 1]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_cell_of_ones_own_has_its_states(backwards):
    layer = layers.RNN(Decay(**F64), return_sequences=True, go_backwards=backwards, name="rnn")
    found = elman.trace(layer, X, mask=GAPS)
    seen = found["rnn"]
    assert list(seen.states) == ["state_0", "state_1"]
    assert (list(seen.gates), list(seen.pre_activations)) == ([], [])
    with pytest.raises(AttributeError, match="got one of your own, which has states alone"):
        _ = seen.gradients
    steps = np.cumsum(GAPS[:, ::-1], axis=1)[:, ::-1] if backwards else np.cumsum(GAPS, axis=1)
    np.testing.assert_array_equal(seen.state_1[:, :, 0], steps)
    one = seen.state_0[2, ::-1] if backwards else seen.state_0[2]
    x = X[2, ::-1] if backwards else X[2]
    expected, h = [], np.zeros(2)
    for x_t, taken in zip(x, GAPS[2, ::-1] if backwards else GAPS[2], strict=True):
        h = x_t + 0.5 * h if taken else h
        expected.append(h)
    np.testing.assert_allclose(one, expected, rtol=EXACT)


def test_layers_of_one_name_are_all_seen():
    class Twice(layers.Layer):
        def __init__(self):
            super().__init__(name="own", **F64)
            self.first, self.second = (
                layers.GRU(2, name="q", return_sequences=True, **F64) for _ in range(2)
            )

        def call(self, x):
            return self.second(self.first(x))

    cells = [layers.LSTMCell(2, name="a", **F64) for _ in range(2)]
    inside = Twice(), layers.RNN(cells, name="rnn", **F64)
    model = Sequential([Input((4, 2), **F64), *inside], name="m")
    seen = model.trace(X)
    assert list(seen) == ["own/q", "own/q#2", "rnn/a", "rnn/a#2"]
    np.testing.assert_array_equal(seen["own/q#2"].x, seen["own/q"].h)
    np.testing.assert_array_equal(seen["rnn/a#2"].x, seen["rnn/a"].h)
    assert list(elman.inspection.weights(model)) == list(seen)


class Subclassed(Model):
    def __init__(self):
        super().__init__()
        self.rnn, self.out = layers.GRU(2, name="rnn", **F64), layers.Dense(1, **F64)

    def call(self, x):
        return self.out(self.rnn(x))


class OnTape(layers.Layer):
    def __init__(self):
        super().__init__(name="own", **F64)
        self.rnn = layers.GRU(2, name="deep", **F64)

    def call(self, x):
        return 2 * self.rnn(x)


class OwnLoss(Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
        return ((y_pred - y) ** 2).sum()


def test_models_with_a_call_of_their_own_are_traced_as_their_layers():
    model = Subclassed()
    model.compile("sgd", "mse")
    with_y, without = model.trace(X, np.zeros((3, 1))), model.trace(X)
    np.testing.assert_array_equal(with_y["rnn"].h, without["rnn"].h)
    given = model.trace(X, output_gradients=np.ones((3, 1)))
    assert given["rnn"].gradients.h.any()


def test_what_is_behind_a_call_on_a_tape_is_traced_as_by_itself():
    own = OnTape()
    model = scramble(Sequential([Input((4, 2), **F64), own], name="m"))
    model.compile("sgd", "mse")
    seen, alone = model.trace(X, np.ones((3, 2))), elman.trace(own.rnn, X)
    assert list(seen) == ["own/deep"]
    assert list(model.trace(X)) == ["own/deep"]
    np.testing.assert_array_equal(seen["deep"].update, alone["deep"].update)
    dy = 2 * (model(X) - 1) / 6  # of the mean squared error
    given = elman.trace(own.rnn, X, output_gradients=2 * dy)  # `call` doubles
    for name in ("h", "update", "reset", "candidate"):
        found, expected = (getattr(each["deep"].gradients, name) for each in (seen, given))
        np.testing.assert_allclose(found, expected, rtol=EXACT, atol=EXACT)


def test_a_model_with_a_call_on_a_tape_is_traced_with_all_inside_it():
    class Deep(Model):
        def __init__(self):
            super().__init__(name="deep", **F64)
            inside = [layers.LSTM(2, return_sequences=True, **F64), OnTape()]
            self.first, self.inner = layers.Bidirectional(layers.GRU(2, **F64)), Sequential(inside)
            self.cell = layers.LSTMCell(2, name="cell", **F64)

        def call(self, x):
            states = [elman.ops.zeros_like(x[:, 0])] * 2
            y, _ = self.cell(x[:, 0], states)  # a step is no sequence
            return 2 * self.first(x) + elman.ops.concatenate([y, self.inner(x) ** 2], axis=1)

    model = Deep()
    model.compile("sgd", "mse")
    seen = model.trace(X, np.zeros((3, 4)))
    ends = [name.split("/")[-1] for name in seen]
    assert [end.rstrip("_0123456789") for end in ends] == [
        "forward_gru", "backward_gru", "lstm", "deep"
    ]  # fmt: skip
    assert all(seen[name].gradients.h.any() for name in seen)
    assert elman.gradient_flow(model, X, np.zeros((3, 4)))["deep"].units == 2


def test_a_layer_that_is_never_called_is_said_to_be():
    class Idle(OnTape):
        def call(self, x):
            return 2 * x

    model = Sequential([Input((4, 2), **F64), Idle()], name="m")
    model.layers[0].rnn.build((None, None, 2))
    text = "a recurrent layer must be called over a sequence to be traced; 'own/deep' was not"
    with pytest.raises(ArgumentError, match=text):
        model.trace(X)


def test_a_cell_of_ones_own_that_is_called_cell_has_that_name():
    class Cell(layers.Layer):
        state_size = output_size = 2

        def call(self, inputs, states):
            return inputs + states[0], [inputs + states[0]]

    rnn = layers.RNN(Cell(), name="rnn")
    assert "rnn (Cell) (3, 4, 2): " in repr(elman.trace(rnn, X))


def test_a_single_step_is_no_sequence_to_be_traced():
    cell = layers.GRUCell(2, name="cell", **F64)
    with pytest.raises(ArgumentError, match="a recurrent layer must be in it; got none"):
        elman.trace(cell, X[:, 0], initial_state=np.zeros((3, 2)))


def test_a_loss_of_ones_own_is_not_taken_for_the_compiled_one():
    model = OwnLoss([Input((4, 2), **F64), layers.GRU(2, **F64)], name="m")
    model.compile("sgd", "mse")
    with pytest.raises(UnsupportedError, match=r"`y` must be left out .* `compute_loss`"):
        model.trace(X, np.zeros((3, 2)))
