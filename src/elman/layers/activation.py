"""Activation: an activation function as a layer."""

from typing import Any

from elman import fused
from elman._typing import Array, Function
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.parts.passes import Arrays, Masks, Mode


class Activation(Layer):
    """Apply an activation function.

    Args:
        activation: a name, or a function of `elman.activations` or your own.
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.Activation("relu")([[-1.0, 2.0]])
    array([[0., 2.]])
    """

    checks = {"activation": settings.activation}
    takes_one = True
    keeps_dtype = True

    def __init__(self, activation: Any, **options: Any) -> None:
        super().__init__(**options)
        self.activation: Function = activation

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return f(x)."""
        (x,) = inputs
        y = fused.activate(self.activation, x)
        return (y,), (x, y)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Apply the chain rule of f."""
        (x, y), (dy,) = tape, doutputs
        return (fused.derive(self.activation, dy, x, y),), []
