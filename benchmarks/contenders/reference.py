"""elman's own NumPy: it confirms what nobody else computes, and is timed only by its name."""

import numpy as np

import elman
from benchmarks.contenders import Run
from benchmarks.contenders.elman import (
    backward,
    forget,
    forward,
    infer,
    predict,
    set_threads,
    train,
)
from benchmarks.problem import Problem, data, weights

__all__ = ["backward", "forget", "forward", "infer", "predict", "set_threads", "stream", "train"]

elman.kernels.use("reference")


def stream(problem: Problem) -> Run:
    """All steps at once: a witness of the outputs, not a rival."""
    layer = getattr(elman.layers, problem.layer)(problem.shape.units, return_sequences=True)
    model = elman.Sequential([elman.Input((None, problem.shape.features)), layer])
    model.set_weights(weights(problem)[:3])
    outputs = model.predict_on_batch(data(problem)[0])
    return Run(lambda: None, {"outputs": np.asarray(outputs)[0]})
