"""elman: train, run and open up recurrent neural networks on the CPU.

Keras's names and Keras's numbers, with NumPy and no framework; gradients by hand.

>>> import elman
>>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(8)])
>>> model.predict([[[1.0, 2.0, 3.0]]], verbose=0).shape
(1, 8)
"""

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
from elman.inspection import check_gradients, gradients
from elman.kernels import get_num_threads, set_num_threads
from elman.layers import Input, Layer
from elman.models import Model, Sequential

__version__ = "0.1.0"

__all__ = [
    "Input",
    "Layer",
    "Model",
    "Sequential",
    "activations",
    "callbacks",
    "check_gradients",
    "constraints",
    "errors",
    "get_num_threads",
    "gradients",
    "initializers",
    "kernels",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "regularizers",
    "relu",
    "saving",
    "set_num_threads",
    "sigmoid",
    "softmax",
    "utils",
]
