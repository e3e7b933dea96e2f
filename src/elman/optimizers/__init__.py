"""What changes the weights: rules that turn gradients into steps.

One file a rule, with its equations at the top; `base` holds what they share.

>>> get("adam").learning_rate
0.001
"""

import inspect
from collections.abc import Mapping
from typing import Any

from elman import _config
from elman.errors import UnsupportedError
from elman.optimizers.adam import Adam, AdamW
from elman.optimizers.base import Optimizer
from elman.optimizers.rmsprop import RMSprop
from elman.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]

_TABLE: dict[str, type[Optimizer]] = {
    cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, AdamW)
}


def get(identifier: Any) -> Optimizer:
    """Return the optimizer that `identifier` names.

    Args:
        identifier: a name in any case ("adam"), a config, an optimizer or its class.

    Raises:
        ArgumentError: elman has no optimizer of this name.

    >>> type(get("rmsprop")).__name__
    'RMSprop'
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Optimizer):
        return identifier.from_config({})
    return deserialize({"class_name": identifier, "config": {}})


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the config of an optimizer, in Keras's form.

    Raises:
        UnsupportedError: a class of your own, which `deserialize` does not know.

    >>> serialize(SGD(0.1))["config"]["learning_rate"]
    0.1
    """
    if type(optimizer) not in _TABLE.values():
        raise UnsupportedError(
            f"optimizer: `optimizer` must be one of elman's own to be saved; got {optimizer!r},"
            " whose class elman does not know. Save the weights alone with `save_weights`."
        )
    return _config.serialize(optimizer, "keras.optimizers", optimizer.get_config())


def deserialize(config: Mapping[str, Any]) -> Optimizer:
    """Make the optimizer that a config describes.

    >>> deserialize({"class_name": "SGD", "config": {"momentum": 0.9}}).momentum
    0.9
    """
    word = config.get("class_name")
    cls = _config.find("optimizer", word.lower() if isinstance(word, str) else word, _TABLE)
    return cls.from_config(config.get("config") or {})
