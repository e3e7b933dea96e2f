import re

import numpy as np
import pytest

import elman
from elman import preprocessing
from elman.errors import ArgumentError
from elman.utils import timeseries_dataset_from_array
from tests.golden.data_cases import window_cases, window_data
from tests.test_keras_parity import GOLDEN

KERAS = np.load(GOLDEN / "data.npz")
SERIES = np.arange(20.0)


def make(data=SERIES, targets=None, sequence_length=4, **options):
    return timeseries_dataset_from_array(data, targets, sequence_length, **options)


@pytest.mark.parametrize("case", range(len(window_cases())))
def test_windows_and_targets_are_those_of_keras(case):
    data, targets, options = window_data(window_cases()[case])
    dataset = make(data, targets, **options)
    found = [each if targets is not None else (each,) for each in dataset]
    join = np.stack if options["batch_size"] is None else np.concatenate
    for i, part in enumerate(zip(*found, strict=True)):
        np.testing.assert_array_equal(join(part), KERAS[f"windows/{case}/{i}"])
    assert found[0][0].dtype == np.float32
    assert len(dataset) == len(found)
    if options["batch_size"] is not None:
        sizes = [len(each[0]) for each in found]
        np.testing.assert_array_equal(sizes, KERAS[f"windows/{case}/sizes"])


def test_shuffled_windows_are_the_same_ones_in_a_new_order_at_each_pass():
    def passes(seed):
        dataset = make(targets=SERIES, shuffle=True, seed=seed, batch_size=5)
        return [np.concatenate([y for _, y in dataset]).tolist() for _ in range(2)]

    first, second = passes(1)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(17))
    assert passes(1) == [first, second]
    assert passes(2) != [first, second]


def test_a_shuffled_window_keeps_its_target():
    for x, y in make(targets=SERIES, shuffle=True, batch_size=3):
        np.testing.assert_array_equal(x[:, 0], y)


def test_the_data_are_not_copied_before_a_batch_is_asked_for():
    data = np.zeros(50)
    dataset = make(data, batch_size=2)
    data[:] = 3.0
    assert (dataset[0] == 3.0).all()


def test_batches_are_there_by_index_too():
    dataset = make(batch_size=5)
    assert len(dataset) == 4
    assert dataset[-1].tolist() == [[15, 16, 17, 18], [16, 17, 18, 19]]
    assert make(batch_size=None)[-1].tolist() == [16, 17, 18, 19]
    with pytest.raises(IndexError):
        dataset[4]


def test_a_model_trains_on_windows_as_on_an_array_of_them():
    data = np.sin(np.arange(40.0)).astype("float32")[:, None]
    dataset = make(data[:-4], data[4:, 0], batch_size=8)

    def trained(*given, **options):
        elman.utils.set_random_seed(1)
        model = elman.Sequential([elman.Input((4, 1)), elman.layers.GRU(3), elman.layers.Dense(1)])
        model.compile("adam", "mse")
        return model, model.fit(*given, epochs=2, verbose=0, **options).history["loss"]

    whole = [np.concatenate(part) for part in zip(*dataset, strict=True)]
    model, losses = trained(dataset, validation_data=dataset)
    assert losses == trained(*whole, batch_size=8, shuffle=False)[1]
    predictions = model.predict(make(data[:-4], None, batch_size=8), verbose=0)
    np.testing.assert_array_equal(predictions, model.predict(whole[0], batch_size=8, verbose=0))


def test_fit_draws_a_new_order_of_shuffled_windows_in_each_epoch():
    seen = []

    class Watched(elman.utils.Batches):
        def __getitem__(self, index):
            batch = super().__getitem__(index)
            seen.append(batch[1].tolist())
            return batch

    dataset = make(targets=SERIES, shuffle=True, seed=1)
    model = elman.Sequential([elman.Input((4,)), elman.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(Watched(dataset.samples, 17), epochs=2, verbose=0)
    assert seen[0] != seen[1]
    assert sorted(seen[0]) == sorted(seen[1])


def test_both_of_keras_s_places_have_it_and_both_formats_are_the_same():
    assert preprocessing.timeseries_dataset_from_array is timeseries_dataset_from_array
    np.testing.assert_array_equal(make(format="grain")[0], make(format="tf")[0])


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: make(sequence_length=0),
            "timeseries_dataset_from_array: `sequence_length` must be a positive integer; got 0.",
        ),
        (
            lambda: make(sequence_length=8, sampling_rate=3),
            "`sequence_length` must leave at least one window; got 8 at a sampling_rate of 3, "
            "which spans 22 of 20 timesteps.",
        ),
        (
            lambda: make(sampling_rate=20),
            "`sampling_rate` must be below the 20 timesteps of `data`; got 20.",
        ),
        (lambda: make(sequence_stride=0), "`sequence_stride` must be a positive integer; got 0."),
        (lambda: make(start_index=-1), "`start_index` must be an integer of at least 0; got -1."),
        (
            lambda: make(start_index=20),
            "`start_index` and `end_index` must leave some of the 20 timesteps; got 20 and 20.",
        ),
        (lambda: make(start_index=5, end_index=5), "got 5 and 5."),
        (lambda: make(end_index=21), "got 0 and 21."),
        (lambda: make(end_index=0), "`end_index` must be a positive integer; got 0."),
        (lambda: make(batch_size=0), "batch: `batch_size` must be a positive integer; got 0."),
        (lambda: make(format="np"), "`format` must be one of 'tf', 'grain'; got 'np'."),
        (lambda: make(shuffle=1), "`shuffle` must be True or False; got 1."),
        (lambda: make(3.0), "`data` must have an axis of timesteps; got 3.0."),
        (
            lambda: make(targets=SERIES[:3], start_index=4),
            "`targets` must hold a target for a window; got none.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
