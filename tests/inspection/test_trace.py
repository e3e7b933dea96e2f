"""Traces: states, gates and gradients of every timestep."""

import copy
import gc
import pickle
import re
import sys
import weakref

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, MissingDependencyError, NotBuiltError
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, GAPS, normal, scramble
from tests.tolerances import EXACT

X = normal(3, 4, 2)


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


def compiled(*inside, loss="mse"):
    model = scramble(Sequential([Input((4, 2), **F64), *inside], name="m"))
    model.compile("sgd", loss)
    return model


def test_a_trace_has_every_state_and_gate_by_name():
    model = compiled(layers.LSTM(3, **F64), layers.Dense(1, **F64))
    found = model.trace(X)
    lstm = found["lstm"]
    assert list(found) == ["lstm"]
    assert list(lstm.states) == ["h", "c"]
    assert list(lstm.gates) == ["input", "forget", "candidate", "output"]
    for array in (lstm.h, lstm.c, lstm.forget, lstm.pre_activations.forget):
        assert array.shape == (3, 4, 3)
    assert not hasattr(lstm, "gradients")
    says = "must be of a loss that the layer leads to; got none. Give `y` or `output_gradients`"
    with pytest.raises(AttributeError, match=says):
        _ = lstm.gradients.h
    assert found.loss is None
    np.testing.assert_array_equal(found.outputs[0], model.predict(X, verbose=0))
    with pytest.raises(AttributeError, match="`name` must be one of 'h', 'c', 'input', 'forget'"):
        _ = lstm.forgot
    with pytest.raises(KeyError, match="`name` must be one of 'input', 'forget'"):
        _ = lstm.gates["forgot"]


def test_the_equations_of_the_lstm_hold_in_a_trace():
    model = compiled(layers.LSTM(3, **F64))
    seen = model.trace(X)["lstm"]
    W, R, b = model.get_weights()
    h_prev = np.concatenate([np.zeros((3, 1, 3)), seen.h[:, :-1]], axis=1)
    c_prev = np.concatenate([np.zeros((3, 1, 3)), seen.c[:, :-1]], axis=1)
    a = np.concatenate(list(seen.pre_activations.values()), axis=2)
    np.testing.assert_allclose(a, X @ W + b + h_prev @ R, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(seen.forget, 1 / (1 + np.exp(-seen.pre_activations.forget)))
    c = seen.forget * c_prev + seen.input * seen.candidate
    np.testing.assert_allclose(seen.c, c, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(seen.h, seen.output * np.tanh(seen.c), rtol=EXACT, atol=EXACT)


def test_a_gru_and_a_plain_network_have_the_names_of_their_gates():
    model = compiled(layers.GRU(2, return_sequences=True, **F64), layers.SimpleRNN(2, **F64))
    found = model.trace(X)
    assert list(found["gru"].gates) == ["update", "reset", "candidate"]
    assert list(found["simple_rnn"].gates) == ["activation"]
    np.testing.assert_array_equal(found["simple_rnn"].activation, found["simple_rnn"].h)


@pytest.mark.parametrize("state", ["h", "c"])
@pytest.mark.parametrize("t", [0, 2])
def test_the_gradient_of_a_state_is_that_of_going_on_from_it(state, t):
    """L of a state h_t, c_t: what t puts out, and all that a run from there puts out."""
    layer = scramble(built(layers.LSTM(2, return_sequences=True, **F64)))
    r = normal(3, 4, 2, seed=5)
    seen = elman.trace(layer, X, output_gradients=r)["lstm"]
    at = {"h": seen.h[:, t].copy(), "c": seen.c[:, t].copy()}

    def loss(_):
        rest = layer(X[:, t + 1 :], initial_state=[at["h"], at["c"]])
        return float((at["h"] * r[:, t]).sum() + (rest * r[:, t + 1 :]).sum())

    assert_gradient(loss, at[state], getattr(seen.gradients, state)[:, t])


def built(layer):
    layer.build((None, None, 2))
    return layer


def test_gradients_of_inputs_and_outputs_are_those_of_the_model():
    model = compiled(layers.GRU(3, return_sequences=True, **F64), layers.GRU(2, **F64))
    y = normal(3, 2, seed=3)
    seen = model.trace(X, y)
    found = elman.gradients(model, X, y=y)
    assert seen.loss == found["loss"]
    np.testing.assert_array_equal(seen["gru"].gradients.x, found["inputs"][0])
    np.testing.assert_array_equal(seen["gru"].gradients.outputs, seen["gru_1"].gradients.x)
    last = seen["gru_1"].gradients.outputs
    assert not last[:, :-1].any()
    np.testing.assert_allclose(last[:, -1], 2 * (seen.outputs[0] - y) / y.size, rtol=EXACT)


def test_what_is_not_asked_for_is_not_there_and_nothing_changes():
    layer = built(layers.GRU(2, stateful=True, dropout=0.5, seed=1, **F64))
    layer(X)
    states, drawn = layer.states[0].copy(), layer.cell.generator.bit_generator.state
    elman.trace(layer, X, training=True)
    np.testing.assert_array_equal(layer.states[0], states)
    assert layer.cell.generator.bit_generator.state == drawn


def test_masked_steps_keep_their_states_and_have_no_gates():
    seen = compiled(layers.LSTM(2, **F64)).trace(X, mask=GAPS)["lstm"]
    np.testing.assert_array_equal(np.isnan(seen.forget[:, :, 0]), ~GAPS)
    np.testing.assert_array_equal(seen.c[2, 2], seen.c[2, 1])
    np.testing.assert_array_equal(seen.mask, GAPS)
    assert not seen.h[1, 0].any()  # before its first step a sample has what it started from


def test_lists_of_sequences_are_traced_as_they_are_trained():
    inside = [layers.GRU(2, **F64), layers.Dense(1, **F64)]
    model = scramble(Sequential([Input((None, 2), **F64), *inside]))
    model.compile("sgd", "mse")
    sequences = [X[0, :2], X[1], X[2, :3]]
    seen = model.trace(sequences, np.zeros((3, 1)))["gru"]
    np.testing.assert_array_equal(seen.mask.sum(axis=1), [2, 4, 3])
    alone = model.trace(sequences[:1], np.zeros((1, 1)))["gru"]
    np.testing.assert_allclose(seen.update[:1, :2], alone.update, rtol=EXACT)
    for given in ({}, {"output_gradients": np.ones((3, 1))}):  # and without targets
        without = model.trace(sequences, **given)["gru"]
        np.testing.assert_array_equal(without.mask, seen.mask)
        np.testing.assert_array_equal(without.update, seen.update)
    silenced = elman.inspection.ablate(model, sequences, 1).before["gru"]
    np.testing.assert_array_equal(silenced.h, seen.h)
    by_list = elman.gradients(model, sequences, np.ones((3, 1)))["inputs"][0]
    by_mask = elman.gradients(model, seen.x, np.ones((3, 1)), mask=seen.mask)["inputs"][0]
    np.testing.assert_allclose(by_list, by_mask, rtol=EXACT)


def test_a_layer_that_reads_backwards_is_traced_by_the_timesteps_of_its_input():
    forwards = scramble(built(layers.LSTM(2, return_sequences=True, **F64)))
    backwards = built(layers.LSTM(2, return_sequences=True, go_backwards=True, **F64))
    backwards.set_weights(forwards.get_weights())
    r = normal(3, 4, 2, seed=5)
    one = elman.trace(forwards, X[:, ::-1], output_gradients=r)["lstm"]
    other = elman.trace(backwards, X, output_gradients=r)[backwards.name]
    for name in ("h", "c", "forget"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name)[:, ::-1], rtol=EXACT)
        found, expected = getattr(other.gradients, name), getattr(one.gradients, name)
        np.testing.assert_allclose(found, expected[:, ::-1], rtol=EXACT)
    np.testing.assert_array_equal(other.gradients.outputs, r[:, ::-1])


def test_resets_are_seen_in_the_states():
    reset = np.zeros((3, 4), bool)
    reset[1, 2] = True
    layer = scramble(built(layers.LSTM(2, return_sequences=True, **F64)))
    seen = elman.trace(layer, X, output_gradients=np.ones((3, 4, 2)), reset_mask=reset)["lstm"]
    alone = elman.trace(layer, X[1:2, 2:], output_gradients=np.ones((1, 2, 2)))["lstm"]
    np.testing.assert_allclose(seen.c[1:2, 2:], alone.c, rtol=EXACT)
    np.testing.assert_allclose(seen.gradients.forget[1:2, 2:], alone.gradients.forget, rtol=EXACT)
    before = elman.trace(layer, X[1:2, :2], output_gradients=np.ones((1, 2, 2)))["lstm"]
    np.testing.assert_allclose(seen.gradients.c[1:2, :2], before.gradients.c, rtol=EXACT)


def test_layers_inside_others_have_the_way_to_them_as_their_name():
    inner = Sequential([Input((4, 2), **F64), layers.GRU(2, name="deep", **F64)], name="inner")
    cells = [layers.LSTMCell(2, **F64), layers.GRUCell(2, **F64)]
    x = Input((4, 2), **F64)
    y = layers.Bidirectional(layers.LSTM(2, name="lstm", return_sequences=True, **F64), name="both")
    z = layers.RNN(cells, name="stack", **F64)
    model = Model(x, [inner(y(x)[:, :, :2]), z(x)])
    assert list(model.trace(X)) == [
        "both/forward_lstm", "both/backward_lstm", "inner/deep",
        "stack/lstm_cell", "stack/gru_cell",
    ]  # fmt: skip
    assert model.trace(X)["deep"].name == "inner/deep"
    with pytest.raises(KeyError, match="`layer` must be one of 'both/forward_lstm'"):
        model.trace(X)["lstm"]


def test_a_layer_that_is_called_twice_is_seen_twice():
    layer, x = layers.GRU(2, name="shared", return_sequences=True, **F64), Input((4, 2), **F64)
    model = scramble(Model(x, layer(layer(x))))
    seen = model.trace(X)
    assert list(seen) == ["shared", "shared#2"]
    np.testing.assert_array_equal(seen["shared#2"].x, seen["shared"].h)


def test_all_arrays_go_to_a_file(tmp_path):
    model = compiled(layers.LSTM(2, **F64))
    seen = model.trace(X, np.zeros((3, 2)))
    seen.save(tmp_path / "seen.npz")
    with np.load(tmp_path / "seen.npz") as file:
        assert set(file) == set(seen.to_dict())
        np.testing.assert_array_equal(file["lstm/gradients/forget"], seen["lstm"].gradients.forget)
        assert file["lstm/pre_activations/output"].shape == (3, 4, 2)
    with pytest.raises(ArgumentError, match=r"`path` must end in '.npz'; got 'seen.csv'"):
        seen.save("seen.csv")
    seen.save(tmp_path / "LARGE.NPZ")
    assert (tmp_path / "LARGE.NPZ").exists()


def test_what_cannot_be_traced_is_said():
    dense = Sequential([Input((2,)), layers.Dense(1)], name="m")
    with pytest.raises(ArgumentError, match="a recurrent layer must be in it; got none"):
        dense.trace(np.ones((1, 2)))
    model = Sequential([Input((4, 2)), layers.GRU(2)], name="m")
    with pytest.raises(NotBuiltError, match="compile"):
        model.trace(X, np.zeros((3, 2)))
    with pytest.raises(ArgumentError, match="one of `y` and `output_gradients` must be left out"):
        elman.trace(model, X, np.zeros((3, 2)), output_gradients=np.zeros((3, 2)))
    with pytest.raises(ArgumentError, match="must be a layer or a model; got 3"):
        elman.trace(3, X)
    with pytest.raises(ArgumentError, match="`y` must be left out for a layer"):
        elman.trace(model.layers[0], X, np.zeros((3, 2)))


def test_a_trace_says_what_it_holds():
    model = compiled(layers.LSTM(2, **F64))
    seen = model.trace(X, np.zeros((3, 2)))
    names = "h, c, input, forget, candidate, output"
    first = f"<trace of Sequential 'm', loss {seen.loss:.6g}"
    assert repr(seen) == f"{first}\n  lstm (LSTM) (3, 4, 2): {names}, and gradients>"
    assert repr(seen["lstm"].gates) == "<trace of 'lstm': input, forget, candidate, output>"
    assert "x, outputs, h, c, input" in repr(seen["lstm"].gradients)


def test_a_trace_becomes_a_tree_of_data_sets():
    x = Input((4, 2), **F64)
    model = Model(x, layers.Bidirectional(layers.LSTM(2, name="lstm", **F64), name="both")(x))
    seen = model.trace(X)
    found = seen.to_xarray()
    forget = found["both/forward_lstm"]["forget"]
    assert forget.dims == ("batch", "timestep", "unit")
    np.testing.assert_array_equal(forget, seen["forward_lstm"].forget)
    assert found["both/forward_lstm/pre_activations"]["forget"].shape == (3, 4, 2)
    assert found["both/backward_lstm"]["outputs"].dims == ("batch", "unit")
    assert found["both/backward_lstm"]["x"].dims == ("batch", "timestep", "feature")


class Wide(layers.Layer):
    """A cell that reads (3, 4) at each step, with states of 3 and of 5 units."""

    state_size, output_size = (3, 5), 3

    def call(self, inputs, states):
        h = inputs.mean(axis=-1) + 0.5 * states[0]
        return h, [h, states[1] + 1]


def test_of_a_cell_of_ones_own_further_axes_and_other_sizes_have_names_of_their_own():
    layer = layers.RNN(Wide(**F64), return_sequences=True, name="wide")
    found = elman.trace(layer, normal(2, 5, 3, 4)).to_xarray()["wide"]
    assert found["x"].dims == ("batch", "timestep", "feature", "feature 1")
    assert found["state_0"].dims == ("batch", "timestep", "unit")
    assert found["state_1"].dims == ("batch", "timestep", "unit of state_1")


def test_without_xarray_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'elman\[xarray\]'"):
        compiled(layers.LSTM(2, **F64)).trace(X).to_xarray()


def test_a_trace_gives_its_memory_back_at_once():
    """Nothing in it holds on to itself: its arrays are large, and a collector may come late."""
    model = compiled(layers.LSTM(2, **F64))
    gc.disable()
    try:
        seen = model.trace(X, np.zeros((3, 2)))
        seen.to_dict()
        gone = [weakref.ref(each) for each in (seen, seen["lstm"], seen["lstm"].h.base)]
        del seen
        assert [each() for each in gone] == [None] * 3
    finally:
        gc.enable()


def test_a_layer_that_fills_in_what_is_missing_goes_by_timesteps_too():
    x = X.copy()
    x[0, 1, 0] = np.nan
    forwards = scramble(built(layers.GRUD(2, return_sequences=True, **F64)))
    backwards = built(layers.GRUD(2, return_sequences=True, go_backwards=True, **F64))
    backwards.set_weights(forwards.get_weights())
    one = elman.trace(forwards, x[:, ::-1])[forwards.name]
    other = elman.trace(backwards, x)[backwards.name]
    np.testing.assert_allclose(other.h, one.h[:, ::-1], rtol=EXACT)
    np.testing.assert_allclose(other.update, one.update[:, ::-1], rtol=EXACT)


def test_a_name_that_looks_like_a_second_call_replaces_no_layer():
    gru = {"return_sequences": True, **F64}
    model = compiled(layers.GRU(2, name="sh#2", **gru), layers.GRU(2, name="sh", **gru))
    assert list(model.trace(X)) == ["sh#2", "sh"]
    x, shared = Input((4, 2), **F64), layers.GRU(2, name="sh", **gru)
    twice = Model(x, shared(layers.GRU(2, name="sh#2", **gru)(shared(x))))
    assert list(twice.trace(X)) == ["sh", "sh#2", "sh#3"]


def test_stateful_layers_go_on_or_begin_anew():
    inside = layers.GRU(2, stateful=True, name="gru", **F64)
    model = scramble(Sequential([Input((4, 2), **F64), inside]))
    fresh = model.trace(X)["gru"].h
    model(X)
    np.testing.assert_array_equal(model.trace(X[:2], go_on=False)["gru"].h, fresh[:2])
    assert np.abs(model.trace(X)["gru"].h - fresh).max() > 0
    assert inside.states is not None


def test_lengths_are_a_mask():
    model = compiled(layers.GRU(2, **F64))
    by_mask = model.trace(X, mask=np.arange(4) < np.array([[4], [2], [3]]))["gru"]
    by_lengths = model.trace(X, lengths=[4, 2, 3])["gru"]
    np.testing.assert_array_equal(by_lengths.update, by_mask.update)
    with pytest.raises(ArgumentError, match="`lengths` must be left out for a layer; got them"):
        elman.trace(built(layers.GRU(2, **F64)), X, lengths=[4, 2, 3])


def test_files_go_to_folders_that_exist(tmp_path):
    seen = compiled(layers.GRU(2, **F64)).trace(X)
    layer = next(iter(seen.values()))
    for write, name in ((seen.save, "a.npz"), (layer.save, "a.npz"), (seen.to_html, "a.html")):
        with pytest.raises(ArgumentError, match="`path` must be in a folder that exists; got"):
            write(tmp_path / "none" / name)
    owner = re.escape(seen.owner)
    with pytest.raises(ArgumentError, match=f"^{owner}: `path` must name a file; got the folder"):
        seen.to_html(tmp_path)
    for write in (seen.save, seen.to_html):
        with pytest.raises(ArgumentError, match="`path` must be a path; got 3"):
            write(3)


def test_the_arrays_of_one_layer_are_kept_under_its_own_names(tmp_path):
    layer = compiled(layers.GRU(2, **F64)).trace(X, np.zeros((3, 2)))["gru"]
    layer.save(tmp_path / "gru.npz")
    kept = np.load(tmp_path / "gru.npz")
    assert {"x", "update", "gradients/h"} < set(kept)
    for name, array in layer.to_dict().items():
        np.testing.assert_array_equal(kept[name], array, err_msg=name)
    with pytest.raises(ArgumentError, match=r"`path` must end in '\.npz'; got 'gru\.txt'"):
        layer.save("gru.txt")


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda seen: pickle.loads(pickle.dumps(seen))])
def test_a_trace_can_be_copied_and_pickled(copied):
    seen = compiled(layers.LSTM(2, **F64)).trace(X, np.zeros((3, 2)))
    again = copied(seen)
    for name, array in seen.to_dict().items():
        np.testing.assert_array_equal(again.to_dict()[name], array, err_msg=name)
    assert copy.copy(seen["lstm"].gates).forget is seen["lstm"].forget
