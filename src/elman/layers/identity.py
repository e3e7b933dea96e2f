"""Layers that hand on what they are given: Identity, ActivityRegularization."""

from functools import partial
from typing import Any

from elman import _check
from elman._typing import Array, Shape
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.regularizers import L1L2


class Identity(Layer):
    """Return the inputs as they are; several inputs come out as a list.

    Args:
        options: `name`, `dtype`, `trainable`.

    >>> from elman import layers
    >>> layers.Identity()([[1.0, 2.0]])
    array([[1., 2.]])
    """

    keeps_dtype = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shapes of the inputs."""
        return shapes

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return the inputs."""
        return inputs, None

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return the gradients of the outputs."""
        return tuple(doutputs), []

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Pass every mask on."""
        return masks


class ActivityRegularization(Identity):
    """Return the inputs as they are, and add a penalty on them to the loss in training.

    Args:
        l1: factor of the sum of |x|.
        l2: factor of the sum of x^2; both are sums over all numbers, divided by the batch.
        options: `name`, `dtype`, `trainable`.

    >>> import elman
    >>> x = elman.Input((2,))
    >>> model = elman.Model(x, elman.layers.ActivityRegularization(l1=0.5)(x))
    >>> model.predict([[1.0, -2.0]], verbose=0).tolist()
    [[1.0, -2.0]]
    """

    checks = {
        "l1": partial(_check.number, low=0),
        "l2": partial(_check.number, low=0),
    }

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Any) -> None:
        super().__init__(activity_regularizer=L1L2(), **options)
        self.l1 = l1
        self.l2 = l2

    @property
    def l1(self) -> float:
        """The factor of the sum of |x|."""
        return self.activity_regularizer.l1

    @l1.setter
    def l1(self, factor: float) -> None:
        self.activity_regularizer = L1L2(factor, self.l2)

    @property
    def l2(self) -> float:
        """The factor of the sum of x^2."""
        return self.activity_regularizer.l2

    @l2.setter
    def l2(self, factor: float) -> None:
        self.activity_regularizer = L1L2(self.l1, factor)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form."""
        config = super().get_config()
        del config["activity_regularizer"]  # which is l1 and l2
        return config
