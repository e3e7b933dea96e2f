import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT


def built(layer):
    layer.build((None, None, 2))
    return scramble(layer)


def test_gates_are_views_of_the_weights():
    lstm = built(layers.LSTM(3, **F64))
    W, R, b = lstm.get_weights()
    for k, name in enumerate(["input", "forget", "candidate", "output"]):
        gate, block = lstm.gates[name], np.s_[..., 3 * k : 3 * k + 3]
        np.testing.assert_array_equal(gate.kernel, W[block])
        np.testing.assert_array_equal(gate.recurrent_kernel, R[block])
        np.testing.assert_array_equal(gate.bias, b[block])
    lstm.gates["forget"].bias[...] = 7
    np.testing.assert_array_equal(lstm.get_weights()[2][3:6], 7)


def test_gates_stay_views_when_a_model_has_trained():
    model = Sequential([Input((4, 2)), layers.GRU(2, name="gru"), layers.Dense(1)])
    gates = model.layers[0].gates
    model.compile("sgd", "mse")
    model.fit(normal(3, 4, 2), normal(3, 1), verbose=0)
    np.testing.assert_array_equal(gates["reset"].kernel, model.get_weights()[0][:, 2:4])
    assert gates["reset"].bias.shape == (2, 2)


def test_what_a_cell_has_not_is_none():
    assert built(layers.IndRNN(3)).gates["activation"].recurrent_kernel is None
    assert built(layers.GRU(3, use_bias=False)).gates["update"].bias is None


def test_the_kernel_of_a_leaky_network_is_the_one_that_computes():
    layer = built(layers.LeakyRNN(4, dale=0.5))
    R = layer.gates["activation"].recurrent_kernel
    np.testing.assert_array_equal(R, layer.effective_recurrent_kernel)


def test_spectra_norms_and_histograms_are_those_of_numpy():
    rnn = built(layers.SimpleRNN(3, name="rnn", **F64))
    rnn.set_weights([np.ones((2, 3)), np.diag([0.5, -2.0, 1.0]), np.zeros(3)])
    found = elman.inspection.weights(Sequential([Input((None, 2), **F64), rnn]))
    gate = found["rnn"]["activation"]
    np.testing.assert_allclose(gate.eigenvalues, [-2, 1, 0.5], rtol=EXACT)
    np.testing.assert_allclose(gate.singular_values, [2, 1, 0.5], rtol=EXACT)
    assert gate.spectral_radius == 2
    assert gate.norms["kernel"] == pytest.approx(np.sqrt(6))
    counts, edges = gate.histogram(bins=4)["recurrent_kernel"]
    assert counts.tolist() == [1, 0, 6, 2]
    assert edges.tolist() == [-2, -1.25, -0.5, 0.25, 1]
    assert str(found).splitlines()[1].split() == ["rnn", "activation", "2.45", "2.29", "0", "2"]


def test_weights_that_are_not_finite_have_no_spectrum():
    rnn = built(layers.SimpleRNN(3, name="rnn"))
    rnn.recurrent_kernel.array[0, 0] = np.nan
    gate = elman.inspection.weights(rnn)["rnn"]["activation"]
    assert np.isnan(gate.spectral_radius)


def test_they_can_be_drawn(tmp_path):
    cells = [layers.LSTMCell(3, name="lstm_cell"), layers.IndRNNCell(2, name="ind_rnn_cell")]
    model = Sequential([Input((None, 2)), layers.RNN(cells, name="both")])
    found = elman.inspection.weights(model)
    assert list(found) == ["both/lstm_cell", "both/ind_rnn_cell"]
    found.plot().savefig(tmp_path / "weights.png")
    assert (tmp_path / "weights.png").stat().st_size > 10_000


def test_one_legend_says_what_is_drawn_of_all_gates():
    figure = elman.inspection.weights(built(layers.LSTM(3))).plot()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "unit circle", "eigenvalue λ of the recurrent kernel R", "kernel W", "recurrent kernel R",
        "bias b, a stroke a unit",
    ]  # fmt: skip
    assert not any(axes.get_legend() for axes in figure.axes)


def test_a_recurrent_kernel_that_is_none_or_not_finite_is_said_to_be_so():
    figure = elman.inspection.weights(built(layers.MinGRU(3))).plot()
    assert figure.axes[0].texts[0].get_text() == "no recurrent kernel"
    layer = built(layers.SimpleRNN(3))
    layer.gates["activation"].recurrent_kernel[0, 0] = np.nan
    figure = elman.inspection.weights(layer).plot()
    assert figure.axes[0].texts[0].get_text() == "the recurrent kernel is not finite"


def test_what_is_wrong_is_said():
    with pytest.raises(NotBuiltError, match="must be built before its gates are looked at"):
        _ = layers.LSTM(3).gates
    gates = built(layers.LSTM(3)).gates
    with pytest.raises(KeyError, match=r"`gate` must be one of 'input', 'forget'.*got 'forgot'"):
        _ = gates["forgot"]
    with pytest.raises(ArgumentError, match=r"a recurrent layer .* must be in it; got none"):
        elman.inspection.weights(Sequential([Input((2,)), layers.Dense(1)]))
    with pytest.raises(KeyError, match="`layer` must be one of 'lstm'"):
        elman.inspection.weights(built(layers.LSTM(2, name="lstm")))["gru"]
    gates = elman.inspection.weights(built(layers.GRU(2, name="a")))["a"]
    text = "weights of 'a': `gate` must be one of 'update', 'reset', 'candidate'; got 'forget'"
    with pytest.raises(KeyError, match=text):
        _ = gates["forget"]
    for measure in (gates["reset"].norms, gates["reset"].histogram()):
        with pytest.raises(KeyError, match=r"`weight` must be one of 'kernel', .*; got 'weight'"):
            _ = measure["weight"]


def test_a_layer_is_found_by_the_last_part_of_its_name():
    both = Sequential([Input((None, 2)), layers.Bidirectional(layers.GRU(2, name="gru"))])
    found = elman.inspection.weights(both)
    assert found["forward_gru"] is found["bidirectional/forward_gru"]
    with pytest.raises(KeyError, match="`layer` must be one of 'bidirectional/forward_gru'"):
        found["gru"]


def test_the_table_has_the_width_of_what_is_in_it():
    found = elman.inspection.weights(built(layers.GRU(2, name="a" * 40)))
    lines = str(found).splitlines()
    assert len(set(map(len, lines))) == 1
    assert lines[0].split() == ["layer", "gate", "|W|", "|R|", "|b|", "max", "|eig", "R|"]
    assert repr(found) == f"<weights of GRU '{'a' * 40}': {'a' * 40} (update, reset, candidate)>"


def test_a_histogram_counts_what_is_finite():
    layer = built(layers.GRU(2, name="gru", **F64))
    layer.kernel.array[0, :2] = np.nan, np.inf
    gate = elman.inspection.weights(layer)["gru"]["update"]
    counts, _ = gate.histogram(4)["kernel"]
    assert counts.sum() == gate.kernel.size - 2
    for bins, got in ((0, "0"), ("x", "'x'")):
        with pytest.raises(ArgumentError, match=f"histogram: `bins` must be .*; got {got}"):
            gate.histogram(bins)
