import random
import re

import numpy as np
import pytest

import elman
from elman.errors import ArgumentError, ShapeError
from elman.utils import split_dataset, timeseries_dataset_from_array
from tests.golden.data_cases import SPLITS, split_data
from tests.test_keras_parity import GOLDEN

KERAS = np.load(GOLDEN / "data.npz")
X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


@pytest.mark.parametrize("case", range(len(SPLITS)))
def test_both_parts_are_those_of_keras_shuffled_ones_too(case):
    count, kind, options = SPLITS[case]
    halves = split_dataset(split_data(count, kind), **options)
    for side, half in zip(("left", "right"), halves, strict=True):
        samples = [each if isinstance(each, tuple) else (each,) for each in half]
        for i, part in enumerate(zip(*samples, strict=True)):
            np.testing.assert_array_equal(np.stack(part), KERAS[f"splits/{case}/{side}/{i}"])
        assert len(half) == len(samples)


def test_shuffling_leaves_python_s_own_generator_alone():
    random.seed(1)
    before = random.getstate()
    split_dataset(X, 0.5, shuffle=True, seed=3)
    split_dataset(X, 0.5, shuffle=True)
    assert random.getstate() == before


def test_without_a_seed_the_process_s_seed_decides():
    def drawn():
        return [int(y) for y in split_dataset(Y, 0.5, shuffle=True)[0]]

    elman.utils.set_random_seed(1)
    first, second = drawn(), drawn()
    elman.utils.set_random_seed(1)
    assert [drawn(), drawn()] == [first, second]
    assert first != second


def test_dictionaries_keep_their_keys():
    left, right = split_dataset({"b": X, "a": Y}, right_size=1)
    assert {key: value.tolist() for key, value in right[0].items()} == {"b": [18, 19], "a": 9}
    assert left[-1]["a"] == 8


def test_parts_are_trained_on_in_batches():
    model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    model.compile("sgd", "mse")
    left, right = split_dataset((X, Y.astype(float)), left_size=0.7)
    weights = model.get_weights()
    found = model.fit(left.batch(3), validation_data=right.batch(3), verbose=0).history
    model.set_weights(weights)
    model.compile("sgd", "mse")
    data = (X[7:], Y[7:].astype(float))
    wanted = model.fit(
        X[:7], Y[:7].astype(float), batch_size=3, validation_data=data, shuffle=False, verbose=0
    )
    assert found == wanted.history
    assert [len(x) for x, _ in left.batch(3, drop_remainder=True)] == [3, 3]


def test_windows_are_split_window_by_window():
    dataset = timeseries_dataset_from_array(np.arange(20.0), None, 4, batch_size=4)
    left, right = split_dataset(dataset, left_size=10)
    assert (left.batch_size, len(left), len(left.unbatch()), len(right.unbatch())) == (4, 3, 10, 7)
    assert right[0][0].tolist() == [10, 11, 12, 13]
    assert len(split_dataset(left.unbatch(), 0.5)[0]) == 5


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: split_dataset(X),
            ArgumentError,
            "split_dataset: `left_size` or `right_size` must be given; got neither.",
        ),
        (
            lambda: split_dataset(X, 10),
            ArgumentError,
            "split_dataset: `left_size` must be an integer above 0 and below 10, or a share above "
            "0 and below 1; got 10.",
        ),
        (lambda: split_dataset(X, 1.0), ArgumentError, "`left_size` must be an integer above"),
        (lambda: split_dataset(X, right_size="a"), ArgumentError, "got 'a'."),
        (lambda: split_dataset(X, True), ArgumentError, "got True."),
        (
            lambda: split_dataset(X, 0.7, 0.5),
            ArgumentError,
            "split_dataset: `left_size` and `right_size` must be no more than all 10 samples "
            "together; got 0.7 and 0.5, which are 7 and 5 samples.",
        ),
        (
            lambda: split_dataset(X, 0.01),
            ArgumentError,
            "split_dataset: `left_size` must be at least one sample; got 0.01 and None of 10 "
            "samples, which leave none.",
        ),
        (
            lambda: split_dataset((X, Y[:4]), 0.5),
            ShapeError,
            "split_dataset: `dataset` must have as many samples in every array, and at least one; "
            "got 4 and 10.",
        ),
        (lambda: split_dataset([], 0.5), ShapeError, "got no array."),
        (
            lambda: split_dataset(iter(X), 0.5),
            ArgumentError,
            "split_dataset: `dataset` must be an array, or a tuple, list or dictionary of arrays; "
            "got ",
        ),
        (lambda: split_dataset(X, 0.5, shuffle=1), ArgumentError, "`shuffle` must be True or"),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
