"""The arguments with which elman's helpers for data and Keras's are compared."""

import itertools

import numpy as np

RAGGED = {
    "numbers": [[1], [2, 3], [4, 5, 6, 7], []],
    "tuples": [(1.5, 2.0), (3.0,), (4.0, 5.0, 6.0)],
    "steps": [np.arange(6.0).reshape(3, 2), np.ones((1, 2)), -np.arange(10.0).reshape(5, 2)],
}


def pad_cases():
    """Return (which sequences, options) of `pad_sequences`."""
    grid = itertools.product(
        ("numbers", "tuples", "steps"), (None, 1, 2, 6), ("pre", "post"), ("pre", "post"), (0.0, -1)
    )
    return [
        (
            kind,
            {
                "maxlen": maxlen,
                "dtype": "int32" if kind == "numbers" else ("float32", "float64")[i % 2],
                "padding": padding,
                "truncating": truncating,
                "value": value,
            },
        )
        for i, (kind, maxlen, padding, truncating, value) in enumerate(grid)
    ]


CATEGORIES = [
    ([0, 2, 1], None),
    ([0, 2, 1], 5),
    ([[0], [3]], None),
    ([[0, 1], [1, 0]], 2),
    ([[[1], [0]], [[2], [2]]], 3),
    (1, 3),
    (np.array([0.0, 1.0], "float32"), None),
    ([True, False], None),
]
NORMS = [  # shape, axis, order; Keras is given a list along axis 0, see `normalize`
    ((4, 5), -1, 2),
    ((4, 5), 1, 1),
    ((4, 5), 0, 2),
    ((3, 4, 5), 1, 2),
    ((3, 4, 5), 2, 3),
    ((3, 4, 5), -2, 1),
    ((6,), -1, 2),
]


def window_cases():
    """Return the options of `timeseries_dataset_from_array`, a choice of all combinations."""
    grid = itertools.product(
        (1, 3, 5), (1, 2, 4), (1, 2), (None, 1, 4, 128), (None, 0, 3), (None, 17, 18), (0, 20, 9)
    )
    names = (
        *("sequence_length", "sequence_stride", "sampling_rate"),
        *("batch_size", "start_index", "end_index", "targets"),
    )
    return [dict(zip(names, case, strict=True)) for case in list(grid)[::19]]


def window_data(options):
    """Return data, targets and the other options of such a case."""
    data = np.arange(40, dtype="float32").reshape(20, 2)
    count = options["targets"]
    # Keras counts targets from 0 and reads them from start_index on: then fewer than 20 fail.
    count = 20 if count and options["start_index"] else count
    targets = np.arange(100, 100 + count, dtype="int32") if count else None
    return data, targets, {name: each for name, each in options.items() if name != "targets"}


SPLITS = [  # samples, kind, options
    (10, "array", {"left_size": 0.8}),
    (10, "array", {"right_size": 0.25}),
    (10, "array", {"left_size": 3}),
    (10, "tuple", {"right_size": 4}),
    (10, "list", {"left_size": 3, "right_size": 4}),
    (10, "tuple", {"left_size": 0.3, "right_size": 0.3}),
    (10, "tuple", {"left_size": 0.5, "right_size": 2}),
    (11, "array", {"left_size": 0.5}),
    (13, "tuple", {"left_size": 0.5, "right_size": 0.5}),
    (10, "tuple", {"left_size": 0.7, "shuffle": True, "seed": 5}),
    (25, "array", {"right_size": 6, "shuffle": True, "seed": 1337}),
]


def split_data(count, kind):
    """Return the data of such a case."""
    x = np.arange(2 * count, dtype="float32").reshape(count, 2)
    y = np.arange(count, dtype="int32") + 100
    return {"array": x, "tuple": (x, y), "list": [x, y]}[kind]
