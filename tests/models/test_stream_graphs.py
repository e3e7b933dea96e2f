"""Streams of models with branches, normalisation, cells of one's own, or several inputs."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import Input, Model, Sequential, kernels, layers, ops
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from tests.implementations import COMPILED
from tests.layers.checks import scramble
from tests.models.stream_models import CLOSE, NEED, normal, steps
from tests.tolerances import FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")


class Leaky(layers.Layer):
    """A cell of one's own, which starts from ones."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")

    def call(self, inputs, states):
        h = 0.5 * states[0] + 0.5 * ops.tanh(ops.matmul(inputs, self.kernel))
        return h, [h]

    def get_initial_state(self, batch_size=None):
        return [np.ones((batch_size, self.units), self.dtype)]


class Double(layers.Layer):
    def call(self, x):
        return 2 * x


def tame(model, seed=1):
    """Give every weight a value, those of moving variances a positive one."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        drawn = generator.normal(0, 0.5, weight.shape)
        weight.assign(np.abs(drawn) + 0.5 if "variance" in weight.name else drawn)
    return model


def recurrent(data, dtype):
    """Draw a layer that carries a state and returns sequences."""
    options = {"return_sequences": True, "dtype": dtype}
    units = data.draw(st.integers(1, 9))
    kind = data.draw(st.sampled_from(["simple", "gru", "lstm", "stack", "own", "mixed", "softmax"]))
    return {
        "simple": lambda: layers.SimpleRNN(units, **options),
        "gru": lambda: layers.GRU(units, **options),
        "lstm": lambda: layers.LSTM(units, **options),
        "stack": lambda: layers.RNN(
            [layers.GRUCell(units, dtype=dtype), layers.LSTMCell(3, dtype=dtype)], **options
        ),
        "own": lambda: layers.RNN(Leaky(units, dtype=dtype), **options),
        "mixed": lambda: layers.RNN(
            [layers.LSTMCell(3, dtype=dtype), Leaky(units, dtype=dtype)], **options
        ),
        "softmax": lambda: layers.GRU(units, activation="softmax", **options),
    }[kind]()


def rowwise(data, dtype):
    """Draw a layer that treats each timestep alone."""
    options = {"dtype": dtype}
    makers = [
        lambda: layers.Dense(data.draw(st.integers(1, 5)), activation="tanh", **options),
        lambda: layers.LayerNormalization(**options),
        lambda: layers.BatchNormalization(**options),
        lambda: layers.RMSNormalization(**options),
        lambda: layers.UnitNormalization(**options),
        lambda: layers.Normalization(mean=0.3, variance=2.0, **options),
        lambda: layers.Activation("softsign", **options),
        lambda: layers.LeakyReLU(**options),
        lambda: layers.PReLU(shared_axes=[1], **options),
        lambda: layers.Softmax(**options),
        lambda: layers.Rescaling(0.5, 0.1, **options),
        lambda: layers.Dropout(0.5, **options),
        lambda: layers.GaussianNoise(0.5, **options),
        lambda: layers.TimeDistributed(Double(**options), **options),
        lambda: layers.TimeDistributed(layers.LayerNormalization(**options), **options),
    ]
    return data.draw(st.sampled_from(makers))()


def branch(data, x, width, dtype):
    """Draw layers on top of a tensor, of which the last has this width."""
    for _ in range(data.draw(st.integers(0, 2))):
        make = recurrent if data.draw(st.booleans()) else rowwise
        x = make(data, dtype)(x)
    return layers.Dense(width, dtype=dtype)(x)


MERGES = [
    *(layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum),
    *(layers.Minimum, layers.Concatenate),
]


def draw_model(data, dtype):
    """Draw a model with a merge, and a sequence for it."""
    features = data.draw(st.integers(1, 4))
    x = Input((None, features), dtype=dtype)
    width = data.draw(st.integers(1, 4))
    one, other = branch(data, x, width, dtype), branch(data, x, width, dtype)
    merge = data.draw(st.sampled_from(MERGES))
    y = merge(dtype=dtype)([one, other]) if data.draw(st.booleans()) else one * 2 - ops.tanh(other)
    if data.draw(st.booleans()):
        y = recurrent(data, dtype)(y)
    model = tame(Model(x, y))
    batch, timesteps = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    return model, normal(batch, timesteps, features, seed=4, dtype=dtype)


@pytest.mark.parametrize("name", ["reference", *COMPILED[-1:]])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_stream_gives_what_predict_gives(name, dtype, data):
    kernels.use(name)
    model, x = draw_model(data, dtype)
    stream = model.stream(len(x))
    expected = model.predict(x, verbose=0)
    y = steps(stream, x)
    assert y.dtype == expected.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=CLOSE[dtype], atol=CLOSE[dtype])
    stream.reset()
    cut = data.draw(st.integers(0, x.shape[1] - 1))
    blocks = [x[:, :cut]] * (cut > 0) + [x[:, cut:]]
    found = np.concatenate([stream.process(block) for block in blocks], axis=1)
    np.testing.assert_allclose(found, y, rtol=CLOSE[dtype], atol=CLOSE[dtype])


def residual():
    x = Input((None, 3))
    h = layers.LSTM(3, return_sequences=True)(x)
    h = layers.LayerNormalization()(layers.Add()([x, h]))
    h = layers.GRU(5)(h)
    return tame(Model(x, layers.BatchNormalization()(layers.Dense(2)(h))))


def test_each_step_gives_what_the_sequence_so_far_gives(implementation):
    model, x = residual(), normal(2, 6, 3)
    y = steps(model.stream(2), x)
    for t in range(6):
        np.testing.assert_allclose(y[:, t], model(x[:, : t + 1]), rtol=0, atol=FLOAT32)


def test_blocks_of_a_graph_give_the_bits_of_steps(implementation):
    model, x = residual(), normal(2, 8, 3)
    expected, stream = steps(model.stream(2), x), model.stream(2)
    found = [stream.process(x[:, :3]), stream.process(x[:, 3:])]
    np.testing.assert_array_equal(np.concatenate(found, axis=1), expected)


def test_a_graph_in_the_middle_goes_on_from_a_file(implementation, tmp_path):
    model, x = residual(), normal(2, 8, 3)
    stream = model.stream(2)
    expected = steps(stream, x)[:, 4:]
    stream.reset()
    steps(stream, x[:, :4])
    arrays = [array for layer in stream.state for array in layer]
    np.savez(tmp_path / "state.npz", *arrays)
    with np.load(tmp_path / "state.npz") as file:
        h, c, g = (file[name] for name in file.files)
    other = model.stream(2)
    other.state = ((h, c), (g,))
    np.testing.assert_array_equal(steps(other, x[:, 4:]), expected)


def test_what_the_kernels_have_runs_compiled_around_what_they_lack(implementation):
    status = residual().stream().implementation
    assert status.implementation == "reference"
    if implementation != "reference":
        assert re.match("compiled streams do not have Add 'add.*'; what they have runs ", status[1])


class Twofold(layers.LSTMCell):
    def unroll(self, x, *others):
        return super().unroll(2 * x, *others)


def test_a_cell_that_runs_over_sequences_in_its_own_way_does_so_in_a_stream(implementation):
    rnn = layers.RNN([layers.GRUCell(3), Twofold(2)], return_sequences=True)
    model = Sequential([Input((None, 3)), rnn])
    x = normal(2, 5, 3).astype("float32")
    np.testing.assert_allclose(model.stream(2).process(x), model(x), rtol=FLOAT32)
    assert model.stream(2).implementation.implementation == "reference"


def test_a_cell_of_ones_own_starts_from_what_it_says(implementation):
    rnn = layers.RNN(Leaky(2), return_sequences=True)
    model = scramble(Sequential([Input((None, 3)), rnn, layers.GRU(2)]))
    stream, x = model.stream(3), normal(3, 5, 3)
    assert stream.state[0][0].all()
    assert not stream.state[1][0].any()
    first = steps(stream, x)
    np.testing.assert_allclose(first[:, -1], model(x), rtol=0, atol=FLOAT32)
    stream.reset([0, 2])
    np.testing.assert_array_equal(stream.state[0][0][[0, 2]], 1)
    assert (stream.state[0][0][1] != 1).any()
    stream.reset()
    np.testing.assert_array_equal(steps(stream, x), first)


def test_a_stream_of_a_cell_of_ones_own_keeps_its_weights():
    rnn = layers.RNN(Leaky(2))
    model, x = Sequential([Input((None, 3)), rnn]), normal(1, 4, 3)
    stream = model.stream()
    before = stream.process(x)
    rnn.cell.kernel.assign(np.zeros((3, 2)))
    stream.reset()
    np.testing.assert_array_equal(stream.process(x), before)


def two_inputs():
    words, x = Input((None,), dtype="int32", name="words"), Input((None, 2), name="x")
    h = layers.Concatenate()([layers.Embedding(7, 3)(words), x])
    h = layers.GRU(4, return_sequences=True)(h)
    outputs = {"y": layers.Dense(2)(h), "last": layers.LSTM(3)(h)}
    return tame(Model({"words": words, "x": x}, outputs))


def test_several_inputs_and_outputs_are_named_as_the_model_names_them(implementation):
    model = two_inputs()
    x = {"words": np.random.default_rng(0).integers(0, 7, (2, 5)), "x": normal(2, 5, 2)}
    stream, expected = model.stream(2), model(x)
    for t in range(5):
        found = stream.step({name: array[:, t] for name, array in x.items()})
        np.testing.assert_allclose(found["y"], expected["y"][:, t], rtol=0, atol=FLOAT32)
    np.testing.assert_allclose(found["last"], expected["last"], rtol=0, atol=FLOAT32)
    stream.reset()
    blocks = stream.process(x)
    np.testing.assert_allclose(blocks["y"], expected["y"], rtol=0, atol=FLOAT32)
    np.testing.assert_array_equal(blocks["last"][:, -1], found["last"])


def test_index_0_of_an_embedding_that_masks_it_is_the_only_one_refused(implementation):
    stack = [Input((None,)), layers.Embedding(7, 3, mask_zero=True), layers.GRU(4)]
    model = scramble(Sequential(stack))
    words = np.array([[1, 5, 6], [3, 3, 2]])
    found = model.stream(2).process(words)[:, -1]
    np.testing.assert_allclose(found, model(words), rtol=0, atol=FLOAT32)


def test_models_inside_are_taken_as_their_layers(implementation):
    inner = Input((3,))
    of_each = Model(inner, layers.Add()([layers.Dense(3)(inner), inner]))
    stack = [Input((None, 3)), layers.TimeDistributed(of_each), residual()]
    model, x = tame(Sequential(stack)), normal(2, 4, 3)
    found = steps(model.stream(2), x)[:, -1]
    np.testing.assert_allclose(found, model(x), rtol=0, atol=FLOAT32)


def of(make):
    x = Input((4, 3))
    return Model(x, make(x), name="m")


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: of(lambda x: layers.Add(name="a")([layers.Dense(2)(x), layers.GRU(2)(x)])),
            UnsupportedError,
            f"Model 'm': {NEED}Add 'a', which joins a sequence with what only its last timestep "
            "gives.",
        ),
        (
            lambda: of(layers.GlobalAveragePooling1D(name="p")),
            UnsupportedError,
            f"{NEED}GlobalAveragePooling1D 'p', which pools over all timesteps.",
        ),
        (
            lambda: of(layers.MaxPooling1D(name="p")),
            UnsupportedError,
            f"{NEED}MaxPooling1D 'p', which makes one timestep of several.",
        ),
        (
            lambda: of(layers.Conv1D(2, 3, name="c")),
            UnsupportedError,
            f"{NEED}Conv1D 'c', which reads several timesteps at once.",
        ),
        (
            lambda: of(layers.ZeroPadding1D(name="z")),
            UnsupportedError,
            f"{NEED}ZeroPadding1D 'z', which puts timesteps in or leaves them out.",
        ),
        (
            lambda: of(lambda x: layers.Attention(name="a")([x, x])),
            UnsupportedError,
            f"{NEED}Attention 'a', which attends to all timesteps.",
        ),
        (
            lambda: of(lambda x: layers.Dot(2, name="d")([x, x])),
            UnsupportedError,
            f"{NEED}Dot 'd', which multiplies sequences along an axis.",
        ),
        (
            lambda: of(lambda x: ops.flip(x, axis=1)),
            UnsupportedError,
            "which may need other timesteps.",
        ),
        (
            lambda: of(layers.LayerNormalization((1, 2), name="n")),
            UnsupportedError,
            f"{NEED}LayerNormalization 'n', which does not treat all timesteps alike.",
        ),
        (
            lambda: of(layers.BatchNormalization(1, name="n")),
            UnsupportedError,
            f"{NEED}BatchNormalization 'n', which does not treat all timesteps alike.",
        ),
        (
            lambda: of(Double(name="d")),
            UnsupportedError,
            f"{NEED}Double 'd', which may need other timesteps for all that a stream knows; put it "
            "into `TimeDistributed` if it treats each timestep alone.",
        ),
    ],
)
def test_a_layer_that_needs_other_timesteps_is_named(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt().stream()


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda stream: stream.step([np.zeros(2)]),
            ShapeError,
            "`x` must be 2 arrays (words, x); got 1.",
        ),
        (
            lambda stream: stream.step({"words": np.zeros(2, int), "x": np.zeros((2, 3))}),
            ShapeError,
            "`x['x']` must have shape (batch=2, features=2); got (2, 3).",
        ),
        (
            lambda stream: stream.process([np.zeros((2, 3), int), np.zeros((2, 4, 2))]),
            ShapeError,
            "`block` must have as many timesteps in every input; got 3 and 4.",
        ),
        (
            lambda stream: stream.process(
                [np.zeros((2, 4), int), np.zeros((2, 4, 2))], np.zeros((2, 4, 2))
            ),
            ArgumentError,
            "`out` must be None where there are several inputs or outputs; got float64, in C "
            "order, writable.",
        ),
    ],
)
def test_what_several_inputs_do_not_take_is_named(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt(two_inputs().stream(2))
