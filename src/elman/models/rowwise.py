"""Layers without a state that treat each timestep alone, as a stream runs them.

The compiled kernels have some of them by name; the others run as the layer itself, on a sequence of
one timestep.
"""

from collections.abc import Callable

import numpy as np

from elman._typing import Array
from elman.layers import (
    ELU,
    Layer,
    LeakyReLU,
    Normalization,
    PReLU,
    ReLU,
    Rescaling,
    Softmax,
    UnitNormalization,
)
from elman.layers.parts.passes import INFERENCE

ROWWISE = (ELU, LeakyReLU, Normalization, PReLU, ReLU, Rescaling, Softmax, UnitNormalization)
# The arguments with which a layer is an activation of `elman.activations`.
NAMED: dict[str, tuple[type[Layer], dict[str, object]]] = {
    "elu": (ELU, {"alpha": 1.0}),
    "leaky_relu": (LeakyReLU, {"negative_slope": 0.2}),
    "relu": (ReLU, {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}),
    "relu6": (ReLU, {"max_value": 6.0, "negative_slope": 0.0, "threshold": 0.0}),
    "softmax": (Softmax, {"axis": -1}),
}


def obstacle(layer: Layer) -> str:
    """Return why timesteps cannot be taken alone, or nothing."""
    last = len(layer.input_shapes[0]) - 1
    if isinstance(layer, (Softmax, UnitNormalization, Normalization)):
        alone = all(axis % (last + 1) == last for axis in np.atleast_1d(layer.axis))
    elif isinstance(layer, PReLU):
        alone = all(n == 1 for n in layer.alpha.shape[:-1])
    elif isinstance(layer, Rescaling):
        shapes = np.shape(layer.scale), np.shape(layer.offset)
        alone = all(n == 1 for shape in shapes for n in shape[:-1])
    else:
        alone = True
    return "" if alone else "does not treat all timesteps alike"


def name_of(layer: Layer) -> str | None:
    """Return the activation that a layer is, or None."""
    for name, (cls, arguments) in NAMED.items():
        if type(layer) is cls and all(getattr(layer, a) == v for a, v in arguments.items()):
            return name
    return None


def compute_of(layer: Layer) -> Callable[[Array], Array]:
    """Return what computes a timestep (batch, features) as the layer would now."""
    copy = type(layer).from_config(layer.get_config())
    copy.build(layer.input_shapes[0])
    copy.set_weights(layer.get_weights())

    def compute(x: Array) -> Array:
        (y,), _, _ = copy.run((x[:, None],), (None,), INFERENCE)
        return y[:, 0]

    return compute
