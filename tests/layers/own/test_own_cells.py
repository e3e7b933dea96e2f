"""RNN of cells of your own: `call` in NumPy, or a gradient by hand."""

from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Sequential, _tree, layers, ops, saving, utils
from elman.errors import UnsupportedError
from elman.layers.recurrence.cell_states import flat
from tests.golden import rnn_cases as cases
from tests.gradcheck import assert_gradient
from tests.layers.checks import BATCH, F64, FEATURES, GAPS, assert_gradients, normal, scramble
from tests.layers.own.own_cells import ByHand, MinimalRNNCell, NestedCell, X
from tests.tolerances import EXACT, FLOAT32, KERAS_OWN_CELLS

GOLDEN = np.load(Path(__file__).parents[2] / "golden" / "rnn.npz")


class Wrapped(layers.Layer):
    """A cell that is made of layers and of another cell."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.LSTMCell(3, dtype=self.dtype)
        self.out = layers.Dense(2, dtype=self.dtype)
        self.state_size, self.output_size = self.inner.state_size, 2

    def call(self, inputs, states, training=False):
        h, states = self.inner(inputs, states)
        return self.out(h), states


class Steeper(layers.GRUCell):
    def call(self, inputs, states, training=False):
        output, states = super().call(inputs, states)
        return 2 * output, states


class Learned(layers.GRUCell):
    """A cell whose first state is learned too."""

    def create_weights(self, shapes):
        super().create_weights(shapes)
        self.first = self.add_weight((self.units,), "ones", name="first")

    def get_initial_state(self, batch_size):
        return [np.zeros((batch_size, self.units), self.dtype) + self.first]


MAKE = {
    "minimal": lambda: MinimalRNNCell(2, **F64),
    "nested": lambda: NestedCell(2, **F64),
    "by hand": lambda: ByHand(2, **F64),
    "wrapped": lambda: Wrapped(**F64),
    "steeper": lambda: Steeper(2, **F64),
    "learned": lambda: Learned(2, **F64),
    "stack": lambda: [layers.GRUCell(3, **F64), NestedCell(2, **F64), ByHand(2, **F64)],
}
every_cell = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def built(cell, **options):
    layer = layers.RNN(cell, **options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def start(layer):
    sizes = flat(layer.cell.state_size)
    return [normal(BATCH, size, seed=20 + i) for i, size in enumerate(sizes)]


# ---------------------------------------------------------------------- one step


def test_a_cell_by_hand_takes_a_step_as_any_other():
    cell, h = ByHand(2, **F64), normal(BATCH, 2, seed=3)
    output, (state,) = cell(X[:, 0], [h])
    expected = X[:, 0] @ cell.kernel.array + h @ cell.recurrent_kernel.array
    np.testing.assert_allclose(output, expected, rtol=EXACT)
    np.testing.assert_array_equal(state, output)
    assert cell(X[:, 0], h)[1].shape == (BATCH, 2)  # a state that is not in a list is none after
    assert cell.weights[0].path == f"{cell.name}/kernel"
    step = layers.RNN(cell)(X[:, :1], initial_state=[h])
    np.testing.assert_array_equal(step, output)


def test_gradients_of_a_step_by_hand():
    cell = ByHand(2, **F64)
    h, w, dstate = (normal(BATCH, 2, seed=seed) for seed in (3, 4, 5))
    x = X[:, 0].copy()
    cell(x, [h])
    scramble(cell)

    def total(_=None):
        output, (state,) = cell(x, [h])
        return float((output * w).sum() + (state * dstate).sum())

    with elman.GradientTape() as tape:
        watched = [tape.watch(x), tape.watch(h)]
        output, (state,) = cell(watched[0], [watched[1]])
        loss = ops.sum(output * w) + ops.sum(state * dstate)
    found = tape.gradient(loss, [*watched, *cell.weights])
    arrays = [x, h, *(weight.array for weight in cell.weights)]
    for array, gradient in zip(arrays, found, strict=True):
        assert_gradient(total, array, gradient)


def test_a_cell_by_hand_is_a_layer_of_a_model():
    x, h = Input((FEATURES,)), Input((2,))
    output, _ = ByHand(2)(x, [h])
    model = elman.Model([x, h], layers.Dense(1)(output))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit([X[:, 0], np.ones((BATCH, 2))], np.ones((BATCH, 1)), verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


# ---------------------------------------------------------------------- numbers


@pytest.mark.parametrize("name", ["minimal", "nested"])
def test_training_gives_keras_s_weights(name):
    x, y = cases.own_data()
    stack = cases.own_rnns(layers, np.zeros)[name]
    model = Sequential([Input(x.shape[1:], batch_size=BATCH), *stack])
    model.set_weights(cases.numbers([w.shape for w in model.weights], 0.3))
    model.compile(elman.optimizers.SGD(0.1), "mse")
    losses = [model.train_on_batch(x, y) for _ in range(cases.STEPS)]
    np.testing.assert_allclose(losses, GOLDEN[f"own/{name}/loss"], rtol=KERAS_OWN_CELLS)
    for i, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, GOLDEN[f"own/{name}/w{i}"], atol=KERAS_OWN_CELLS)


@every_cell
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "mask"])
@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"return_state": True, "return_sequences": True},
        {"go_backwards": True, "return_sequences": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"zero_output_for_mask": True, "return_state": True, "go_backwards": True},
    ],
    ids=str,
)
def test_gradients(make, mask, ways):
    assert_gradients(built(make(), **ways), X, mask=mask)


@every_cell
def test_gradients_of_given_states(make):
    layer = built(make(), return_state=True)
    assert_gradients(layer, X, mask=GAPS, initial_state=start(layer))


def test_a_tape_a_gradient_by_hand_and_a_stock_cell_agree():
    made = [MinimalRNNCell(2, **F64), ByHand(2, **F64),
            layers.SimpleRNNCell(2, "linear", use_bias=False, **F64)]  # fmt: skip
    found = []
    for cell in made:
        layer = built(cell, return_sequences=True, go_backwards=True)
        y = layer(X, mask=GAPS)
        found.append(
            [
                y,
                *_tree.flatten(
                    elman.gradients(layer, X, output_gradients=np.ones_like(y), mask=GAPS)
                ),
            ]
        )
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


@every_cell
def test_what_is_at_masked_steps_reaches_nothing(make):
    layer, x = built(make(), return_sequences=True), X.copy()
    x[~GAPS] = np.nan
    y = layer(X, mask=GAPS)
    np.testing.assert_array_equal(layer(x, mask=GAPS), y)
    one, other = (
        elman.gradients(layer, each, output_gradients=np.ones_like(y), mask=GAPS) for each in (x, X)
    )
    for a, b in zip(_tree.flatten(one), _tree.flatten(other), strict=True):
        np.testing.assert_array_equal(a, b)


@every_cell
def test_a_sequence_that_is_masked_altogether_keeps_its_state(make):
    layer = built(make(), return_state=True)
    states = start(layer)
    mask = np.zeros((BATCH, 4), bool)
    output, *final = _tree.flatten(layer(X, initial_state=states, mask=mask))
    assert not output.any()
    for state, before in zip(final, states, strict=True):
        np.testing.assert_array_equal(state, before)
    assert_gradients(layer, X, mask=mask, initial_state=states)


def test_a_cell_of_one_s_own_goes_where_rnn_goes():
    both = layers.Bidirectional(layers.RNN(NestedCell(2, **F64), return_sequences=True))
    both.build((None, None, FEATURES))
    assert_gradients(scramble(both), X, mask=GAPS)
    outer = layers.TimeDistributed(layers.RNN(MinimalRNNCell(2, **F64)))
    outer.build((None, None, None, FEATURES))
    assert_gradients(scramble(outer), normal(2, 2, 3, FEATURES))
    utils.clear_session()
    model = Sequential([Input((4, FEATURES)), layers.RNN(Wrapped()), layers.Dense(1)])
    assert len(model.weights) == 7  # of the layers inside the cell too, before any data
    assert model.weights[0].path == "sequential/rnn/wrapped/lstm_cell/kernel"
    x = normal(1, 4, FEATURES).astype("float32")
    np.testing.assert_allclose(model.stream().process(x)[:, -1], model(x), rtol=FLOAT32)


def test_a_cell_of_elman_s_functions_is_the_stock_cell_of_the_same_maths():
    class Tanh(MinimalRNNCell):
        def call(self, inputs, states):
            a = ops.matmul(inputs, self.kernel) + ops.matmul(states[0], self.recurrent_kernel)
            return ops.tanh(a), [ops.tanh(a)]

    own = built(Tanh(2, **F64), return_sequences=True)
    stock = built(layers.SimpleRNNCell(2, use_bias=False, **F64), return_sequences=True)
    np.testing.assert_allclose(own(X, mask=GAPS), stock(X, mask=GAPS), rtol=EXACT)
    assert_gradients(own, X, mask=GAPS)


def test_a_tape_goes_through_rnn_and_through_cells_that_are_called():
    layer = built(MinimalRNNCell(2, **F64))
    with elman.GradientTape() as tape:
        loss = ops.sum(layer(X) ** 2)
    expected = elman.gradients(layer, X, output_gradients=2 * layer(X))["weights"]
    for actual, gradient in zip(tape.gradient(loss, layer.weights), expected, strict=True):
        np.testing.assert_allclose(actual, gradient, rtol=EXACT)
    cell = built(layers.GRUCell(2, **F64)).cell
    with elman.GradientTape() as tape:
        y, states = cell(X[:, 0], cell.get_initial_state(BATCH))
        loss = ops.sum(cell(X[:, 1], states)[0] ** 2) + 0 * ops.sum(y)
    two = layers.RNN(cell)
    expected = elman.gradients(two, X[:, :2], output_gradients=2 * two(X[:, :2]))["weights"]
    for actual, gradient in zip(tape.gradient(loss, cell.weights), expected, strict=True):
        np.testing.assert_allclose(actual, gradient, rtol=EXACT)


def test_a_subclass_of_a_layer_may_call_what_is_above_it():
    class Doubled(layers.LSTM):
        def call(self, sequences, initial_state=None, mask=None, training=False):
            return 2 * super().call(sequences, initial_state, mask, training)

    layer, plain = Doubled(2, **F64), layers.LSTM(2, **F64)
    plain.build(X.shape)
    layer(X), layer.set_weights(scramble(plain).get_weights())
    np.testing.assert_array_equal(layer(X), 2 * plain(X))
    assert [w.name for w in layer.weights] == ["kernel", "recurrent_kernel", "bias"]


def test_a_registered_cell_is_saved_and_loaded(tmp_path):
    saving.register_keras_serializable("cells")(ByHand)
    model = Sequential([Input((4, FEATURES)), layers.RNN([layers.GRUCell(2), ByHand(2)])])
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(X), model(X))


def test_states_are_carried_and_forgotten():
    layer, plain = built(NestedCell(2, **F64), stateful=True), built(NestedCell(2, **F64))
    layer(X[:, :2])
    assert layer.states[1][1].shape == (BATCH, 2)
    np.testing.assert_allclose(layer(X[:, 2:]), plain(X), rtol=EXACT)
    layer.reset_state()
    np.testing.assert_allclose(layer(X), plain(X), rtol=EXACT)


class Noisy(layers.Layer):
    """A cell that knows whether it trains, and says what it costs."""

    state_size = 2

    def call(self, inputs, states, training=False):
        self.add_loss((inputs * inputs).sum())
        output = inputs + states[0] + (10.0 if training else 0.0)
        return output, [output]


class NoisyByHand(layers.Layer):
    state_size = 2

    def forward(self, inputs, states, training):
        output = inputs + states[0] + (10.0 if training else 0.0)
        return output, output, None

    def backward(self, doutput, dstates, cache):
        d = doutput + dstates[0]
        return d, d, []


@pytest.mark.parametrize("kind", [Noisy, NoisyByHand])
def test_a_cell_is_told_whether_it_trains(kind):
    layer = layers.RNN(kind(**F64))
    np.testing.assert_allclose(layer(X), X.sum(axis=1))
    np.testing.assert_allclose(layer(X, training=True), X.sum(axis=1) + 40)
    assert_gradients(layer, X, mask=GAPS)


def test_what_a_cell_adds_to_the_loss_counts():
    model = Sequential([Input((4, FEATURES), dtype="float64"), layers.Dense(2, **F64),
                        layers.RNN(Noisy(**F64))])  # fmt: skip
    model.compile("sgd", "mse")
    y = model(X)
    said = (model.layers[0](X) ** 2).sum()
    assert abs(model.test_on_batch(X, y) - said) < EXACT * said
    before = model.get_weights()[0].copy()
    kernel, x = before.copy(), X.reshape(-1, FEATURES)
    model.compile(elman.optimizers.SGD(1e-6), lambda y, p: 0 * (p - y) ** 2)
    model.train_on_batch(X, y)
    step = (before - model.get_weights()[0]) / 1e-6
    np.testing.assert_allclose(step, 2 * x.T @ (x @ kernel), rtol=1e-6)


def test_inputs_may_have_more_axes():
    class Summing(layers.Layer):
        state_size = 3

        def call(self, inputs, states):
            output = states[0] + inputs.sum(axis=1)
            return output, [output]

    layer = layers.RNN(Summing(**F64), return_sequences=True)
    x = normal(2, 4, 5, 3)
    np.testing.assert_allclose(layer(x), x.sum(axis=2).cumsum(axis=1), rtol=EXACT)
    assert_gradients(layer, x)


def test_cells_are_described_and_made_again():
    layer = layers.RNN([MinimalRNNCell(2, name="m"), layers.GRUCell(3)], name="r")
    config = layer.get_config()
    low, _ = config["cell"]["config"]["cells"]
    assert (low["class_name"], low["config"]["units"]) == ("MinimalRNNCell", 2)
    again = layers.saved.serialization.twin(layer, name="s")
    assert (again.name, again.cell.cells[0].units, again.cell.cells[1].units) == ("s", 2, 3)
    with pytest.raises(UnsupportedError, match="`MinimalRNNCell` must be registered or given"):
        layers.RNN.from_config(config)
