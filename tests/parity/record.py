"""What was run in both libraries, and how far the results lie apart."""

import warnings
from collections import defaultdict

import numpy as np

LARGE = 1e-4  # of differences in float32 that the page points out


class Record:
    """Cases by name, the largest differences, and what did not work."""

    def __init__(self):
        self.cases = defaultdict(int)
        self.largest = defaultdict(dict)  # name -> what -> difference
        self.lacking = defaultdict(set)  # name -> what elman's sets lack
        self.failures = []  # name, case, what elman said or did

    def check(self, name, case, keras_side, elman_side, checked=()):
        """Run a case in both; each side returns a dictionary of what came out to arrays.

        Args:
            name: of the page, such as "layers.LSTM".
            case: a few words.
            keras_side: runs it in Keras.
            elman_side: runs it in elman.
            checked: more names that the case says something about.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = keras_side()
            except Exception as error:
                raise SystemExit(f"Keras refuses {name}, {case}: {error}") from error
            try:
                found = elman_side()
            except Exception as error:
                self.failures.append((name, case, f"{type(error).__name__}: {error}"))
                return
        for each in (name, *checked):
            self.cases[each] += 1
        for what, values in expected.items():
            if isinstance(values, set):
                self.lacking[name] |= values - found[what]
                continue
            apart = difference(leaves(values), leaves(found[what]))
            if isinstance(apart, str):
                self.failures.append((name, case, f"{what}: {apart}"))
                continue
            for each in (name, *checked):
                self.largest[each][what] = max(apart, self.largest[each].get(what, 0.0))
            if apart > LARGE:
                self.failures.append((name, case, f"{what} {apart:.1e} apart"))


def leaves(value):
    """Return what lists, tuples and dictionaries hold, in a row."""
    if isinstance(value, dict):
        return [leaf for key in sorted(value) for leaf in [key, *leaves(value[key])]]
    if isinstance(value, (list, tuple)):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def difference(expected, found):
    """Return how far numbers are apart, relative to the largest one, or say what is not equal."""
    if len(expected) != len(found):
        return f"{len(found)} for {len(expected)}"
    largest, apart = 0.0, 0.0
    for one, other in zip(expected, found, strict=True):
        if one is None or isinstance(one, str):
            if one != other:
                return f"{other!r:.60} for {one!r:.60}"
            continue
        a, b = np.asarray(one), np.asarray(other)
        if a.shape != b.shape:
            return f"shape {b.shape} for {a.shape}"
        if a.ndim and a.dtype.kind == "f" and b.dtype != a.dtype:
            return f"dtype {b.dtype} for {a.dtype}"
        a, b = a.astype("float64"), b.astype("float64")
        numbers = np.isfinite(a)
        same_places = np.array_equal(numbers, np.isfinite(b))
        if not same_places or not np.array_equal(a[~numbers], b[~numbers], equal_nan=True):
            return "another place of NaN or infinity"
        if np.asarray(one).dtype.kind in "ib" and not np.array_equal(a, b):
            return "other whole numbers"
        largest = max(largest, np.abs(a[numbers]).max(initial=0.0))
        apart = max(apart, np.abs(a - b, where=numbers, out=np.zeros_like(a)).max(initial=0.0))
    return float(apart / (largest or 1.0))
