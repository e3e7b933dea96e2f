"""Keras on JAX."""

import os

os.environ["KERAS_BACKEND"] = "jax"

from benchmarks.contenders._keras import forget, infer, predict, train
from benchmarks.contenders.jax import set_threads

__all__ = ["forget", "infer", "predict", "set_threads", "train"]
