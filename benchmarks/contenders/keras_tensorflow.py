"""Keras on TensorFlow."""
# ruff: noqa: E402

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # its C++ logs whatever is set; errors are raised

import tensorflow

from benchmarks.contenders._keras import forget, infer, predict, train

__all__ = ["forget", "infer", "predict", "set_threads", "train"]


def set_threads(threads: int) -> None:
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
