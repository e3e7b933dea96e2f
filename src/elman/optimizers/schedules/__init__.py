"""Learning rates that change with the number of batches seen: the `learning_rate` of an optimizer.

>>> from elman.optimizers import SGD
>>> optimizer = SGD(ExponentialDecay(0.5, decay_steps=1, decay_rate=0.5))
>>> optimizer.learning_rate
0.5
"""

from collections.abc import Mapping
from typing import Any

from elman import _config
from elman.optimizers.schedules.base import LearningRateSchedule
from elman.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from elman.optimizers.schedules.decays import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from elman.optimizers.schedules.piecewise import PiecewiseConstantDecay

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

CLASSES: dict[str, type[LearningRateSchedule]] = {
    cls.__name__: cls
    for cls in (
        ExponentialDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseTimeDecay,
        CosineDecay,
        CosineDecayRestarts,
    )
}


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return the config of a schedule, in Keras's form; one of your own by its name.

    Raises:
        UnsupportedError: it is a lambda, or an object without `get_config`.

    >>> serialize(ExponentialDecay(0.1, 10, 0.9))["config"]["decay_rate"]
    0.9
    """
    return _config.written("schedule", learning_rate_schedule, "keras.optimizers.schedules")


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> LearningRateSchedule:
    """Make the schedule that a config describes.

    Args:
        config: what `serialize` or Keras wrote.
        custom_objects: classes of your own, by name.

    Raises:
        ArgumentError: elman has no schedule of this class, or it has no such argument.

    >>> config = {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.9}
    >>> float(deserialize({"class_name": "ExponentialDecay", "config": config})(0))
    0.5
    """
    return _config.create("schedule", config, CLASSES, custom_objects)
