"""Keras's LossScaleOptimizer, of which elman takes the optimizer inside.

    its variables   step, learning rate (of no use), steps since the scale grew, the scale,
                    then those of the optimizer inside; before it is built the third and fourth lack

It multiplies the loss by a power of two and divides the gradients by it, so that those of float16
do not vanish. In float32 and float64 that changes no bit, as long as nothing vanishes or overflows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from elman._typing import Array

NAME, INSIDE = "LossScaleOptimizer", "inner_optimizer"
OWN, UNBUILT = 4, 2  # variables in front of those of the optimizer inside


def inside(optimizer: Any) -> Any:
    """Return the configuration of the optimizer inside, or the configuration itself.

    >>> inside({"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": "adam"}})
    'adam'
    """
    return optimizer["config"][INSIDE] if scales(optimizer) else optimizer


def scales(optimizer: Any) -> bool:
    """Say whether an optimizer's configuration is one of Keras 3's that scales the loss."""
    if not isinstance(optimizer, Mapping) or optimizer.get("class_name") != NAME:
        return False
    config = optimizer.get("config")
    return isinstance(config, Mapping) and INSIDE in config


def arrays_inside(optimizer: Any, arrays: Sequence[Array]) -> Sequence[Array]:
    """Return what the optimizer inside keeps, of all that an optimizer of this configuration does.

    >>> len(arrays_inside({"class_name": "SGD", "config": {}}, [0, 0.1]))
    2
    """
    if not scales(optimizer):
        return arrays
    return arrays[OWN:] if len(arrays) > OWN else arrays[UNBUILT:]
