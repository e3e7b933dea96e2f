"""RNN of elman's own cells: Keras's numbers, and the bits of the layers of the same names."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, _tree, kernels, layers, utils
from elman.errors import ShapeError
from elman.layers.parts.passes import INFERENCE, TRAINING
from elman.layers.recurrence.cell_states import flat
from elman.models.chain import ChainTape
from tests.golden import rnn_cases as cases
from tests.layers.checks import (
    BATCH,
    F64,
    FEATURES,
    GAPS,
    TIMESTEPS,
    UNITS,
    assert_gradients,
    normal,
    scramble,
)
from tests.layers.rnns import X, cells
from tests.tolerances import EXACT, KERAS_GRADIENT, KERAS_OUTPUT

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "rnn.npz")
SAME = {  # the layer, and the cell of the same maths
    "SimpleRNN": (layers.SimpleRNN, layers.SimpleRNNCell, {}),
    "GRU": (layers.GRU, layers.GRUCell, {}),
    "GRU/before": (layers.GRU, layers.GRUCell, {"reset_after": False}),
    "LSTM": (layers.LSTM, layers.LSTMCell, {"activation": "softsign"}),
}
every_kind = pytest.mark.parametrize(("kind", "cell", "options"), SAME.values(), ids=SAME)
single = X.astype("float32")


def stored(prefix):
    found = []
    while f"{prefix}{len(found)}" in GOLDEN:
        found.append(GOLDEN[f"{prefix}{len(found)}"])
    return found


def built(cell, **options):
    layer = layers.RNN(cell, **options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def start(layer, seed=20):
    sizes = flat(layer.cell.state_size)
    return [normal(BATCH, size, seed=seed + i) for i, size in enumerate(sizes)]


def pair(kind, cell, options, **ways):
    """Return a layer, and RNN of its cell with the same weights."""
    layer, rnn = kind(UNITS, **options, **ways), layers.RNN(cell(UNITS, **options), **ways)
    layer(single), rnn(single)
    rnn.set_weights(scramble(layer).get_weights())
    return layer, rnn


# ---------------------------------------------------------------------- against Keras


@pytest.mark.parametrize("name", cases.RNNS)
def test_outputs_and_gradients_are_those_of_keras(name):
    layer, (x, mask, states) = cases.rnn(layers, name), cases.inputs(name)
    layer.build(x.shape)
    layer.set_weights(cases.numbers([w.shape for w in layer.weights]))
    outputs = _tree.flatten(layer(x, initial_state=cases.nested(name, states) or None, mask=mask)
                            if states else layer(x, mask=mask))  # fmt: skip
    for y, expected in zip(outputs, stored(f"{name}/y"), strict=True):
        np.testing.assert_allclose(y, expected, rtol=KERAS_OUTPUT, atol=KERAS_OUTPUT)
    r = cases.numbers([y.shape for y in outputs])
    found = elman.gradients(
        layer,
        x,
        output_gradients=r if len(r) > 1 else r[0],
        mask=mask,
        initial_state=states or None,
    )
    for key, gradients in (("gx", "inputs"), ("gs", "initial_state"), ("gw", "weights")):
        for actual, expected in zip(found[gradients], stored(f"{name}/{key}"), strict=True):
            scale = max(1, np.abs(expected).max())
            np.testing.assert_allclose(actual, expected, atol=KERAS_GRADIENT * scale, rtol=0)


def test_a_model_of_keras_with_nested_states_and_a_cell_by_itself_is_read():
    model = elman.models.model_from_json(str(GOLDEN["model"]))
    given = cases.numbers([(4, 3, 2), (4, 2), (4, 3)])
    for made in (model, elman.models.model_from_json(model.to_json())):
        made.set_weights(cases.numbers([w.shape for w in made.weights]))
        for y, expected in zip(made(given), stored("model/y"), strict=True):
            np.testing.assert_allclose(y, expected, rtol=KERAS_OUTPUT, atol=KERAS_OUTPUT)


def test_configurations_have_keras_s_keys_and_are_read():
    for name, config in json.loads(str(GOLDEN["configs"])).items():
        layer = layers.CLASSES[name].from_config(config)
        assert json.loads(json.dumps(layer.get_config())) == config, name


def test_weights_have_keras_s_names_and_paths():
    utils.clear_session()
    names = ["kernel", "recurrent_kernel", "bias"]
    one, several = layers.RNN(layers.LSTMCell(2)), layers.RNN(cells())
    one(X), several(X)
    assert [w.path for w in one.weights] == [f"rnn/lstm_cell/{name}" for name in names]
    assert [w.path for w in several.weights] == [
        *(f"rnn_1/stacked_rnn_cells/gru_cell/{name}" for name in names),
        *(f"rnn_1/stacked_rnn_cells/lstm_cell_1/{name}" for name in names),
    ]
    again = layers.deserialize(json.loads(json.dumps(layers.serialize(several))))
    assert [w.path for w in again.weights] == [w.path for w in several.weights]


# ---------------------------------------------------------------------- against the layers


@every_kind
@pytest.mark.parametrize(
    "ways",
    [
        {"return_sequences": True, "go_backwards": True},
        {"zero_output_for_mask": True, "return_sequences": True},
        {"return_state": True},
        {"checkpoint_steps": 2},
    ],
    ids=str,
)
def test_rnn_of_a_cell_gives_the_bits_of_the_layer(kind, cell, options, ways):
    layer, rnn = pair(kind, cell, options, **ways)
    for mask in (None, GAPS):
        expected = _tree.flatten(layer(single, mask=mask))
        for actual, output in zip(_tree.flatten(rnn(single, mask=mask)), expected, strict=True):
            np.testing.assert_array_equal(actual, output)
        given = [np.ones_like(y) for y in expected]
        given = given if len(given) > 1 else given[0]
        one, other = (
            elman.gradients(each, single, output_gradients=given, mask=mask)
            for each in (layer, rnn)
        )
        for a, b in zip(_tree.flatten(one), _tree.flatten(other), strict=True):
            np.testing.assert_array_equal(a, b)


@every_kind
def test_dropout_of_a_cell_draws_what_the_layer_draws(kind, cell, options):
    drops = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 3, **options}
    layer, rnn = pair(kind, cell, drops, return_sequences=True)
    first = layer(single, training=True)
    np.testing.assert_array_equal(rnn(single, training=True), first)
    assert not np.array_equal(first, rnn(single))


def chained(*stack):
    model = Sequential([Input((TIMESTEPS, FEATURES)), *stack, layers.Dense(1)])
    model.compile("adam", "mse")
    return scramble(model)


@pytest.mark.skipif(
    kernels.status().implementation == "reference", reason="bound layers are the kernels' calls"
)
def test_rnn_and_stacks_are_bound_in_chains_with_the_same_bits():
    def stack():
        back = layers.RNN(cells(), go_backwards=True, return_sequences=True)
        return [layers.Masking(), back, layers.RNN([*cells(), layers.SimpleRNNCell(2)])]

    x, y = single.copy(), np.ones((BATCH, 1), "float32")
    x[~GAPS] = 0
    bound, free = chained(*stack()), chained(*stack())
    free.graph._chain = lambda *_: None
    for _ in range(4):
        assert bound.train_on_batch(x, y) == free.train_on_batch(x, y)
        np.testing.assert_array_equal(bound.predict_on_batch(x), free.predict_on_batch(x))
    for mode in (INFERENCE, TRAINING):
        assert isinstance(bound.graph.forward([x], (None,), mode)[-1], ChainTape)
    for one, other in zip(bound.get_weights(), free.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    cell = bound.layers[-2].cell.cells[0]
    cell.activation = "relu"
    free.layers[-2].cell.cells[0].activation = "relu"
    np.testing.assert_array_equal(bound.predict_on_batch(x), free.predict_on_batch(x))


def test_a_stream_takes_rnn_and_stacks():
    model = Sequential(
        [Input((TIMESTEPS, FEATURES)), layers.RNN(cells(), return_sequences=True),
         layers.RNN(layers.SimpleRNNCell(3)), layers.Dense(2)]
    )  # fmt: skip
    stream = scramble(model).stream(batch=BATCH)
    for t in range(TIMESTEPS):
        y = stream.step(single[:, t].copy())
    np.testing.assert_allclose(y, model(single), rtol=KERAS_OUTPUT)
    assert [len(own) for own in stream.state] == [1, 2, 1]


# ---------------------------------------------------------------------- states


def test_states_are_nested_as_the_cells_are():
    layer = built(cells(**F64), return_state=True)
    output, h, (h_1, c_1) = layer(X)
    assert (output.shape, h.shape, h_1.shape, c_1.shape) == ((3, 3), (3, 2), (3, 3), (3, 3))
    assert layer.compute_output_shape((3, 4, 2)) == [(3, 3), (3, 2), [(3, 3), (3, 3)]]
    assert layer.state_size == [2, [3, 3]]
    assert [[s.shape for s in own] for own in layer.get_initial_state(3)] == [
        [(3, 2)],
        [(3, 3), (3, 3)],
    ]
    expected = layer(X, initial_state=[[h], [h_1, c_1]])
    for ways in ([h, [h_1, c_1]], [h, h_1, c_1]):
        np.testing.assert_array_equal(layer(X, initial_state=ways)[0], expected[0])
    np.testing.assert_array_equal(layer([X, [h], [h_1, c_1]])[0], expected[0])


def test_a_stateful_stack_goes_on_where_it_ended():
    layer, plain = built(cells(**F64), stateful=True), built(cells(**F64))
    first = layer(X[:, :2])
    assert layer.states[1][1].shape == (BATCH, 3)
    np.testing.assert_allclose(layer(X[:, 2:]), plain(X), rtol=EXACT)
    with pytest.raises(ShapeError, match=re.escape("`x` must have batch=3, that of the carried")):
        layer(X[:2])
    layer.reset_state()
    np.testing.assert_array_equal(layer(X[:, :2]), first)


@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "mask"])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("zeros", [False, True])
def test_gradients_of_a_stack(mask, sequences, back, zeros):
    layer = built(
        [layers.LSTMCell(2, **F64), layers.GRUCell(3, **F64)],
        return_sequences=sequences,
        return_state=True,
        go_backwards=back,
        zero_output_for_mask=zeros,
    )
    assert_gradients(layer, X, mask=mask, initial_state=start(layer))


def test_what_is_at_masked_steps_reaches_nothing():
    layer, x = built(cells(**F64), return_sequences=True), X.copy()
    x[~GAPS] = np.nan
    np.testing.assert_array_equal(layer(x, mask=GAPS), layer(X, mask=GAPS))
    dy = np.ones((BATCH, TIMESTEPS, 3))
    for a, b in zip(
        _tree.flatten(elman.gradients(layer, x, output_gradients=dy, mask=GAPS)),
        _tree.flatten(elman.gradients(layer, X, output_gradients=dy, mask=GAPS)),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_a_mask_is_passed_on_with_a_sequence_and_not_with_states():
    layer = built(cells(**F64), return_sequences=True, return_state=True)
    _, masks, _ = layer.run((X,), (GAPS,), INFERENCE)
    assert masks[0] is GAPS
    assert masks[1:] == (None,) * 3
    layer.return_sequences = False
    assert layer.run((X,), (GAPS,), INFERENCE)[1] == (None,) * 4


# ---------------------------------------------------------------------- inside other layers


def test_gradients_in_both_directions_and_at_every_timestep():
    rnn = layers.RNN([layers.GRUCell(2, **F64), layers.LSTMCell(2, **F64)], return_state=True)
    both = layers.Bidirectional(rnn)
    both.build((None, None, FEATURES))
    scramble(both)
    output, h, (_, c_1), *others = both(X, mask=GAPS)
    assert (output.shape, h.shape, c_1.shape, len(others)) == ((3, 4), (3, 2), (3, 2), 2)
    states = [normal(BATCH, 2, seed=i) for i in range(6)]
    assert_gradients(both, X, mask=GAPS, initial_state=states)
    nested = [states[0], states[1:3], states[3], states[4:]]
    flat_form, nested_form = both(X, initial_state=states), both(X, initial_state=nested)
    np.testing.assert_array_equal(flat_form[0], nested_form[0])
    outer = layers.TimeDistributed(layers.RNN(layers.GRUCell(2, **F64)))
    outer.build((None, None, None, FEATURES))
    assert_gradients(scramble(outer), normal(2, 2, 3, FEATURES))


def test_a_bidirectional_model_with_nested_states_is_written_and_read():
    x, h, c = Input((None, FEATURES)), Input((2,)), Input((3,))
    both = layers.Bidirectional(layers.RNN(cells(), return_state=True))
    outputs = both(x, initial_state=[[h], [c, c], [h], [c, c]])
    model = scramble(Model([x, h, c], _tree.flatten(outputs)))
    again = elman.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    given = [single, np.ones((BATCH, 2), "float32"), np.ones((BATCH, 3), "float32")]
    for one, other in zip(model(given), again(given), strict=True):
        np.testing.assert_array_equal(one, other)


def test_cells_that_share_weights_get_the_sum_of_their_gradients():
    cell = layers.GRUCell(FEATURES, **F64)
    layer = built([cell, cell], return_sequences=True)
    assert len(layer.weights) == 3
    assert_gradients(layer, X, mask=GAPS)
    model = Sequential([Input((TIMESTEPS, FEATURES), dtype="float64"), layer])
    model.compile("sgd", "mse")
    for _ in range(3):
        model.train_on_batch(X, X)


def test_the_weights_of_a_stack_that_is_not_trained_stay():
    layer = layers.RNN(cells(), trainable=False)
    model = Sequential([Input((TIMESTEPS, FEATURES)), layer, layers.Dense(1)])
    before = layer.get_weights()
    assert not layer.trainable_weights
    model.compile("sgd", "mse")
    model.fit(single, np.ones((BATCH, 1)), verbose=0)
    for one, other in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_model_of_a_stack_is_saved_and_loaded(tmp_path):
    model = Sequential([Input((TIMESTEPS, FEATURES)), layers.RNN(cells())])
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(single), model(single))
