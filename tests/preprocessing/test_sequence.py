import re

import numpy as np
import pytest

import elman
from elman.errors import ArgumentError, ShapeError
from elman.preprocessing.sequence import TimeseriesGenerator, pad_sequences

DATA = np.arange(40.0).reshape(20, 2)
TARGETS = np.arange(20) + 100


def make(data=DATA, targets=TARGETS, length=4, **options):
    return TimeseriesGenerator(data, targets, length, **options)


def test_keras_s_second_name_of_pad_sequences_is_the_same_function():
    assert pad_sequences is elman.utils.pad_sequences


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"length": 5, "sampling_rate": 2, "batch_size": 3},
        {"stride": 3, "batch_size": 2},
        {"start_index": 3, "end_index": 14, "batch_size": 4, "reverse": True},
        {"length": 3, "sampling_rate": 3, "stride": 2, "end_index": 10},
    ],
)
def test_a_window_holds_the_timesteps_before_its_row(options):
    generator = make(**options)
    length, rate = options.get("length", 4), options.get("sampling_rate", 1)
    rows = list(
        range(
            options.get("start_index", 0) + length,
            options.get("end_index", 19) + 1,
            options.get("stride", 1),
        )
    )
    seen = []
    for x, y in generator:
        for window, target in zip(x, y, strict=True):
            row = int(target) - 100
            wanted = DATA[row - length : row : rate]
            np.testing.assert_array_equal(window, wanted[::-1] if generator.reverse else wanted)
            seen.append(row)
    assert seen == rows
    assert len(generator) == len(list(generator))


def test_a_shuffled_generator_draws_rows_from_all():
    elman.utils.set_random_seed(1)
    generator = make(shuffle=True, batch_size=8)
    x, y = generator[0]
    assert x.shape == (8, 4, 2)
    np.testing.assert_array_equal(x[:, -1], DATA[y - 101])
    assert not np.array_equal(generator[0][1], y)


def test_a_model_trains_on_it():
    model = elman.Sequential([elman.Input((4, 2)), elman.layers.GRU(2), elman.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(make(batch_size=5), epochs=2, verbose=0)
    assert model.optimizer.iterations == 8


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: make(targets=TARGETS[:3]),
            ShapeError,
            "TimeseriesGenerator: `targets` must have as many timesteps as `data`, of shape "
            "(20, 2); got shape (3,).",
        ),
        (
            lambda: make(length=20),
            ArgumentError,
            "TimeseriesGenerator: `start_index + length` and `end_index` must leave a row of the "
            "20 timesteps; got 20 and 19.",
        ),
        (lambda: make(end_index=20), ArgumentError, "got 4 and 20."),
        (lambda: make(length=0), ArgumentError, "`length` must be a positive integer; got 0."),
        (lambda: make(stride=0), ArgumentError, "`stride` must be a positive integer; got 0."),
        (lambda: make(workers=-1), ArgumentError, "`workers` must be an integer of at least 0;"),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_a_batch_beyond_the_end_is_an_index_error():
    with pytest.raises(IndexError):
        make()[1]
