"""elman's own NumPy: it confirms what nobody else computes, and is timed only by its name."""

import elman
from benchmarks.contenders.elman import (
    backward,
    forget,
    forward,
    infer,
    predict,
    set_threads,
    stream,
    train,
)
from benchmarks.contenders.elman_cells import cell_passes, stock_passes
from benchmarks.contenders.elman_states import train_state
from benchmarks.contenders.elman_traces import trace, trace_everything, trace_gradients

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
    "trace",
    "trace_everything",
    "trace_gradients",
    "train",
    "train_state",
]

elman.kernels.use("reference")
