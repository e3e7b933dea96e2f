"""What goes into a stream and comes out, and the state that it carries."""

import pickle
import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, kernels, layers
from elman.errors import ArgumentError
from tests.layers.checks import F64, scramble
from tests.models.stream_models import classifier, lstm, normal, steps
from tests.tolerances import FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")


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
