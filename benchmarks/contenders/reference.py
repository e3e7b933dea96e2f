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

__all__ = ["backward", "forget", "forward", "infer", "predict", "set_threads", "stream", "train"]

elman.kernels.use("reference")
