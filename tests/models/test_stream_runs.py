"""Streams: what they need of memory and threads, and what runs them."""

import copy
import pickle
import re
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from elman import Input, Sequential, kernels, layers
from elman.errors import BusyError, UnsupportedError
from tests.implementations import COMPILED
from tests.models.stream_models import lstm, normal, steps
from tests.tolerances import FLOAT32

pytestmark = pytest.mark.usefixtures("kernels_restored")


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
    while thread.is_alive() and len(told) < 30:  # or the two keep each other waiting
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
