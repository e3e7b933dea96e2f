"""`initial_state="learned"`: the state that a sequence starts from is a weight."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, kernels, layers
from elman.errors import ArgumentError, UnsupportedError
from tests.implementations import ALL
from tests.layers.checks import BATCH, F64, FEATURES, GAPS, assert_gradients, normal, scramble
from tests.layers.own.test_own_cells import MAKE as OWN
from tests.tolerances import FLOAT32

X = normal(BATCH, 4, FEATURES)
MAKE = {
    "SimpleRNN": lambda **o: layers.SimpleRNN(2, **o, **F64),
    "GRU": lambda **o: layers.GRU(2, **o, **F64),
    "LSTM": lambda **o: layers.LSTM(2, **o, **F64),
    "stack": lambda **o: layers.RNN([layers.GRUCell(2, **F64), layers.LSTMCell(3, **F64)], **o),
    **{f"own {k}": lambda make=make, **o: layers.RNN(make(), **o) for k, make in OWN.items()},
}
every_layer = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def built(make, **options):
    layer = make(initial_state="learned", **options)
    layer.build((None, None, FEATURES))
    return scramble(layer)


def flat(states):
    return elman._tree.flatten(states)


@every_layer
def test_it_is_a_state_that_all_samples_are_given(make):
    layer, plain = built(make, return_state=True), make(return_state=True)
    plain.build((None, None, FEATURES))
    plain.set_weights(layer.get_weights()[len(layer.learned_state) :])
    start = [np.repeat(w.array[None], BATCH, axis=0) for w in layer.learned_state]
    for a, b in zip(flat(layer(X)), flat(plain(X, initial_state=start)), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(flat(layer.get_initial_state(BATCH)), start, strict=True):
        np.testing.assert_array_equal(a, b)


@every_layer
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "mask"])
def test_gradients_are_right(make, mask):
    assert_gradients(built(make, return_state=True), X, mask=mask)
    assert_gradients(built(make, return_sequences=True, go_backwards=True), X, mask=mask)


@every_layer
def test_a_state_that_is_given_goes_before_it(make):
    layer = built(make, return_sequences=True)
    start = [normal(BATCH, w.shape[0], seed=9) for w in layer.learned_state]
    assert_gradients(layer, X, initial_state=start)


def test_it_is_zero_at_first_and_has_a_name():
    layer = layers.LSTM(2, initial_state="learned", name="l")
    layer.build((None, 3, FEATURES))
    assert [w.path for w in layer.learned_state] == ["l/initial_h", "l/initial_c"]
    assert [w.name for w in layer.weights[:2]] == ["initial_h", "initial_c"]
    assert all((w.array == 0).all() and w.trainable for w in layer.learned_state)
    plain = layers.LSTM(2)
    plain.build((None, 3, FEATURES))
    plain.set_weights(layer.get_weights()[2:])
    np.testing.assert_array_equal(layer(X), plain(X))
    stack = built(MAKE["stack"])
    names = [w.name for w in stack.learned_state]
    lower, upper = (cell.name for cell in stack.cell.cells)
    assert names == [f"initial_{lower}_h", f"initial_{upper}_h", f"initial_{upper}_c"]
    assert [w.name for w in built(MAKE["own minimal"]).learned_state] == ["initial_state"]
    assert layers.GRU(2).learned_state == ()


def test_it_is_in_the_configuration_only_where_it_is_given():
    assert "initial_state" not in layers.GRU(2).get_config()
    layer = layers.GRU(2, initial_state="learned")
    assert layers.GRU.from_config(layer.get_config()).initial_state == "learned"
    rnn = layers.RNN(layers.GRUCell(2), initial_state="learned")
    assert layers.RNN.from_config(rnn.get_config()).initial_state == "learned"


def model_of(*inner, **options):
    return Sequential([Input((None, FEATURES)), *inner, layers.Dense(1)], **options)


def test_training_learns_it_and_files_keep_it(tmp_path):
    model = model_of(layers.Bidirectional(layers.GRU(2, initial_state="learned")))
    model.compile("adam", "mse")
    x, y = X.astype("float32"), np.ones((BATCH, 1), "float32")
    model.fit(x, y, epochs=3, verbose=0)
    names = [w.path for w in model.weights if w.name == "initial_h"]
    assert len(names) == 2
    assert all((w.array != 0).all() for w in model.weights if w.name == "initial_h")
    model.save(tmp_path / "m.keras")
    again = elman.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again(x), model(x))
    for each in (model, again):
        each.fit(x, y, epochs=2, verbose=0)
    np.testing.assert_array_equal(again(x), model(x))
    model.save_weights(tmp_path / "m.weights.h5")
    again.load_weights(tmp_path / "m.weights.h5")


def test_summary_counts_it(capsys):
    model = model_of(layers.LSTM(2, initial_state="learned"))
    assert model.layers[0].count_params() == 4 * (FEATURES * 2 + 2 * 2 + 2) + 4
    model.summary()
    assert f" {model.layers[0].count_params()} " in capsys.readouterr().out.replace("│", " ")


def test_what_is_frozen_stays():
    model = model_of(layers.GRU(2, initial_state="learned"))
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()
    model.fit(X, np.ones((BATCH, 1)), verbose=0)
    for a, b in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.layers[0].trainable = True
    model.layers[0].learned_state[0].trainable = False
    model.compile("sgd", "mse")
    model.fit(X, np.ones((BATCH, 1)), verbose=0)
    first, *others = zip(before, model.layers[0].get_weights(), strict=True)
    np.testing.assert_array_equal(*first)
    assert all((a != b).any() for a, b in others)


def test_the_first_batch_of_a_stateful_layer_starts_from_it():
    layer, plain = built(MAKE["LSTM"], stateful=True), built(MAKE["LSTM"])
    np.testing.assert_array_equal(layer(X), plain(X))
    assert (layer(X) != plain(X)).any()
    layer.reset_state()
    np.testing.assert_array_equal(layer(X), plain(X))


def test_no_gradient_reaches_it_from_what_was_carried():
    layer = built(MAKE["GRU"], stateful=True)
    layer(X)
    found = elman.gradients(layer, X, output_gradients=np.ones((BATCH, 2)))["weights"]
    np.testing.assert_array_equal(found[0], 0)
    layer.reset_state()
    assert (
        elman.gradients(layer, X, output_gradients=np.ones((BATCH, 2)))["weights"][0] != 0
    ).all()


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: layers.LSTM(2, initial_state="zeros"),
            "LSTM: `initial_state` must be one of None, 'learned'; got 'zeros'.",
        ),
        (
            lambda: layers.RNN(layers.GRUCell(2), initial_state="learnt"),
            "RNN: `initial_state` must be one of None, 'learned'; got 'learnt'. Did you mean "
            "'learned'?",
        ),
        (
            lambda: setattr(built(MAKE["GRU"]), "initial_state", None),
            "`initial_state` must stay 'learned', because the layer is built; got None. Make a new "
            "layer.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize("implementation", ALL)
def test_a_stream_begins_at_it(implementation, kernels_restored):
    kernels.use(implementation)
    inner = [layers.GRUCell(2), layers.LSTMCell(3)]
    model = model_of(
        layers.LSTM(2, return_sequences=True),
        layers.RNN(inner, return_sequences=True, initial_state="learned"),
        layers.GRU(2, return_sequences=True, initial_state="learned"),
    )
    scramble(model)
    x = X.astype("float32")
    expected = model(x)
    stream = model.stream(BATCH)
    found = np.stack([stream.step(x[:, t]).copy() for t in range(x.shape[1])], axis=1)
    np.testing.assert_allclose(found, expected, atol=FLOAT32, rtol=FLOAT32)
    before = stream.state
    stream.reset([1])
    for own, layer in zip(stream.state[1:3], before[1:3], strict=True):
        for state, was in zip(own, layer, strict=True):
            np.testing.assert_array_equal(state[[0, 2]], was[[0, 2]])
            assert (state[1] != was[1]).all()
    found = stream.process(x)
    np.testing.assert_allclose(found[1], expected[1], atol=FLOAT32, rtol=FLOAT32)
    stream.reset()
    np.testing.assert_allclose(stream.process(x), expected, atol=FLOAT32, rtol=FLOAT32)


def test_a_stream_takes_no_reset_mask():
    x, flags = Input((None, FEATURES)), Input((None,), dtype="bool")
    y = layers.GRU(2, return_sequences=True, name="g")(x, reset_mask=flags)
    text = "GRU 'g', which is given a reset mask; call the stream's `reset` in its place."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        elman.Model([x, flags], y).stream()
