"""An optimizer's own numbers as Keras's variables: to be read as numbers, and assigned to.

>>> from elman.optimizers import SGD
>>> optimizer = SGD(0.5)
>>> optimizer.learning_rate.assign(0.25)
>>> optimizer.learning_rate, [variable.name for variable in optimizer.variables]
(0.25, ['iteration', 'learning_rate'])
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman.errors import NotBuiltError, ShapeError
from elman.optimizers import slots
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer


class Rate(float):
    """A learning rate: a number, with the methods of Keras's variable."""

    _optimizer: "Optimizer"

    def numpy(self) -> Any:
        """Return the number as Keras has it, a float32."""
        return np.float32(self)

    def assign(self, value: float) -> None:
        """Set the optimizer's learning rate."""
        self._optimizer.learning_rate = value


class Count(int):
    """A number of steps: an integer, with the methods of Keras's variable."""

    _optimizer: "Optimizer"

    def numpy(self) -> Any:
        """Return the number as Keras has it, an int64."""
        return np.int64(self)

    def assign(self, value: int) -> None:
        """Set the optimizer's number of steps."""
        self._optimizer.iterations = value


def rate(optimizer: "Optimizer", value: float) -> Rate:
    """Return an optimizer's learning rate."""
    reading = Rate(value)
    reading._optimizer = optimizer
    return reading


def count(optimizer: "Optimizer", value: int) -> Count:
    """Return how many steps an optimizer has taken."""
    reading = Count(value)
    reading._optimizer = optimizer
    return reading


class Variable(Weight):
    """Something that an optimizer keeps; `assign` changes the optimizer.

    Attributes:
        array: a slot itself; a number at the time at which `Optimizer.variables` was asked.
    """

    def __init__(self, optimizer: "Optimizer", name: str, array: Array, key: str) -> None:
        super().__init__(array, name=name, path=f"{optimizer.name}/{name}", trainable=False)
        self._optimizer, self._key = optimizer, key

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # nothing of a model changes by it

    def assign(self, value: Any) -> None:
        """Replace the numbers, here and in the optimizer.

        Args:
            value: an array-like of the same shape; converted to the dtype of the variable.
        """
        super().assign(value)
        if self._key:
            numbers = slots.numbers(self._optimizer) | {self._key: self.array}
            slots.load_numbers(self._optimizer, numbers)


def variables(optimizer: "Optimizer") -> list[Weight]:
    """All that an optimizer keeps, in Keras's order: counters and slots; `assign` changes it."""
    keys = {"iterations": "iteration"}
    found = slots.numbers(optimizer)
    first = [key for key in ("iterations", "learning_rate") if key in found]
    last = [key for key in found if key not in first]
    parts = [
        Variable(optimizer, f"{slot.weight.path.replace('/', '_')}_{slot.name}", slot.view, "")
        for slot in slots.each(optimizer)
    ]

    def number(key: str) -> Variable:
        return Variable(optimizer, keys.get(key, key), found[key], key)

    return [*map(number, first), *parts, *map(number, last)]


def set_weights(optimizer: "Optimizer", weights: Sequence[Any]) -> None:
    """Replace all that an optimizer keeps.

    Args:
        weights: arrays in the order and of the shapes of `variables`.

    Raises:
        NotBuiltError: it keeps nothing yet.
        ShapeError: a different number of arrays, or one of another shape; nothing is changed.
    """
    owner = type(optimizer).__name__
    if not optimizer.built:
        raise NotBuiltError(
            f"{owner}: the optimizer must be built before weights are set; it is not. Call "
            "`build(variables)`, or take a step."
        )
    own = variables(optimizer)
    shapes, due = [np.shape(each) for each in weights], [each.shape for each in own]
    if len(shapes) != len(due):
        raise ShapeError(f"{owner}: `weights` must be {len(due)} arrays; got {len(shapes)}.")
    for place, (shape, variable) in enumerate(zip(shapes, own, strict=True)):
        if shape != variable.shape:
            raise ShapeError(
                f"{owner}: `weights[{place}]` must have shape {variable.shape}, that of "
                f"'{variable.name}'; got {shape}."
            )
    for variable, value in zip(own, weights, strict=True):
        variable.assign(value)
