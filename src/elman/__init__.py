"""elman: train, run and open up recurrent neural networks on the CPU.

Keras's names and Keras's numbers, with NumPy and no framework; gradients by hand.

>>> import elman
>>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(8)])
>>> model.predict([[[1.0, 2.0, 3.0]]], verbose=0).shape
(1, 8)
"""

from typing import TYPE_CHECKING

from elman import (
    _check,
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
    regularizers,
)
from elman._later import Later
from elman.activations import relu, sigmoid, softmax
from elman.gradient_tape import GradientTape
from elman.initializers import Initializer
from elman.kernels import get_num_threads, set_num_threads
from elman.layers import Input, InputSpec, Layer
from elman.losses import Loss
from elman.metrics import Metric
from elman.models import Model, Sequential
from elman.optimizers import Optimizer
from elman.regularizers import Regularizer

if TYPE_CHECKING:
    from elman import (
        backend,
        config,
        formats,
        generation,
        inspection,
        ops,
        preprocessing,
        random,
        saving,
        utils,
    )
    from elman.config import DTypePolicy
    from elman.formats.keras_objects import from_keras, to_keras
    from elman.formats.onnx import load_onnx
    from elman.formats.rtneural import load_rtneural
    from elman.formats.torch import (
        from_torch,
        load_state_dict,
        load_torch,
        load_weights,
        save_state_dict,
        state_dict,
    )
    from elman.generation.closed_loop import generate
    from elman.inspection.check import check_gradients
    from elman.inspection.diagnose import diagnose
    from elman.inspection.gradient_flow import gradient_flow
    from elman.inspection.gradients import gradients
    from elman.inspection.trace import trace

__version__ = "0.1.0"

__all__ = [
    "DTypePolicy", "GradientTape", "Initializer", "Input", "InputSpec", "Layer", "Loss", "Metric",
    "Model", "Optimizer", "Regularizer", "Sequential", "activations", "backend", "callbacks",
    "check_gradients", "config", "constraints", "diagnose", "errors", "formats",
    "from_keras", "from_torch",
    "generate", "generation", "get_num_threads", "gradient_flow", "gradients", "initializers",
    "inspection", "kernels", "layers", "load_onnx", "load_rtneural", "load_state_dict",
    "load_torch", "load_weights", "losses", "metrics",
    "models", "ops", "optimizers", "preprocessing", "random", "regularizers", "relu",
    "save_state_dict", "saving",
    "set_num_threads", "sigmoid", "softmax", "state_dict", "to_keras", "trace", "utils",
]  # fmt: skip


# Imported when they are first asked for.
_PACKAGES = (
    *("backend", "config", "formats", "generation", "inspection", "ops", "preprocessing"),
    *("random", "saving", "utils"),
)
_LATER = Later[object](
    __name__,
    {
        "config": "DTypePolicy",
        "formats.onnx": "load_onnx",
        "formats.rtneural": "load_rtneural",
        "formats.torch": "from_torch load_state_dict load_torch load_weights save_state_dict "
        "state_dict",
        "formats.keras_objects": "from_keras to_keras",
        "generation": "generate",
        "inspection": "check_gradients diagnose gradient_flow gradients trace",
    },
)
_INSTEAD = {  # part of a name that one may look for and elman has not: what to do
    "Variable": "Make weights of a layer with its `add_weight`; anything else is an array.",
    "applications": "elman has no pretrained models.",
    "datasets": "elman downloads nothing.",
    "mixed_precision": "elman computes in float32 and float64; see `elman.config.set_floatx`.",
    "to_torch": "A module's `forward` is for you to write; give it `elman.state_dict(model)`.",
    "version": "It is `elman.__version__`.",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _PACKAGES:
        return import_module(f"elman.{name}")
    if name in _LATER:
        return _LATER[name]
    raise _check.absent("elman", name, __all__, _INSTEAD)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
