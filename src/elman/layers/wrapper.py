"""Wrapper: a layer around another layer."""

from collections.abc import Sequence
from typing import Any

from elman import _check
from elman._typing import Shape
from elman.errors import ArgumentError
from elman.layers.base import Layer


def _a_layer(owner: str, name: str, value: Any) -> Layer:
    if not isinstance(value, Layer):
        raise ArgumentError(
            f"{owner}: `{name}` must be a layer such as Dense(4); got {_check.shown(value)}."
        )
    return value


class Wrapper(Layer):
    """Base class of layers around another layer, whose weights are theirs.

    Args:
        layer: the layer inside.
        options: `name`, `dtype`, `trainable`.

    A subclass computes with `self.layer`, by its `run` and `reverse`.

    >>> import elman
    >>> class Twice(Wrapper):
    ...     def call(self, x):
    ...         return self.layer(self.layer(x))
    >>> twice = Twice(elman.layers.Dense(1, kernel_initializer=elman.initializers.Constant(3)))
    >>> twice([[1.0]]), twice.count_params()
    (array([[9.]], dtype=float32), 2)
    """

    checks = {"layer": _a_layer}
    fixed = ("layer",)

    def __init__(self, layer: Layer, **options: Any) -> None:
        self.layer = layer
        super().__init__(**{"dtype": layer.dtype, **options})
        if not self.trainable:
            layer.trainable = False

    @property
    def sublayers(self) -> Sequence[Layer]:
        """The layer inside."""
        return (self.layer,)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the weights of the layer inside, for the same inputs."""
        self.layer.build(shapes[0] if len(shapes) == 1 else list(shapes))
