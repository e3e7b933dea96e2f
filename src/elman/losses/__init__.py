"""What training makes small: functions with their gradients, and `Loss` objects that reduce them.

A function such as `mean_squared_error` gives one value an entry; `d_mean_squared_error`, right
below it in its file, gives the gradient. A `Loss` weights, masks and reduces those values:

>>> import numpy as np
>>> loss = MeanSquaredError()
>>> value, dy_pred = loss.value_and_gradient(np.zeros((2, 1)), np.array([[1.0], [3.0]]))
>>> value, dy_pred.tolist()
(5.0, [[1.0], [3.0]])
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from elman import _config
from elman._typing import Array
from elman.errors import UnsupportedError
from elman.losses.base import FunctionLoss, Loss
from elman.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    d_binary_crossentropy,
    d_categorical_crossentropy,
    d_sparse_categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from elman.losses.regression import (
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    d_huber,
    d_mean_absolute_error,
    d_mean_squared_error,
    huber,
    mean_absolute_error,
    mean_squared_error,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "d_binary_crossentropy",
    "d_categorical_crossentropy",
    "d_huber",
    "d_mean_absolute_error",
    "d_mean_squared_error",
    "d_sparse_categorical_crossentropy",
    "deserialize",
    "get",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

_CLASSES: tuple[type[FunctionLoss], ...] = (
    *(MeanSquaredError, MeanAbsoluteError, Huber),
    *(BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy),
)
_BY_FUNCTION: dict[Callable[..., Array], type[FunctionLoss]] = {
    cls.functions[0]: cls for cls in _CLASSES
}
_TABLE: dict[str, type[FunctionLoss]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{function.__name__: cls for function, cls in _BY_FUNCTION.items()},
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("bce", "BCE"), BinaryCrossentropy),
}


def get(identifier: Any) -> Loss | None:
    """Return the loss that `identifier` names.

    Args:
        identifier: a name ("mse", "mean_squared_error", "MeanSquaredError"), a config, one of
            elman's loss functions, a `Loss` or its class, or None, which stays None.

    Raises:
        ArgumentError: elman has no loss of this name.
        UnsupportedError: a function of your own, of which elman cannot know the gradient.

    >>> get("mse").name
    'mean_squared_error'
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        if identifier in _BY_FUNCTION:
            return _BY_FUNCTION[identifier]()
        raise UnsupportedError(
            f"loss: `identifier` must be a `Loss`; got {identifier!r}, a function without a"
            " gradient. Pass a `Loss` with `value_and_gradient`."
        )
    return _config.find("loss", identifier, _TABLE)()


def serialize(loss: Loss) -> dict[str, Any]:
    """Return the config of a loss, in Keras's form.

    Raises:
        UnsupportedError: a class of your own, which `deserialize` does not know.

    >>> serialize(Huber())["class_name"]
    'Huber'
    """
    if type(loss) not in _CLASSES:
        raise UnsupportedError(
            f"loss: `loss` must be one of elman's own to be saved; got {loss!r}, whose class elman"
            " does not know. Save the weights alone with `save_weights`."
        )
    return _config.serialize(loss, "keras.losses", loss.get_config())


def deserialize(config: Mapping[str, Any]) -> Loss:
    """Make the loss that a config describes.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    if config.get("class_name") == "function":  # how Keras writes `loss=mean_squared_error`
        return _config.find("loss", config.get("config"), _TABLE)()
    return _config.create("loss", config, _TABLE)
