"""elman: train, run and open up recurrent neural networks on the CPU.

Keras's names and Keras's numbers, with NumPy and no framework; gradients by hand.

>>> import elman
>>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(8)])
>>> model.predict([[[1.0, 2.0, 3.0]]], verbose=0).shape
(1, 8)
"""

from typing import TYPE_CHECKING

from elman import (
    activations,
    callbacks,
    constraints,
    errors,
    initializers,
    kernels,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    regularizers,
    saving,
    utils,
)
from elman.activations import relu, sigmoid, softmax
from elman.gradient_tape import GradientTape
from elman.initializers import Initializer
from elman.inspection import check_gradients, gradients
from elman.kernels import get_num_threads, set_num_threads
from elman.layers import Input, Layer
from elman.losses import Loss
from elman.metrics import Metric
from elman.models import Model, Sequential
from elman.optimizers import Optimizer
from elman.regularizers import Regularizer

if TYPE_CHECKING:
    from elman import ops, random

__version__ = "0.1.0"

__all__ = [
    "GradientTape", "Initializer", "Input", "Layer", "Loss", "Metric", "Model", "Optimizer",
    "Regularizer", "Sequential", "activations", "callbacks", "check_gradients", "constraints",
    "errors", "get_num_threads", "gradients", "initializers", "kernels", "layers", "losses",
    "metrics", "models", "ops", "optimizers", "preprocessing", "random", "regularizers", "relu",
    "saving", "set_num_threads", "sigmoid", "softmax", "utils",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in ("ops", "random"):  # imported when first needed
        from importlib import import_module

        return import_module(f"elman.{name}")
    raise AttributeError(f"module 'elman' has no attribute {name!r}")
