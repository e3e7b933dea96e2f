"""Data that are chained as `tf.data`'s are."""

import itertools
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, utils
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.utils import Dataset, split_dataset, timeseries_dataset_from_array


def numbers(count=7):
    """Return a Dataset of the numbers below `count`."""
    return Dataset(lambda: iter(np.arange(count)), count)


def given(*elements):
    """Return a Dataset of these elements."""
    return Dataset(lambda: iter(elements))


def read(data):
    """Return the elements of a pass as lists and numbers."""
    return [np.asarray(each).tolist() for each in data]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d, [0, 1, 2, 3, 4, 5, 6]),
        (lambda d: d.map(lambda x: 2 * x), [0, 2, 4, 6, 8, 10, 12]),
        (lambda d: d.filter(lambda x: x % 2 == 1), [1, 3, 5]),
        (lambda d: d.take(2), [0, 1]),
        (lambda d: d.take(-1), [0, 1, 2, 3, 4, 5, 6]),
        (lambda d: d.take(9).take(0), []),
        (lambda d: d.skip(5), [5, 6]),
        (lambda d: d.skip(9), []),
        (lambda d: d.skip(-1), []),
        (lambda d: d.take(2).repeat(3), [0, 1, 0, 1, 0, 1]),
        (lambda d: d.repeat(0), []),
        (lambda d: d.repeat().take(9), [0, 1, 2, 3, 4, 5, 6, 0, 1]),
        (lambda d: d.batch(3), [[0, 1, 2], [3, 4, 5], [6]]),
        (lambda d: d.batch(3, drop_remainder=True), [[0, 1, 2], [3, 4, 5]]),
        (lambda d: d.batch(3).unbatch().skip(4), [4, 5, 6]),
        (lambda d: d.cache().prefetch(-1).take(1), [0]),
        (lambda d: d.batch(2).batch(2).take(1), [[[0, 1], [2, 3]]]),
    ],
)
def test_a_chain_gives_what_its_steps_say_at_every_pass(change, expected):
    data = change(numbers())
    assert read(data) == read(data) == read(data.as_numpy_iterator()) == expected
    assert data.cardinality() in (len(expected), -2)


def test_a_length_is_known_as_long_as_nothing_is_chosen():
    d = numbers()
    chains = (d, d.take(3), d.skip(3), d.map(abs), d.batch(2), d.batch(2, True), d.repeat(2),
              d.shuffle(3), d.cache(), d.prefetch(1))  # fmt: skip
    assert [len(each) for each in chains] == [7, 3, 4, 7, 4, 3, 14, 7, 7, 7]
    assert d.filter(bool)
    for unknown in (d.filter(bool), d.repeat(), d.batch(2).unbatch()):
        assert unknown.cardinality() == -2
        with pytest.raises(TypeError, match="the number of elements is not known"):
            len(unknown)


def test_a_function_takes_the_parts_of_a_tuple_and_a_dictionary_whole():
    windows = timeseries_dataset_from_array(np.arange(6.0), np.arange(6.0), 2, batch_size=2)
    pairs = [(x.sum(), y.sum()) for x, y in windows.map(lambda x, y: (10 * x, y))]
    assert pairs == [(40.0, 1.0), (120.0, 5.0), (90.0, 4.0)]
    rows = Dataset(lambda: iter([{"a": 1}, {"a": 2}]))
    assert list(rows.map(lambda row: row["a"])) == [1, 2]
    assert [batch["a"].tolist() for batch in rows.batch(2)] == [[1, 2]]


def test_windows_chain_to_the_same_samples():
    windows = timeseries_dataset_from_array(np.arange(9.0), np.arange(9.0), 3, batch_size=3)
    first = windows.take(1)
    assert [(x.shape, y.tolist()) for x, y in first] == [((3, 3), [0.0, 1.0, 2.0])]
    again = list(windows.unbatch().batch(3))
    assert all(np.array_equal(x, a) for (x, _), (a, _) in zip(windows, again, strict=True))
    assert [x.shape for x, _ in windows.unbatch().shuffle(4, seed=1).batch(4)] == [(4, 3), (3, 3)]
    left, _ = split_dataset((np.arange(8.0), np.arange(8)), 0.5)
    assert [x.tolist() for x, _ in left.batch(2).map(lambda x, y: (-x, y))] == [[0, -1], [-2, -3]]


def test_what_is_shuffled_is_all_there_in_an_order_of_each_pass():
    data = numbers(50).shuffle(50, seed=1)
    first, second = read(data), read(data)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(50))
    assert read(numbers(50).shuffle(50, seed=1)) == first
    kept = numbers(50).shuffle(50, reshuffle_each_iteration=False)
    assert read(kept) == read(kept) != list(range(50))


def test_a_small_buffer_moves_an_element_no_further_ahead_than_its_size():
    for _ in range(20):
        order = read(numbers(30).shuffle(4))
        assert all(x < place + 4 for place, x in enumerate(order))
    assert read(numbers().shuffle(1)) == list(range(7))


def test_every_element_comes_first_about_as_often_in_a_whole_buffer():
    data, counts = numbers(4).shuffle(4, seed=0), np.zeros(4)
    for _ in range(2000):
        counts[next(iter(data))] += 1
    assert counts.min() > 420


def test_what_is_cached_is_read_once():
    passes = itertools.count()

    def elements():
        next(passes)
        return iter(range(3))

    data = Dataset(elements).cache()
    list(data.take(1))  # not to its end, so that nothing is kept
    assert read(data) == read(data) == read(data) == [0, 1, 2]
    assert next(passes) == 2


def model():
    made = Sequential([Input((3, 1)), layers.SimpleRNN(2, seed=0), layers.Dense(1)])
    made.set_weights([np.full(w.shape, 0.3) for w in made.weights])
    made.compile("sgd", "mse")
    return made


def windows():
    x = np.arange(12.0)[:, None] / 12
    return timeseries_dataset_from_array(x, x[:, 0], 3, batch_size=4)


def test_a_model_trains_on_a_chain_as_on_what_it_gives():
    plain, chained = model(), model()
    expected = plain.fit(windows(), epochs=3, verbose=0).history["loss"]
    chain = windows().unbatch().cache().batch(4).prefetch(1)
    history = chained.fit(chain, epochs=3, verbose=0, validation_data=windows().take(1))
    assert history.history["loss"] == expected
    assert len(history.history["val_loss"]) == 3
    assert plain.predict(windows().map(lambda x, y: x), verbose=0).shape == (10, 1)
    assert plain.evaluate(windows().take(1), verbose=0) > 0


def test_a_chain_without_an_end_goes_on_where_an_epoch_stopped():
    seen = []

    def noted(x, y):
        seen.append(float(y[0]))
        return x, y

    endless = windows().map(noted).repeat()
    model().fit(endless, epochs=2, steps_per_epoch=2, verbose=0)
    assert np.allclose(seen[:4], np.array([0, 4, 8, 0]) / 12)


def test_a_pass_that_ends_begins_anew():
    short = windows().map(lambda x, y: (x, y))
    history = model().fit(short, epochs=3, steps_per_epoch=3, verbose=0)
    assert len(history.history["loss"]) == 3


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: Dataset([1, 2]), ArgumentError,
         "Dataset: `elements` must be a function that returns an iterator; got [1, 2]."),
        (lambda: numbers().map(3), ArgumentError,
         "map: `map_func` must be a function of an element; got 3."),
        (lambda: numbers().filter(None), ArgumentError,
         "filter: `predicate` must be a function of an element; got None."),
        (lambda: numbers().take(-2), ArgumentError,
         "take: `count` must be an integer of at least -1; got -2."),
        (lambda: numbers().skip(1.5), ArgumentError, "skip: `count` must be an integer of at"),
        (lambda: numbers().repeat("x"), ArgumentError, "repeat: `count` must be an integer of at"),
        (lambda: numbers().shuffle(0), ArgumentError,
         "shuffle: `buffer_size` must be a positive integer; got 0."),
        (lambda: numbers().shuffle(2, seed=-1), ArgumentError, "shuffle: `seed` must be"),
        (lambda: numbers().shuffle(2, reshuffle_each_iteration=2), ArgumentError,
         "shuffle: `reshuffle_each_iteration` must be True or False; got 2."),
        (lambda: numbers().batch(0), ArgumentError,
         "batch: `batch_size` must be a positive integer; got 0."),
        (lambda: numbers().cache("x"), UnsupportedError,
         "cache: `filename` must be left out, because elements are kept in memory; got 'x'."),
        (lambda: read(Dataset(lambda: iter([np.ones(2), np.ones(3)])).batch(2)), ShapeError,
         "batch: the elements must have one shape; got (2,) and (3,). Pad them with "
         "`utils.pad_sequences`, or take batches of one element."),
        (lambda: read(given({"a": 1, "b": 2}, {"a": 1, "c": 2}).batch(2)), ShapeError,
         "batch: the elements must be nested alike; got {'a': (), 'b': ()} and "
         "{'a': (), 'c': ()}."),
        (lambda: read(given((np.ones(4), np.ones(6))).unbatch()), ShapeError,
         "unbatch: the elements must be arrays of as many samples; got the shapes ((4,), (6,))."),
        (lambda: read(given((np.ones(4), None)).unbatch()), ShapeError,
         "unbatch: the elements must be arrays of as many samples; got the shapes ((4,), ())."),
        (lambda: split_dataset(numbers().map(abs), 0.5), ArgumentError,
         "split_dataset: `dataset` must be an array, or a tuple, list or dictionary of arrays; got "
         "Dataset. Split before `map` and its like."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_dataset_is_at_the_top_of_utils():
    assert issubclass(utils.Batches, Dataset)
    assert issubclass(utils.Samples, elman.utils.Dataset)
