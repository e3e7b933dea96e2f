"""Streams: a model a timestep at a time, by every implementation."""

import copy
import pickle
import re
import threading
import tracemalloc
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import Input, Model, Sequential, kernels, layers
from elman.errors import ArgumentError, BusyError, NotBuiltError, ShapeError, UnsupportedError
from tests.implementations import ALL, COMPILED, WITH_FMA
from tests.layers.checks import F64, scramble
from tests.tolerances import EXACT, FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")
CLOSE = {"float32": FLOAT32, "float64": EXACT}


@pytest.fixture(params=ALL)
def implementation(request, kernels_restored):
    kernels.use(request.param)
    return request.param


def normal(*shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def lstm(units=5, features=3, **options):
    options = {"return_sequences": True, **options}
    return scramble(
        Sequential([Input((None, features)), layers.LSTM(units, name="l", **options)], name="s")
    )


def steps(stream, x):
    """Return the outputs of a stream for a sequence, step by step."""
    return np.stack([stream.step(x[:, t]).copy() for t in range(x.shape[1])], axis=1)


# ---------------------------------------------------------------------- the same numbers

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
        gated = {} if cell in UNGATED else {"recurrent_activation": "hard_sigmoid"}
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


def classifier(dtype="float32"):
    options = {"dtype": dtype}
    return Sequential(
        [
            Input((None, 3), dtype=dtype),
            layers.TimeDistributed(layers.Dense(4, activation="relu", **options)),
            layers.Dropout(0.5),
            layers.GRU(18, return_sequences=True, **options),
            Sequential([Input((None, 18), dtype=dtype), layers.Dense(5, **options)]),
            layers.Activation("tanh", **options),
            layers.LSTM(9, dropout=0.3, recurrent_dropout=0.2, **options),
            layers.Dense(6, activation="softmax", **options),
        ]
    )


def functional(dtype="float32"):
    x = Input((7, 3), dtype=dtype)
    h, *_ = layers.LSTM(4, return_sequences=True, return_state=True, dtype=dtype)(x)
    return Model(x, layers.Dense(20, use_bias=False, activation="elu", dtype=dtype)(h))


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


# ---------------------------------------------------------------------- inputs and outputs


def test_what_a_model_takes_a_stream_takes(implementation):
    model, x = lstm(), normal(1, 3)
    expected = model.stream().step(x).copy()
    readonly = x.copy()
    readonly.flags.writeable = False
    wide = np.zeros((1, 6), "float32")
    wide[:, ::2] = x
    odd = np.frombuffer(b"." + x.tobytes(), "uint8")[1:].view("float32").reshape(1, 3)
    for given_ in (
        x[0], readonly, wide[:, ::2], odd, np.asfortranarray(x), x.astype(">f4"), x.tolist(),
        x[0].tolist(), x.astype("float64"), x.view(np.ma.MaskedArray), memoryview(x),
    ):  # fmt: skip
        np.testing.assert_array_equal(model.stream().step(given_), expected)
        block = np.asarray(given_).reshape(1, 1, 3)
        np.testing.assert_array_equal(model.stream().process(block)[:, 0], expected)
    whole = model.stream().step([1, 2, 3]).copy()
    np.testing.assert_array_equal(model.stream().step(np.array([[1, 2, 3]])), whole)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_of_the_other_size_are_rounded_as_the_model_rounds_them(dtype, implementation):
    model = Sequential([Input((None, 3), dtype=dtype), layers.GRU(4, dtype=dtype)])
    x = normal(1, 6, 3, dtype="float64" if dtype == "float32" else "float32")
    expected = model.stream().process(x)
    stream = model.stream()
    for t in range(6):
        np.testing.assert_array_equal(stream.step(x[:, t]), expected[:, t])
        assert stream.step(x[0, t]).dtype == dtype
        stream.state = ((expected[:, t],),)


def test_the_output_is_the_same_array_at_every_step(implementation):
    stream, x = lstm().stream(batch=2), normal(2, 3)
    y = stream.step(x)
    before = y.copy()
    assert stream.step(x) is y
    assert (y != before).any()
    assert y.shape == (2, 5)


def test_an_input_may_step_the_stream_while_it_is_converted(implementation):
    stream = lstm().stream()

    class Nested:
        def __array__(self, dtype=None, copy=None):
            stream.step([1, 2, 3])
            return np.array([1, 2, 3], "float32")

    y = stream.step(Nested()).copy()
    stream.reset()
    stream.step([1, 2, 3])
    np.testing.assert_array_equal(stream.step([1, 2, 3]), y)


def test_a_mixture_of_dtypes_runs_as_the_model_does():
    model = Sequential(
        [Input((None, 3)), layers.LSTM(4, return_sequences=True), layers.GRU(2, **F64)]
    )
    stream, x = model.stream(), normal(1, 5, 3)
    for t in range(5):
        y = stream.step(x[:, t].astype("float64"))
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, model(x), rtol=0, atol=FLOAT32)
    assert [[s.dtype.name for s in own] for own in stream.state] == [["float32"] * 2, ["float64"]]
    assert stream.implementation == kernels.status()


# ---------------------------------------------------------------------- state


def test_a_saved_state_is_where_any_stream_of_the_model_goes_on(implementation):
    model, x = scramble(classifier()), normal(2, 8, 3)
    stream = model.stream(2)
    expected = steps(stream, x)[:, 4:]
    stream.reset()
    steps(stream, x[:, :4])
    saved = pickle.loads(pickle.dumps(stream.state))
    np.testing.assert_array_equal(steps(stream, x[:, 4:]), expected)
    other = model.stream(2)
    other.state = saved
    np.testing.assert_array_equal(steps(other, x[:, 4:]), expected)


def test_the_state_is_that_of_the_layers_and_a_copy(implementation):
    model, x = lstm(return_state=True), normal(2, 4, 3)
    model = Model(model.inputs[0], model.layers[0](model.inputs[0])[0])
    stream = model.stream(2)
    stream.process(x)
    ((h, c),) = stream.state
    _, *expected = model.layers[1](x)
    for array, last in zip((h, c), expected, strict=True):
        np.testing.assert_allclose(array, last, rtol=0, atol=FLOAT32)
    h[...] = 7
    assert (stream.state[0][0] != 7).all()
    stream.state = ((h, c),)
    h[...] = 8
    assert (stream.state[0][0] == 7).all()


def test_a_reset_stream_begins_anew(implementation):
    stream, x = scramble(classifier()).stream(3), normal(3, 5, 3)
    first = steps(stream, x)
    stream.reset()
    np.testing.assert_array_equal(steps(stream, x), first)
    before = stream.state
    stream.reset(rows=[0, 2])
    for own, others in zip(stream.state, before, strict=True):
        for array, other in zip(own, others, strict=True):
            assert not array[[0, 2]].any()
            np.testing.assert_array_equal(array[1], other[1])
    stream.reset(1)
    assert not any(array.any() for own in stream.state for array in own)
    stream.reset(np.array([], int))


def test_what_is_refused_leaves_the_state_as_it_was(implementation):
    stream = lstm().stream()
    stream.step([1, 2, 3])
    before = stream.state
    for attempt in (
        lambda: stream.step([1, 2]),
        lambda: stream.process(np.zeros((1, 2, 2))),
        lambda: stream.process(np.zeros((1, 2, 3)), out=np.zeros((1, 2, 5))),
        lambda: setattr(stream, "state", [[np.zeros((1, 5)), np.zeros((1, 4))]]),
        lambda: setattr(stream, "state", [[np.zeros((1, 5)), np.full((1, 5), 1e300)]]),
        lambda: stream.reset([0, 1]),
    ):
        with pytest.raises(ValueError, match="must"):
            attempt()
    np.testing.assert_array_equal(stream.state, before)
    text = "`state` must hold numbers that fit into float32; got 1e+39 at (0, 0). Scale them, or"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        stream.state = [[np.full((1, 5), 1e39), np.zeros((1, 5))]]


def test_training_does_not_change_a_stream(implementation):
    model = Sequential([Input((None, 3)), layers.LSTM(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    stream, x = model.stream(), normal(1, 4, 3)
    before = stream.process(x)
    model.fit(x, np.ones((1, 1)), verbose=0)
    stream.reset()
    np.testing.assert_array_equal(stream.process(x), before)
    assert (model.stream().process(x) != before).any()


def test_a_stream_begins_at_zero_whatever_a_stateful_layer_carries(implementation):
    model = lstm(stateful=True)
    x = normal(1, 3, 3)
    first = model(x)
    np.testing.assert_allclose(model.stream().process(x), first, rtol=0, atol=FLOAT32)
    model(x)
    np.testing.assert_allclose(model.stream().process(x), first, rtol=0, atol=FLOAT32)


# ---------------------------------------------------------------------- memory and threads


def resident():
    """Return this process's memory in bytes, or 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


@pytest.mark.parametrize("name", COMPILED[-1:])
def test_memory_stays_flat(name):
    kernels.use(name)
    stream, x = lstm(16, 8).stream(), normal(1, 8)
    block, out = normal(1, 10, 8), np.empty((1, 10, 16), "float32")

    def run(times):
        for _ in range(times):
            stream.step(x)
            stream.process(block, out)

    run(100)
    tracemalloc.start()
    try:
        run(1000)
        traced = tracemalloc.get_traced_memory()[0]
        run(10_000)
        assert tracemalloc.get_traced_memory()[0] <= traced + 1000
    finally:
        tracemalloc.stop()
    before = resident()
    for _ in range(100_000):
        stream.step(x)
    assert resident() <= before + 200_000


def test_a_step_makes_no_python_object():
    if not COMPILED:
        pytest.skip("needs the compiled kernels")
    kernels.use("native")
    stream, x = lstm(16, 8).stream(), normal(1, 8)
    stream.step(x)
    tracemalloc.start()
    try:
        step = stream.step
        step(x)
        tracemalloc.clear_traces()
        step(x)
        assert tracemalloc.get_traced_memory()[1] <= 100
    finally:
        tracemalloc.stop()


def test_threads_with_a_stream_each_do_not_disturb_each_other(implementation):
    model, x = lstm(), normal(4, 50, 3)
    expected = [model.stream().process(x[i : i + 1]) for i in range(4)]
    found = {}

    def run(i):
        stream = model.stream()
        found[i] = steps(stream, x[i : i + 1])

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(4):
        np.testing.assert_array_equal(found[i], expected[i])


def test_a_second_thread_is_told_to_make_a_stream_of_its_own(implementation):
    stream = lstm().stream()
    x = np.zeros((1, 2_000 if implementation == "reference" else 400_000, 3), "float32")

    def process():
        while True:
            try:
                return stream.process(x)
            except BusyError:  # the other thread was first
                continue

    thread = threading.Thread(target=process)
    text = (
        "Sequential 's': a stream must be used by one thread at a time; another is inside it. "
        "Make a stream for each."
    )
    thread.start()
    told = []
    while thread.is_alive():
        for attempt in (lambda: stream.step([1, 2, 3]), lambda: stream.state, stream.reset):
            try:
                attempt()
            except BusyError as error:
                told.append(str(error))
    thread.join()
    assert set(told) == {text}
    stream.step([1, 2, 3])


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_stream_is_not_copied(duplicate, implementation):
    text = (
        "Sequential 's': a stream must not be pickled or copied. Keep the model and the stream's "
        "`state`, and make another with `model.stream()`."
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        duplicate(lstm().stream())


# ---------------------------------------------------------------------- what runs


def test_a_stream_says_what_runs_it_and_why(implementation):
    stream = lstm().stream()
    assert stream.implementation == kernels.status()
    assert repr(stream) == f"<Stream of Sequential 's', batch=1, {implementation}>"
    kernels.use("reference")
    assert stream.implementation.implementation == implementation
    stream.step([1, 2, 3])


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (layers.LSTM(2, activation="softmax", name="a"), "LSTM 'a' has the activation softmax"),
        (
            layers.GRU(2, recurrent_activation="softmax", name="b"),
            "GRU 'b' has the activation softmax",
        ),
        (
            layers.Dense(2, activation="log_softmax", name="c"),
            "Dense 'c' has the activation log_softmax",
        ),
        (
            layers.Activation("log_softmax", name="d"),
            "Activation 'd' has the activation log_softmax",
        ),
    ],
)
def test_what_the_kernels_lack_runs_as_the_reference(layer, reason):
    if not COMPILED:
        pytest.skip("needs the compiled kernels")
    kernels.use("native")
    model, x = Sequential([Input((None, 3)), layer]), normal(2, 5, 3)
    stream = model.stream(2)
    assert stream.implementation == ("reference", reason)
    y, expected = stream.process(x), model(x)
    last = y if expected.ndim == 3 else y[:, -1]
    np.testing.assert_allclose(last, expected, rtol=0, atol=FLOAT32)


@pytest.mark.skipif(not COMPILED, reason="needs the compiled kernels")
def test_wrong_arrays_are_an_error_and_never_a_crash():
    native = vars(kernels)["_native"].Stream
    z = np.zeros

    def lstm_(kernel=(3, 8), recurrent=(2, 8), bias=8):
        return (1, 6, 8, z(kernel), z(recurrent), z(bias), ())

    def make(*stages, name="portable", batch=1, features=3, output=(1, 2), dtype="float64"):
        return native(name, batch, features, stages, z(output, dtype), list, list)

    make(lstm_())
    for wrong in (
        lambda: make(lstm_(), name="sse"),
        lambda: make(lstm_(), batch=0),
        lambda: make(lstm_(), batch=2),
        lambda: make(lstm_(), features=2),
        lambda: make(lstm_(), features=0),
        lambda: make(lstm_(), output=(1, 3)),
        lambda: make(lstm_(), dtype="float32"),
        lambda: make(lstm_(), dtype="int64"),
        lambda: make(lstm_(recurrent=(2, 7))),
        lambda: make(lstm_(kernel=(24,))),
        lambda: make(lstm_(kernel=(3, 7))),
        lambda: make(lstm_(bias=7)),
        lambda: make((99, 0, 0, None, None, None, ())),
        lambda: make((100, 0, 0, None, None, None, ())),
        lambda: make((102, 0, 0, z((3, 2)), None, None, ())),
        lambda: make((100, 0, 0, z((3, 2)), z((2, 2)), None, ())),
        lambda: make((*lstm_()[:6], (z(2),))),  # the cell has no words
        lambda: make((12, *lstm_()[1:])),  # a cell that no stream has
        lambda: make(lstm_()).step(z((1, 2))),
        lambda: make(lstm_()).process(z((1, 2, 3)), z((1, 2, 3))),
        lambda: make(lstm_()).process(z((1, 2, 3)), z((1, 2, 2), "float32")),
        lambda: make(lstm_()).process(z((1, 2, 2)), z((1, 2, 2))),
        lambda: make(lstm_()).process(3, z((1, 2, 2))),
        lambda: make(lstm_()).read(2, z((1, 2))),
        lambda: make(lstm_()).write(0, z((1, 3))),
        lambda: make(lstm_()).reset([1]),
    ):
        with pytest.raises(ValueError, match=r"^_native\.Stream: "):
            wrong()


# ---------------------------------------------------------------------- errors


def end_to_end():
    x = Input((None, 3))
    return Model(x, layers.Concatenate(1, name="both")([x, x]), name="m")


def with_call(*arguments, **options):
    x, layer = Input((None, 3)), layers.LSTM(2, name="l", **options)
    return Model(x, layer(x, *arguments), name="m")


def of_state():
    x = Input((None, 3))
    return Model(x, layers.LSTM(2, return_state=True, name="l")(x)[1], name="m")


def with_mask():
    x = Input((None, 3))
    mask = Input((None,), dtype="bool")
    return Model([x, mask], layers.LSTM(2, name="l")(x, mask=mask), name="m")


def stack(*stack_):
    return Sequential([Input((4, 3)), *stack_], name="m")


NEED = "every layer of a stream must need the timesteps so far and nothing else; got "


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: stack(layers.Bidirectional(layers.LSTM(2), name="b")).stream(),
            UnsupportedError,
            f": {NEED}Bidirectional 'b', which also reads the sequence from its end.",
        ),
        (
            lambda: stack(layers.GRU(2, go_backwards=True, name="g")).stream(),
            UnsupportedError,
            f": {NEED}GRU 'g', which reads the sequence from its end (`go_backwards=True`).",
        ),
        (
            lambda: stack(layers.Masking(name="k"), layers.GRU(2)).stream(),
            UnsupportedError,
            f"{NEED}Masking 'k', which skips timesteps; leave those out.",
        ),
        (
            lambda: (
                Sequential([Input((4,)), layers.Embedding(5, 2, mask_zero=True, name="e")])
                .stream(2)
                .step([3, 0])
            ),
            ArgumentError,
            "Embedding 'e': `x` must hold no 0 in a stream, because `mask_zero=True` makes it a "
            "timestep that is skipped; got one. Leave it out of the stream.",
        ),
        (
            lambda: stack(layers.LSTM(2), layers.RepeatVector(3, name="r")).stream(),
            UnsupportedError,
            f"{NEED}RepeatVector 'r', which makes a sequence of what the last timestep gave.",
        ),
        (
            lambda: stack(layers.Flatten(name="f")).stream(),
            UnsupportedError,
            f"{NEED}Flatten 'f', which puts all timesteps into one row.",
        ),
        (
            lambda: stack(layers.Reshape((3, 4), name="r")).stream(),
            UnsupportedError,
            f"{NEED}Reshape 'r', which may move values between timesteps.",
        ),
        (
            lambda: end_to_end().stream(),
            UnsupportedError,
            f"Model 'm': {NEED}Concatenate 'both', which puts sequences end to end.",
        ),
        (
            lambda: of_state().stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which hands on its final state.",
        ),
        (
            lambda: with_call(None, None, True).stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which is called with `training=True`.",
        ),
        (
            lambda: with_mask().stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which is given a mask; leave masked steps out.",
        ),
        (
            lambda: Sequential([Input((3,)), layers.Dense(2)], name="m").stream(),
            UnsupportedError,
            "Sequential 'm': the input of a stream must have the shape (batch, timesteps, "
            "features), or (batch, timesteps) before an Embedding; got (None, 3).",
        ),
        (
            lambda: Sequential(
                [
                    Input((None,)),
                    layers.Activation("relu", name="a"),
                    layers.Embedding(5, 2, name="e"),
                ],
                name="m",
            ).stream(),
            UnsupportedError,
            "Sequential 'm': an Embedding must stand first in a stream; got Embedding 'e' behind "
            "Activation 'a'.",
        ),
        (
            lambda: Sequential([layers.LSTM(2)], name="m").stream(),
            NotBuiltError,
            "Sequential 'm': it must be built to have inputs and outputs; it is not.",
        ),
        (
            lambda: lstm().stream(batch=0),
            ArgumentError,
            "Sequential 's': stream: `batch` must be a positive integer; got 0.",
        ),
        (
            lambda: lstm().stream().step(np.zeros((2, 3))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=1, features=3); got (2, 3).",
        ),
        (
            lambda: lstm().stream(2).step(np.zeros(3)),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=2, features=3); got (3,).",
        ),
        (
            lambda: lstm().stream().step(np.zeros((1, 4, 3))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=1, features=3); got (1, 4, 3). "
            "Give several timesteps to `process`.",
        ),
        (
            lambda: lstm().stream().step("abc"),
            ArgumentError,
            "Sequential 's': `x` must be an array of real numbers; got str of dtype <U3.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((4, 3))),
            ShapeError,
            "Sequential 's': `block` must have shape (batch=1, timesteps, features=3); got (4, 3). "
            "Add the batch axis with `block[None]`.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 0, 3))),
            ShapeError,
            "Sequential 's': `block` must have at least one timestep; got none.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 4, 3)), out=np.zeros((1, 4, 5))),
            ArgumentError,
            "Sequential 's': `out` must be a writable array of float32 in C order; got float64, "
            "in C order, writable.",
        ),
        (
            lambda: lstm().stream(batch=10**9),
            ArgumentError,
            "Sequential 's': stream: `batch` must be at most 16777216; got 1000000000.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 4, 3)), out=np.zeros((1, 4, 4), "f4")),
            ShapeError,
            "Sequential 's': `out` must have shape (batch=1, timesteps=4, features=5); "
            "got (1, 4, 4).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [np.zeros((1, 5))]),
            ShapeError,
            "Sequential 's': `state` must hold a tuple for each recurrent layer, of arrays of the "
            "shapes (((1, 5), (1, 5)),); got ((1, 5),).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [[np.zeros((1, 5))]]),
            ShapeError,
            "arrays of the shapes (((1, 5), (1, 5)),); got (((1, 5),),).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [[np.zeros((1, 5)), np.zeros((1, 4))]]),
            ShapeError,
            "arrays of the shapes (((1, 5), (1, 5)),); got (((1, 5), (1, 4)),).",
        ),
        (
            lambda: setattr(lstm().stream(2), "state", np.zeros((2, 5))),
            ShapeError,
            "arrays of the shapes (((2, 5), (2, 5)),); got (2, 5).",
        ),
        (
            lambda: lstm().stream(2).reset([0, 2]),
            ArgumentError,
            "Sequential 's': `rows` must be below batch=2; got 2.",
        ),
        *(
            (
                lambda marks=marks: lstm().stream(3).reset(marks),
                ShapeError,
                "Sequential 's': `rows` must be numbers of sequences, or one bool for each of "
                f"them, batch=3; got bools of shape {np.shape(marks)}.",
            )
            for marks in (
                np.array([True, False]),
                [True, False],
                [False] * 4,
                np.ones((1, 3), bool),
                np.zeros(0, bool),
                np.True_,
            )
        ),
        (
            lambda: lstm().stream(2).reset([True, 1]),
            ArgumentError,
            "Sequential 's': `rows` must be an integer of at least 0; got True.",
        ),
        (
            lambda: lstm().stream(2).reset(-1),
            ArgumentError,
            "Sequential 's': `rows` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: Sequential([Input((None,)), layers.Embedding(5, 2, name="e")]).stream().step(5),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got 5.",
        ),
        (
            lambda: (
                Sequential([Input((None,)), layers.Embedding(5, 2, name="e")])
                .stream()
                .step(np.array([-1]))
            ),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got -1.",
        ),
    ],
)
def test_errors_name_the_layer_or_the_argument_and_the_fix(attempt, error, text, implementation):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_an_initial_state_or_a_mask_from_outside_is_named():
    x, h = Input((None, 3)), Input((2,))
    model = Model([x, h], layers.GRU(2, name="g")(x, initial_state=h), name="m")
    inner = Model(x, model([x, layers.GRU(2)(x)]), name="outer")
    text = "GRU 'g', which is given an initial state; set the stream's `state` in its place."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        inner.stream()
    given_ = Model(x, layers.GRU(2, name="g")(x, initial_state=layers.GRU(2)(x)), name="m")
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        given_.stream()
    words = Input((None,))
    mask, vectors = layers.Activation("relu")(words), layers.Embedding(5, 2)(words)
    masked = Model(words, layers.GRU(2, name="g")(vectors, mask=mask), name="m")
    text = "GRU 'g', which is given a mask; leave masked steps out."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        masked.stream()
