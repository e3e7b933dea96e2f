import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from elman.inspection.finite_difference import central_differences
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, FLOW, GRADIENT

T = 30
X = normal(4, T, 2)


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


class OwnCell(layers.Layer):
    """Adds up what it reads."""

    state_size = output_size = 2

    def call(self, inputs, states):
        return inputs + states[0], [inputs + states[0]]


def linear(radius, *, units=3, **options):
    """Return a linear recurrence h_t = x_t W + h_{t-1} R, with R a rotation times a radius."""
    layer = layers.SimpleRNN(units, activation="linear", name="rnn", **F64, **options)
    layer.build((None, T, 2))
    R, _ = np.linalg.qr(normal(units, units, seed=3))
    layer.recurrent_kernel.assign(radius * R)
    return layer


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_gradient_of_a_linear_recurrence_goes_by_powers_of_its_radius(sequences, backwards):
    layer = linear(0.8, return_sequences=sequences, go_backwards=backwards)
    found = elman.gradient_flow(layer, X)["rnn"]
    np.testing.assert_allclose(found.norms / found.norms[0], 0.8 ** np.arange(T), rtol=FLOW)
    assert found.growth == pytest.approx(0.8)
    assert found.memory == 21  # 0.8^20 = 0.0115, 0.8^21 = 0.0092
    assert found.fades
    assert found.verdict == "healthy"  # not before half of the 29 steps


@pytest.mark.parametrize(
    ("radius", "verdict", "says"),
    [
        (0.5, "vanishing", "by a factor of 0.5 a step; below 1 % of it is left 7 of 29 steps back"),
        (1.0, "healthy", "by a factor of 1 a step; 29 steps back, 1 of it is left"),
        (1.5, "exploding", "grows by a factor of 1.5 a step, up to 1.28e+05 times what it was"),
        (0.0, "no gradient", "No gradient flows back through it"),
    ],
)
def test_verdicts(radius, verdict, says):
    found = elman.gradient_flow(linear(radius), X)
    assert found["rnn"].verdict == verdict
    assert says in str(found)
    assert str(found).startswith("Gradients over 30 timesteps, of 4 samples:\n  rnn (SimpleRNN, 3")
    assert found.healthy == (verdict == "healthy")
    assert found.exploding == (verdict == "exploding")


def test_a_gradient_that_leaves_all_numbers_behind_explodes():
    layer = layers.SimpleRNN(2, activation="linear", name="rnn")
    layer.build((None, T, 2))
    layer.recurrent_kernel.assign(1e5 * np.eye(2))
    with np.errstate(all="ignore"):
        found = elman.gradient_flow(layer, X.astype("float32"))["rnn"]
    assert found.verdict == "exploding"
    assert found.growth == pytest.approx(1e5)
    assert "up to inf times" in found.sentence()


def test_a_gradient_that_is_over_all_numbers_at_once_explodes():
    layer = layers.SimpleRNN(1, activation="linear", name="rnn")
    layer.build((None, T, 2))
    layer.recurrent_kernel.assign([[1e30]])
    with np.errstate(all="ignore"):
        found = elman.gradient_flow(
            layer, X.astype("float32"), output_gradients=np.full((4, 1), 1e10, "float32")
        )["rnn"]
    assert found.verdict == "exploding"
    assert found.sentence() == "The gradient is over all numbers one step back."


def test_masked_steps_are_no_lags():
    mask = np.ones((4, T), bool)
    mask[:, 25:] = False
    mask[1, ::2] = False
    for sequences in (False, True):
        found = elman.gradient_flow(linear(0.8, return_sequences=sequences), X, mask=mask)["rnn"]
        assert len(found.norms) == 25
        np.testing.assert_allclose(found.norms[1:] / found.norms[:-1], 0.8, rtol=FLOW)


def of_state(layer, state, x, factors):
    """Return |dL/d(state)|^2 by differences; L reads what the last step puts out, by factors."""

    def loss():
        last = layer(x, initial_state=state)[:, -1] if x.shape[1] else state
        return float((last * factors).sum())

    return np.square(central_differences(loss, state, np.ndindex(*state.shape))).sum()


def test_what_masked_steps_put_out_as_zeros_is_not_what_the_loss_reads():
    options = {"return_sequences": True, "zero_output_for_mask": True}
    layer = layers.GRU(3, name="rnn", **options, **F64)
    h = scramble(layer)(X)
    factors, ends = normal(4, T, 3, seed=5), np.array([29, 12, 20, 4])
    mask = np.arange(T) <= ends[:, None]
    found = elman.gradient_flow(layer, X, mask=mask, output_gradients=factors)["rnn"]
    assert found.lags == 29
    for lag in (0, 1, 4):
        squares = [
            of_state(
                layer, h[b, end - lag, None], X[b, None, end - lag + 1 : end + 1], factors[b, end]
            )
            for b, end in enumerate(ends)
        ]
        assert found.norms[lag] == pytest.approx(np.sqrt(np.mean(squares)), rel=GRADIENT)


def test_padding_does_not_hide_the_gradient_from_a_bidirectional():
    inside = [layers.Bidirectional(layers.LSTM(4, return_sequences=True, name="lstm", **F64))]
    model = Sequential([Input((T, 2), **F64), layers.Masking(**F64), *inside], name="m")
    x = X.copy()
    x[:, 20:] = 0
    found = elman.gradient_flow(model, x)
    assert [len(layer.norms) for layer in found.layers.values()] == [20, 20]
    assert "no gradient" not in {layer.verdict for layer in found.layers.values()}


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_steps_before_a_reset_are_no_lags(sequences, backwards):
    layer = linear(0.8, return_sequences=sequences, go_backwards=backwards)
    turned = slice(None, None, -1 if backwards else 1)
    reset = np.zeros((4, T), bool)  # by turns
    reset[:, 4], reset[:2, 20], reset[2:, 25] = True, True, True
    found = elman.gradient_flow(layer, X, reset_mask=reset[:, turned])["rnn"]
    assert found.lags == 9  # from turn 29 back to turn 20, before which two samples begin anew
    np.testing.assert_allclose(found.norms / found.norms[0], 0.8 ** np.arange(10), rtol=FLOW)
    assert found.verdict == "healthy"
    every = elman.gradient_flow(layer, X, reset_mask=np.ones((4, T), bool))["rnn"]
    assert (every.lags, every.verdict) == (0, "healthy")


@pytest.mark.parametrize("sequences", [False, True])
def test_of_a_single_timestep_there_is_nothing_to_compare(sequences):
    found = elman.gradient_flow(linear(0.8, return_sequences=sequences), X[:, :1])
    assert (found["rnn"].lags, found["rnn"].verdict, found.healthy) == (0, "healthy", True)
    assert np.isnan(found["rnn"].growth)
    says = "No step lies before the one that the loss reads: there is nothing to compare."
    assert found["rnn"].sentence() == says
    assert "nan" not in str(found)
    assert str(found).startswith("Gradients over 1 timestep, of 4 samples:")


def test_a_reset_after_the_last_step_that_is_read_keeps_nothing_from_it():
    layer, weights = linear(0.8, return_sequences=True), np.zeros((4, T, 3))
    weights[:, 10], reset = 1.0, np.zeros((4, T), bool)
    reset[:, 11] = True
    found = elman.gradient_flow(layer, X, reset_mask=reset, output_gradients=weights)["rnn"]
    assert found.lags == 10
    reset[:, 3] = True
    found = elman.gradient_flow(layer, X, reset_mask=reset, output_gradients=weights)["rnn"]
    assert found.lags == 7


def test_of_an_encoder_what_its_last_state_is_read_for_counts():
    x, z = Input((T, 2), **F64), Input((3, 2), **F64)
    _, h, c = layers.LSTM(3, return_state=True, name="encoder", **F64)(x)
    y = layers.LSTM(3, name="decoder", **F64)(z, initial_state=[h, c])
    model = scramble(Model([x, z], y))
    found = elman.gradient_flow(model, [X, X[:, :3]])
    assert len(found["encoder"].norms) == T
    assert found["encoder"].norms[0] > 0
    assert len(found["decoder"].norms) == 3


def test_the_loss_s_own_gradient_is_there_by_timestep_and_by_state():
    model = scramble(Sequential([Input((T, 2), **F64), layers.LSTM(3, name="lstm", **F64)]))
    model.compile("sgd", "mse")
    y = normal(4, 3, seed=5)
    found = elman.gradient_flow(model, X, y)["lstm"]
    seen = model.trace(X, y)["lstm"].gradients
    for state in ("h", "c"):
        expected = np.sqrt((getattr(seen, state) ** 2).sum(axis=2).mean(axis=0))
        np.testing.assert_allclose(found.by_timestep[state], expected, rtol=EXACT)
        # What the loss reads is the last step alone, so that both are the same.
        np.testing.assert_allclose(found.by_lag[state], expected[::-1], rtol=FLOW)
    together = np.hypot(found.by_lag["h"], found.by_lag["c"])
    np.testing.assert_allclose(found.norms, together, rtol=EXACT)


def test_layers_are_found_by_name_and_what_is_none_is_said():
    inside = [layers.Bidirectional(layers.GRU(2, name="gru", **F64), name="both")]
    found = elman.gradient_flow(Sequential([Input((T, 2), **F64), *inside]), X)
    assert list(found.layers) == ["both/forward_gru", "both/backward_gru"]
    assert found["backward_gru"].name == "both/backward_gru"
    assert repr(found["backward_gru"]).startswith("<gradient flow of both/backward_gru (GRU, 2")
    with pytest.raises(KeyError, match="`layer` must be one of 'both/forward_gru'"):
        found["lstm"]
    with pytest.raises(KeyError, match="`layer` must be one of 'both/forward_gru'"):
        found.layers["forward"]
    for norms in (found["forward_gru"].by_lag, found["forward_gru"].by_timestep):
        with pytest.raises(KeyError, match="`state` must be one of 'h'; got 'c'"):
            norms["c"]
    for y in (None, X):
        with pytest.raises(ArgumentError, match=r"^gradient_flow: .* a layer or a model; got 3"):
            elman.gradient_flow(3, X, y)
    dense = Sequential([Input((2,)), layers.Dense(1)])
    with pytest.raises(ArgumentError, match="a recurrent layer must be in it; got none"):
        elman.gradient_flow(dense, np.ones((1, 2)))
    own = layers.RNN(OwnCell())
    text = "one of elman's cells must be in it; got cells of your own alone"
    with pytest.raises(ArgumentError, match=text):
        elman.gradient_flow(Sequential([Input((T, 2), **F64), own]), X)


def test_one_timestep_has_no_factor_and_is_drawn_as_a_point():
    found = elman.gradient_flow(Sequential([Input((1, 2), **F64), layers.LSTM(3, **F64)]), X[:, :1])
    said = "No step lies before the one that the loss reads: there is nothing to compare."
    assert found["lstm"].sentence() == said
    assert found["lstm"].lags == 0
    assert {line.get_marker() for line in found.plot().axes[1].lines} == {"."}


def test_what_overflows_in_a_step_has_no_factor():
    layer = layers.SimpleRNN(1, activation=None)
    layer.build((None, T, 2))
    layer.set_weights([np.ones((2, 1)), np.full((1, 1), 1e30), np.zeros(1)])
    outputs = np.full((len(X), 1), 1e30, "float32")
    with np.errstate(over="ignore", invalid="ignore"):
        found = elman.gradient_flow(layer, np.zeros_like(X), output_gradients=outputs)
    flow = next(iter(found.layers.values()))
    assert flow.sentence() == "The gradient is over all numbers one step back."


def test_it_can_be_drawn(tmp_path):
    inside = [layers.LSTM(3, return_sequences=True, **F64), layers.GRU(2, **F64)]
    found = elman.gradient_flow(Sequential([Input((T, 2), **F64), *inside]), X)
    figure = found.plot()
    figure.savefig(tmp_path / "flow.png")
    assert (tmp_path / "flow.png").stat().st_size > 10_000
    left, right = figure.axes
    words = [text.get_text() for text in left.get_legend().get_texts()]
    assert re.match(r"lstm: \w+", words[0])
    assert "steps back" in left.get_xlabel()
    assert right.get_xlabel() == "timestep"
    words = [text.get_text() for text in right.get_legend().get_texts()]
    states = ["lstm, state h", "lstm, state c, as the next step reads it", "gru, state h"]
    assert words == states
