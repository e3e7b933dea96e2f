"""What changes the weights: rules that turn gradients into steps.

One file a rule, with its equations at the top; `base` holds what they share.

>>> get("adam").learning_rate
0.001
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from elman import _check, _config, _custom
from elman._later import Later
from elman.optimizers import schedules
from elman.optimizers.adam import Adam, AdamW
from elman.optimizers.base import Optimizer
from elman.optimizers.rmsprop import RMSprop
from elman.optimizers.sgd import SGD

if TYPE_CHECKING:
    from elman.optimizers.adadelta import Adadelta
    from elman.optimizers.adafactor import Adafactor
    from elman.optimizers.adagrad import Adagrad
    from elman.optimizers.adamax import Adamax
    from elman.optimizers.ftrl import Ftrl
    from elman.optimizers.lamb import Lamb
    from elman.optimizers.lion import Lion
    from elman.optimizers.muon import Muon
    from elman.optimizers.nadam import Nadam

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

CLASSES = Later[type[Optimizer]](
    __name__,
    {
        "adadelta": "Adadelta",
        "adafactor": "Adafactor",
        "adagrad": "Adagrad",
        "adam": "Adam AdamW",
        "adamax": "Adamax",
        "ftrl": "Ftrl",
        "lamb": "Lamb",
        "lion": "Lion",
        "muon": "Muon",
        "nadam": "Nadam",
        "rmsprop": "RMSprop",
        "sgd": "SGD",
    },
)
_NAMES = {name.lower(): name for name in CLASSES}


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
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier.from_config({})
    if not isinstance(identifier, str):
        _config.find("optimizer", identifier, _NAMES)  # raises
    return deserialize({"class_name": identifier, "config": {}})


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the config of an optimizer, in Keras's form; a class of your own by its name.

    Raises:
        UnsupportedError: its learning rate is a lambda, or an object without `get_config`.

    >>> serialize(SGD(0.1))["config"]["learning_rate"]
    0.1
    """
    return _config.serialize(optimizer, "keras.optimizers", optimizer.get_config())


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Optimizer:
    """Make the optimizer that a config describes.

    Args:
        config: what `serialize` or Keras wrote.
        custom_objects: classes of your own, of schedules too, by name.

    >>> deserialize({"class_name": "SGD", "config": {"momentum": 0.9}}).momentum
    0.9
    """
    with _custom.scope(custom_objects):
        own = _custom.find(config)
        if own is not None:
            made: Optimizer = _custom.make(own, config)
            return made
        if _custom.is_foreign(config):
            raise _custom.missing("optimizer", config)
        word = config.get("class_name")
        name = _config.find("optimizer", word.lower() if isinstance(word, str) else word, _NAMES)
        return CLASSES[name].from_config(config.get("config") or {})


def __getattr__(name: str) -> object:
    if name in CLASSES:
        return CLASSES[name]
    raise _check.absent("elman.optimizers", name, __all__)


def __dir__() -> list[str]:
    return __all__
