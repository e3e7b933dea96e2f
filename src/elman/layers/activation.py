"""Activation: an activation function as a layer."""

from typing import Any

from elman import activations, fused
from elman._typing import Array
from elman.layers.base import Arrays, Layer, Masks, Mode


class Activation(Layer):
    """Apply an activation function.

    Args:
        activation: a name or function of `elman.activations`.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.Activation("relu")([[-1.0, 2.0]])
    array([[0., 2.]])
    """

    keeps_dtype = True

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activations.get(activation, type(self).__name__, "activation")

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return f(x)."""
        (x,) = inputs
        y = fused.activate(self.activation, x)
        return (y,), (x, y)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Apply the chain rule of f."""
        (x, y), (dy,) = tape, doutputs
        return (fused.derive(self.activation, dy, x, y),), []
