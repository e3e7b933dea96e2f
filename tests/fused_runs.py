"""Runs of what is compiled, on several threads and instruction sets."""

import numpy as np

from elman import kernels
from tests.implementations import COMPILED

DTYPES = ("float32", "float64")


def runs(sets=None):
    """Choose each way to compute in turn: an instruction set, and a number of threads."""
    for name in COMPILED if sets is None else sets:
        for threads in (1, 2, 5):
            kernels.use(name)
            kernels.set_num_threads(threads)
            yield name, threads


def assert_same_bits(found, first):
    for a, b in zip(found, first, strict=True):
        np.testing.assert_array_equal(a, b)
