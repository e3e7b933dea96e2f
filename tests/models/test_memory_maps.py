"""Arrays larger than memory, in files: what is read of them is a batch, or a chunk of one."""

import tracemalloc

import numpy as np
import pytest

from elman import Input, Sequential, layers

SAMPLES, TIMESTEPS, FEATURES = 5000, 2500, 4  # 200 MB
LIMIT = 12e6  # bytes that may be taken; a batch of 100 samples is 4 MB
CHUNK = 50000  # timesteps, of 1.6 MB
MANY = 20 * CHUNK  # of which two sequences are 32 MB


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Sparse files, which take no room on the disk; in every tenth row is something."""
    folder, found = tmp_path_factory.mktemp("maps"), []
    for i, features in enumerate((FEATURES, 1)):
        shape = (SAMPLES, TIMESTEPS, features)
        written = np.lib.format.open_memmap(folder / f"{i}.npy", "w+", np.float32, shape)
        written[::1000, 0] = 1.0
        written.flush()
        del written
        found.append(folder / f"{i}.npy")
    return found


def maps(files, shape=(SAMPLES, TIMESTEPS)):
    pairs = zip(files, (FEATURES, 1), strict=True)
    return [np.load(file, mmap_mode="r").reshape(*shape, n) for file, n in pairs]


def make(sequences=False, **options):
    model = Sequential(
        [
            Input((None, FEATURES)),
            layers.GRU(2, return_sequences=sequences, **options),
            layers.Dense(1),
        ]
    )
    model.compile("sgd", "mse")
    return model


def taken(run):
    """Return how much memory is taken at most meanwhile."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


RUNS = {
    "predict": lambda model, x, y: model.predict(x, batch_size=100, verbose=0),
    "evaluate": lambda model, x, y: model.evaluate(x, y, batch_size=100, steps=4, verbose=0),
    "fit": lambda model, x, y: model.fit(x, y, batch_size=100, steps_per_epoch=4, verbose=0),
    "fit in order": lambda model, x, y: model.fit(
        x, y, batch_size=100, steps_per_epoch=4, shuffle=False, verbose=0
    ),
    "fit with a share held out": lambda model, x, y: model.fit(
        x, y, batch_size=100, steps_per_epoch=4, validation_split=0.02, verbose=0
    ),
    "fit with lengths": lambda model, x, y: model.fit(
        x, y, batch_size=100, steps_per_epoch=4, lengths=np.full(SAMPLES, 2400), verbose=0
    ),
    "fit with a list": lambda model, x, y: model.fit(
        list(x), y, batch_size=100, steps_per_epoch=4, verbose=0
    ),
    "fit without NaN": lambda model, x, y: model.fit(
        x, y, batch_size=100, steps_per_epoch=4, nan="error", verbose=0
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_batch_alone_is_read(files, name):
    model, (x, y) = make(), maps(files)
    assert x.nbytes == 200e6
    assert taken(lambda: RUNS[name](model, x, np.ascontiguousarray(y[:, 0]))) < LIMIT


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_chunk_alone_is_read_of_sequences_that_are_cut_up(files, shuffle):
    x, y = maps(files, (2, SAMPLES * TIMESTEPS // 2))
    model, x, y = make(True), x[:, :MANY], y[:, :MANY]
    assert taken(lambda: model.fit(x, y, bptt_steps=CHUNK, shuffle=shuffle, verbose=0)) < LIMIT
    assert model.optimizer.iterations == 20


def test_a_chunk_alone_is_read_of_sequences_with_one_output(files):
    x, _ = maps(files, (2, SAMPLES * TIMESTEPS // 2))
    model = make()
    x, lengths = x[:, :MANY], np.array([MANY, MANY - 1000])
    run = lambda: model.fit(  # noqa: E731
        x, np.ones((2, 1)), lengths=lengths, bptt_steps=CHUNK, verbose=0
    )
    assert taken(run) < LIMIT
    assert model.optimizer.iterations == 1


def test_a_stream_may_be_given_chunk_by_chunk_to_layers_that_carry_their_states(files):
    x, y = maps(files, (1, SAMPLES * TIMESTEPS))
    ends = range(0, MANY, CHUNK)
    streamed, cut = make(True, stateful=True), make(True)
    cut.set_weights(streamed.get_weights())
    chunks = ((x[:, i : i + CHUNK], y[:, i : i + CHUNK]) for i in ends)
    assert taken(lambda: streamed.fit(chunks, verbose=0)) < LIMIT
    cut.fit(x[:, :MANY], y[:, :MANY], bptt_steps=CHUNK, verbose=0)
    for a, b in zip(streamed.get_weights(), cut.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
