"""A contender of the benchmarks that computes something else, and quickly."""

import numpy as np

from benchmarks.contenders import Run


def set_threads(threads):
    pass


def infer(problem):
    return Run(lambda: None, {"outputs": np.full((problem.shape.batch, 1), 7.0)})
