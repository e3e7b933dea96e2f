"""UnitNormalization: every sample divided by its length, see `elman._unit`."""

from typing import Any

from elman._typing import Array, Shape
from elman._unit import d_unit, unit
from elman.layers import axes
from elman.layers.base import Layer
from elman.layers.parts.passes import Arrays, Masks, Mode

EPSILON = 1e-12  # the least length that is divided by


class UnitNormalization(Layer):
    """Divide inputs by their length along an axis, so that it becomes 1.

    Args:
        axis: along which, or a list of axes.
        options: `name`, `dtype`, `trainable`.

    Zeros stay zeros.

    >>> from elman import layers
    >>> layers.UnitNormalization()([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """

    checks = {"axis": axes.one_or_list}
    takes_one = True
    keeps_dtype = True

    def __init__(self, axis: Any = -1, **options: Any) -> None:
        super().__init__(**options)
        self.axis: int | list[int] = axis

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(self.axis) if isinstance(self.axis, list) else (self.axis,)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check that the input has the axes."""
        axes.check(self.owner, self._axes, shapes[0])

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Return x / |x|."""
        y, cache = unit(inputs[0], self._axes, EPSILON)
        return (y,), cache

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Arrays, list[Array]]:
        """Return dx."""
        return (d_unit(doutputs[0], self._axes, tape),), []
