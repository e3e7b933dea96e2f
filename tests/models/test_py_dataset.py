import random
import re
import threading
import time

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, UnsupportedError
from elman.models import py_dataset
from elman.utils import PyDataset, Sequence
from tests.layers.checks import F64
from tests.test_keras_parity import GOLDEN

KERAS = np.load(GOLDEN / "data.npz")


class Recorded(PyDataset):
    """Five batches that note when they are asked for, and epochs that do."""

    def __init__(self, count=5, **options):
        super().__init__(**options)
        self.count, self.seen, self.threads = count, [], set()

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        self.seen.append(i)
        self.threads.add(threading.current_thread().name)
        return np.full((2, 1), i, float), np.full((2, 1), i, float)

    def on_epoch_begin(self):
        self.seen.append("begin")

    def on_epoch_end(self):
        self.seen.append("end")


class Endless(Recorded):
    num_batches = None


def make():
    model = Sequential([Input((1,)), layers.Dense(1, kernel_initializer="zeros", **F64)], name="s")
    model.compile("sgd", "mse")
    return model


def seen(batches, **options):
    make().fit(batches, verbose=0, **options)
    return batches.seen


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_are_shuffled_as_keras_shuffles_them(workers):
    random.seed(3)
    batches = Recorded(workers=workers, max_queue_size=2)
    found = [i for i in seen(batches, epochs=2) if isinstance(i, int)]
    if workers == 1:
        assert found == KERAS["order"].tolist()
    assert sorted(found) == sorted(KERAS["order"])  # threads may ask in another order


def test_without_shuffling_batches_come_in_order_between_begin_and_end():
    epoch = ["begin", 0, 1, 2, 3, 4, "end"]
    assert seen(Recorded(), shuffle=False, epochs=2) == epoch * 2
    batches = Recorded()
    make().evaluate(batches, verbose=0)
    make().predict(batches, verbose=0)
    assert batches.seen == epoch * 2


def test_an_epoch_of_fewer_steps_goes_on_where_the_last_one_stopped():
    found = seen(Recorded(), shuffle=False, steps_per_epoch=2, epochs=3)
    assert found == ["begin", 0, 1, "end", "begin", 2, 3, "end", "begin", 4, 0, "end"]
    batches = Recorded()
    make().fit(Recorded(), validation_data=batches, validation_steps=2, epochs=2, verbose=0)
    assert batches.seen == ["begin", 0, 1, "end"] * 2


def test_a_dataset_without_end_goes_on_from_epoch_to_epoch():
    found = seen(Endless(), steps_per_epoch=3, epochs=2)
    assert [i for i in found if isinstance(i, int)] == [0, 1, 2, 3, 4, 5]
    text = (
        "Sequential 's': `x` must have a number of batches; this Endless has no end. "
        "Give `steps_per_epoch`, or `steps`."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().fit(Endless(), verbose=0)


class Slow(Recorded):
    """The later a batch, the sooner it is made."""

    def __getitem__(self, i):
        time.sleep(0.002 * (self.count - i))
        return super().__getitem__(i)


@pytest.mark.parametrize("queue", [1, 3, 50])
def test_threads_hand_batches_over_in_order(queue):
    batches = Slow(8, workers=4, max_queue_size=queue)
    found = [int(x[0, 0]) for x, _ in py_dataset.read(batches, range(8))]
    assert found == list(range(8))
    assert threading.current_thread().name not in batches.threads


def test_threads_and_one_thread_train_alike():
    weights = []
    for workers in (1, 4):
        random.seed(1)
        model = make()
        model.fit(Slow(6, workers=workers), epochs=3, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_array_equal(*weights)


def alive():
    return [t for t in threading.enumerate() if t.name.startswith("elman-batches")]


def test_no_more_batches_wait_than_asked_for_and_threads_end_with_the_pass():
    batches = Recorded(20, workers=2, max_queue_size=3)
    passed = py_dataset.read(batches, range(20))
    next(passed)
    time.sleep(0.05)
    assert len(batches.seen) <= 3
    passed.close()
    assert alive() == []


class Broken(Recorded):
    def __getitem__(self, i):
        if i == 3:
            raise OSError("batch 3 cannot be read")
        return super().__getitem__(i)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_of_one_s_own_reaches_the_caller_and_leaves_no_thread(workers):
    with pytest.raises(OSError, match="batch 3 cannot be read"):
        make().fit(Broken(workers=workers), shuffle=False, verbose=0)
    assert alive() == []


def test_a_constructor_that_forgets_the_base_s_gets_the_defaults():
    class Bare(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 2

        def __getitem__(self, i):
            return np.ones((1, 1)), np.ones((1, 1))

    bare = Bare()
    assert (bare.workers, bare.use_multiprocessing, bare.max_queue_size) == (1, False, 10)
    assert len(list(bare)) == 2
    make().fit(bare, verbose=0)


def test_processes_are_threads_with_a_warning():
    text = "Recorded: `use_multiprocessing` must be False; elman makes batches in threads."
    with pytest.warns(UserWarning, match=re.escape(text)):
        batches = Recorded(use_multiprocessing=True)
    make().fit(batches, verbose=0)


def test_keras_s_own_kind_of_object_is_known_by_what_it_has():
    class Foreign:
        workers, use_multiprocessing, max_queue_size, num_batches = 1, False, 10, 2

        def __getitem__(self, i):
            return np.ones((1, 1)), np.ones((1, 1))

    model = make()
    model.fit(Foreign(), verbose=0)
    assert model.optimizer.iterations == 2


def test_sequence_is_the_older_name():
    assert Sequence is PyDataset


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: PyDataset()[0],
            UnsupportedError,
            "PyDataset: `__getitem__` must be defined by the class; it is not. Define ",
        ),
        (
            lambda: PyDataset().num_batches,
            UnsupportedError,
            "PyDataset: `__len__` must be defined by the class; it is not. Define ",
        ),
        (
            lambda: PyDataset(workers=-1),
            ArgumentError,
            "PyDataset: `workers` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: PyDataset(max_queue_size=0),
            ArgumentError,
            "PyDataset: `max_queue_size` must be a positive integer; got 0.",
        ),
        (
            lambda: PyDataset(use_multiprocessing="no"),
            ArgumentError,
            "PyDataset: `use_multiprocessing` must be True or False; got 'no'.",
        ),
        (
            lambda: make().fit(Recorded(0), verbose=0),
            ArgumentError,
            "Sequential 's': `x` must give at least one batch; it gave none.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
