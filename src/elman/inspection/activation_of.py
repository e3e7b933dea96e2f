"""Which activation makes the outputs of a layer, and which layer inside of it?"""

from typing import Any

from elman import activations
from elman.layers import Softmax, TimeDistributed


def activation_of(layer: Any) -> str:
    """Return its name, looked for inside wrappers and models; nothing where it is not known."""
    layer = innermost(layer)
    if isinstance(layer, Softmax):
        return "softmax"
    found = getattr(layer, "activation", None)
    return activations.name_of(found) if activations.is_known(found) else ""


def innermost(layer: Any) -> Any:
    """Return the layer that makes the outputs of a wrapper, or the first ones of a model."""
    while True:
        if isinstance(layer, TimeDistributed):
            layer = layer.layer
        elif getattr(layer, "drawn", False):
            layer = layer.outputs[0].node.layer
        else:
            return layer
