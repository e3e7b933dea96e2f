"""Streams: a model a timestep at a time, by every implementation."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import Input, Sequential, kernels, layers
from tests.implementations import COMPILED, WITH_FMA
from tests.layers.checks import scramble
from tests.models.stream_models import CLOSE, classifier, functional, lstm, normal, steps
from tests.tolerances import EXACT, FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")

CELLS = {
    "simple_rnn": layers.SimpleRNN,
    "lstm": layers.LSTM,
    "gru": layers.GRU,
    "gru_reset_before": lambda units, **options: layers.GRU(units, reset_after=False, **options),
    "lstm_coupled": layers.CoupledLSTM,
    "lstm_peephole": layers.PeepholeLSTM,
    "lstm_zoneout": layers.ZoneoutLSTM,
    "lstm_normalised": layers.LayerNormLSTM,
    "gru_normalised": layers.LayerNormGRU,
    "indrnn": layers.IndRNN,
    "min_gru": layers.MinGRU,
    "min_lstm": layers.MinLSTM,
    "leaky": layers.LeakyRNN,
}
UNGATED = ("simple_rnn", "indrnn", "min_lstm", "leaky")


def draw_stack(data, dtype):
    """Draw one or two recurrent layers with options, and a sequence for them."""
    smooth = ["tanh", "tanh", "softsign", "hard_tanh", "relu6"]
    stack, features = [], data.draw(st.integers(1, 9))
    for _ in range(data.draw(st.integers(1, 2))):
        cell = data.draw(st.sampled_from(sorted(CELLS)))
        hard = data.draw(st.sampled_from(["hard_sigmoid", "hard_sigmoid_keras2"]))
        gated = {} if cell in UNGATED else {"recurrent_activation": hard}
        options = {
            "activation": data.draw(st.sampled_from(smooth)),
            "use_bias": data.draw(st.booleans()),
            **(gated if data.draw(st.booleans()) else {}),
        }
        units = data.draw(st.integers(1, 70) | st.integers(100, 140))
        stack.append(CELLS[cell](units, return_sequences=True, dtype=dtype, **options))
    model = Sequential([Input((None, features), dtype=dtype), *stack])
    for weight in model.weights:
        scale = 0.7 / np.sqrt(weight.shape[0]) if "kernel" in weight.name else 0.3
        weight.assign(scale * normal(*weight.shape, seed=3))
    batch, timesteps = data.draw(st.integers(1, 11)), data.draw(st.integers(1, 6))
    return model, normal(batch, timesteps, features, seed=4, dtype=dtype)


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=60)
@given(data=st.data())
def test_every_step_gives_the_bits_of_the_whole_sequence(name, dtype, data):
    kernels.use(name)
    model, x = draw_stack(data, dtype)
    stream = model.stream(batch=len(x))
    assert stream.implementation == kernels.status()
    y = steps(stream, x)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, model(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=40)
@given(data=st.data())
def test_the_reference_gives_the_numbers_of_the_whole_sequence(dtype, data):
    kernels.use("reference")  # whose products are NumPy's, of which a row alone rounds differently
    model, x = draw_stack(data, dtype)
    y = steps(model.stream(batch=len(x)), x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, model(x), rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize("make", [classifier, functional])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 3, 6])
def test_a_whole_model_streams(make, dtype, batch, implementation):
    model, x = scramble(make(dtype)), normal(batch, 7, 3, dtype=dtype)
    stream = model.stream(batch)
    assert stream.implementation.implementation == implementation
    y = steps(stream, x)
    expected = model(x)
    if expected.ndim == 3:
        np.testing.assert_allclose(y, expected, rtol=0, atol=CLOSE[dtype])
        return
    for t in range(7):  # the last output alone: that of the sequence so far
        expected = model(x[:, : t + 1])
        np.testing.assert_allclose(y[:, t], expected, rtol=0, atol=CLOSE[dtype])


@pytest.mark.parametrize("dtype", ["int32", "int64"])
@pytest.mark.parametrize("batch", [1, 5])
def test_an_embedding_in_front_takes_indices(dtype, batch, implementation):
    model = scramble(
        Sequential(
            [Input((None,), dtype="int32"), layers.Embedding(7, 5), layers.GRU(4), layers.Dense(1)]
        )
    )
    words = np.random.default_rng(0).integers(0, 7, (batch, 6)).astype(dtype)
    stream, expected = model.stream(batch), model(words)
    for t in range(6):
        y = stream.step(words[:, t])
    np.testing.assert_allclose(y, expected, rtol=0, atol=FLOAT32)
    stream.reset()
    np.testing.assert_array_equal(stream.process(words)[:, -1], y)
    if batch == 1:
        stream.reset()
        for word in words[0].tolist():
            y = stream.step(word)
        np.testing.assert_allclose(y, expected, rtol=0, atol=FLOAT32)


def test_a_stack_of_nothing_but_dropout_hands_its_input_on(implementation):
    stream = Sequential([Input((None, 3)), layers.Dropout(0.5)]).stream()
    np.testing.assert_array_equal(stream.step([1, 2, 3]), [[1, 2, 3]])


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("make", [classifier, functional])
def test_a_sequence_alone_gives_the_bits_that_it_gives_among_others(name, make):
    kernels.use(name)
    model, x = scramble(make()), normal(6, 7, 3)
    together = model.stream(6).process(x)
    for row in range(6):
        alone = model.stream().process(x[row : row + 1])
        np.testing.assert_array_equal(alone[0], together[row])


@pytest.mark.skipif(len(WITH_FMA) < 2, reason="needs a processor with AVX-512, and both builds")
@pytest.mark.parametrize("make", [classifier, functional])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_avx2_and_avx512_give_the_same_bits(make, dtype):
    model, x = scramble(make(dtype)), normal(2, 7, 3, dtype=dtype)
    outputs = []
    for name in ("avx2", "avx512"):
        kernels.use(name)
        outputs.append(model.stream(2).process(x))
    np.testing.assert_array_equal(*outputs)


def test_blocks_of_any_length_give_the_bits_of_steps(implementation):
    model, x = scramble(classifier()), normal(2, 12, 3)
    expected = steps(model.stream(2), x)
    stream, out = model.stream(2), np.empty((2, 5, 6), "float32")
    first = stream.process(x[:, :3])
    assert stream.process(x[:, 3:8], out=out) is out
    last = stream.process(x[:, 8:].tolist())
    np.testing.assert_array_equal(np.concatenate([first, out, last], axis=1), expected)


def test_a_block_may_be_processed_in_place(implementation):
    model, x = lstm(units=3), normal(2, 9, 3)
    expected = model.stream(2).process(x)
    assert model.stream(2).process(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("shift", [-3, 3])
def test_a_block_may_overlap_the_outputs(shift, implementation):
    sequences = Sequential([Input((None, 3)), layers.LSTM(3, return_sequences=True)])
    expected = sequences.stream().process(normal(1, 5, 3))
    memory = np.zeros(21, "float32")
    block, out = (memory[3 + i : 18 + i].reshape(1, 5, 3) for i in (0, shift))
    block[...] = normal(1, 5, 3)
    np.testing.assert_array_equal(sequences.stream().process(block, out=out), expected)


@pytest.mark.parametrize("kind", [np.array, list, tuple])
def test_sequences_to_reset_may_be_marked(implementation, kind):
    stream = lstm().stream(batch=3)
    stream.step(normal(3, 3))
    stream.reset(kind([False, False, False]))
    assert all(h.any() for h in stream.state[0][0])
    stream.reset(kind([True, False, True]))
    assert [h.any() for h in stream.state[0][0]] == [False, True, False]


@pytest.mark.parametrize("name", ["batch", "implementation"])
def test_what_a_stream_is_cannot_be_set(name, implementation):
    with pytest.raises(AttributeError):
        setattr(lstm().stream(), name, 4)


def test_an_output_may_be_the_next_input(implementation):
    stream, other = lstm(units=3).stream(), lstm(units=3).stream()
    y = x = normal(1, 3)
    for _ in range(4):
        y, x = stream.step(y), other.step(x).copy()
    np.testing.assert_array_equal(y, x)


def test_nan_goes_through(implementation):
    assert np.isnan(lstm().stream().step([[1, np.nan, 1]])).all()
    model = Sequential([Input((None, 20)), layers.Dense(20, activation="softmax")])
    assert np.isnan(model.stream().step(np.full(20, np.nan))).all()


def test_softmax_of_large_numbers_does_not_overflow(implementation):
    stream = Sequential([Input((None, 3)), layers.Activation("softmax")]).stream()
    np.testing.assert_allclose(stream.step([1e30, -1e30, 1e30]), [[0.5, 0, 0.5]], atol=EXACT)


def test_denormal_states_leave_the_callers_arithmetic_as_it_was(implementation):
    tiny, stream = np.float32(1e-40), lstm().stream()
    stream.state = [[np.full((1, 5), 1e-40)] * 2]
    stream.step(np.zeros(3))
    stream.process(np.zeros((1, 4, 3)))
    assert tiny / 2 > 0


@pytest.mark.parametrize("name", COMPILED)
def test_denormal_states_take_no_longer_than_others(name):
    kernels.use(name)
    model = Sequential([Input((None, 1)), layers.SimpleRNN(64, activation="linear")])
    model.set_weights([np.zeros((1, 64)), np.eye(64), np.zeros(64)])
    stream, x = model.stream(), np.zeros((1, 1000, 1), "float32")
    seconds = {1.0: [], 1e-40: []}
    for _ in range(15):
        for start, measured in seconds.items():
            stream.state = [[np.full((1, 64), start)]]
            begin = perf_counter()
            stream.process(x)
            measured.append(perf_counter() - begin)
    usual, denormal = (np.median(measured) for measured in seconds.values())
    assert denormal < 3 * usual  # unflushed: 9 to 26 times as long
