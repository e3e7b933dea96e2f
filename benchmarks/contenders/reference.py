"""elman's own NumPy: it confirms what nobody else computes, and is timed only by its name."""

import elman
from benchmarks.contenders.elman import (
    backward,
    cell_passes,
    forget,
    forward,
    infer,
    predict,
    set_threads,
    stock_passes,
    stream,
    train,
    train_state,
)

__all__ = [
    "backward",
    "cell_passes",
    "forget",
    "forward",
    "infer",
    "predict",
    "set_threads",
    "stock_passes",
    "stream",
    "train",
    "train_state",
]

elman.kernels.use("reference")
