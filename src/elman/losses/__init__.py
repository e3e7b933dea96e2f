"""What training makes small: functions with their gradients, and `Loss` objects that reduce them.

A function such as `mean_squared_error` gives one value an entry; `d_mean_squared_error`, right
below it in its file, gives the gradient. A `Loss` weights, masks and reduces those values:

>>> import numpy as np
>>> loss = MeanSquaredError()
>>> value, dy_pred = loss.value_and_gradient(np.zeros((2, 1)), np.array([[1.0], [3.0]]))
>>> value, dy_pred.tolist()
(5.0, [[1.0], [3.0]])
"""

from collections.abc import Callable, Mapping
from typing import Any

from elman import _check, _config, _custom
from elman._typing import Array
from elman.losses.base import FunctionLoss, Loss
from elman.losses.circle import (
    Circle,
    circle,
    d_circle,
)
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
from elman.losses.ctc import (
    CTC,
    ctc,
    d_ctc,
)
from elman.losses.divergence import (
    KLDivergence,
    Poisson,
    d_kl_divergence,
    d_poisson,
    kl_divergence,
    poisson,
)
from elman.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    d_binary_focal_crossentropy,
    d_categorical_focal_crossentropy,
)
from elman.losses.gaussian import (
    GaussianNegativeLogLikelihood,
    d_gaussian_negative_log_likelihood,
    gaussian_negative_log_likelihood,
)
from elman.losses.generalized import (
    CategoricalGeneralizedCrossEntropy,
    categorical_generalized_cross_entropy,
    d_categorical_generalized_cross_entropy,
)
from elman.losses.hinge import (
    CategoricalHinge,
    Hinge,
    SquaredHinge,
    categorical_hinge,
    d_categorical_hinge,
    d_hinge,
    d_squared_hinge,
    hinge,
    squared_hinge,
)
from elman.losses.overlap import (
    Dice,
    Tversky,
    d_dice,
    d_tversky,
    dice,
    tversky,
)
from elman.losses.own import OwnLoss
from elman.losses.quantile import (
    Pinball,
    d_pinball,
    pinball,
)
from elman.losses.recorded import recording
from elman.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    d_huber,
    d_log_cosh,
    d_mean_absolute_error,
    d_mean_squared_error,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_squared_error,
)
from elman.losses.relative import (
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    d_mean_absolute_percentage_error,
    d_mean_squared_logarithmic_error,
    mean_absolute_percentage_error,
    mean_squared_logarithmic_error,
)
from elman.losses.similarity import (
    CosineSimilarity,
    cosine_similarity,
    d_cosine_similarity,
)

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "GaussianNegativeLogLikelihood",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Pinball",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "d_binary_crossentropy",
    "d_binary_focal_crossentropy",
    "d_categorical_crossentropy",
    "d_categorical_focal_crossentropy",
    "d_categorical_generalized_cross_entropy",
    "d_categorical_hinge",
    "d_circle",
    "d_cosine_similarity",
    "d_ctc",
    "d_dice",
    "d_gaussian_negative_log_likelihood",
    "d_hinge",
    "d_huber",
    "d_kl_divergence",
    "d_log_cosh",
    "d_mean_absolute_error",
    "d_mean_absolute_percentage_error",
    "d_mean_squared_error",
    "d_mean_squared_logarithmic_error",
    "d_pinball",
    "d_poisson",
    "d_sparse_categorical_crossentropy",
    "d_squared_hinge",
    "d_tversky",
    "deserialize",
    "dice",
    "gaussian_negative_log_likelihood",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pinball",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_CLASSES: tuple[type[FunctionLoss], ...] = (
    *(MeanSquaredError, MeanAbsoluteError, Huber, LogCosh),
    *(MeanAbsolutePercentageError, MeanSquaredLogarithmicError, CosineSimilarity),
    *(Poisson, KLDivergence, Hinge, SquaredHinge, CategoricalHinge),
    *(BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy),
    *(BinaryFocalCrossentropy, CategoricalFocalCrossentropy, CategoricalGeneralizedCrossEntropy),
    *(Dice, Tversky, Circle, CTC),
    *(Pinball, GaussianNegativeLogLikelihood),
)
_NOT_KERAS_S = (Pinball, GaussianNegativeLogLikelihood)
# Called by themselves on what a tape watches, the functions are entries of the tape.
for _cls in _CLASSES:
    _function, _gradient, *_ = _cls.functions
    globals()[_function.__name__] = recording(_function, _gradient)

_BY_FUNCTION: dict[Callable[..., Array], type[FunctionLoss]] = {
    function: cls
    for cls in _CLASSES
    for function in (cls.functions[0], globals()[cls.functions[0].__name__])
}
_TABLE: dict[str, type[FunctionLoss]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{function.__name__: cls for function, cls in _BY_FUNCTION.items()},
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("mape", "MAPE"), MeanAbsolutePercentageError),
    **dict.fromkeys(("msle", "MSLE"), MeanSquaredLogarithmicError),
    **dict.fromkeys(("kld", "KLD"), KLDivergence),
    **dict.fromkeys(("bce", "BCE"), BinaryCrossentropy),
}


def get(identifier: Any) -> Loss | None:
    """Return the loss that `identifier` names.

    Args:
        identifier: a name ("mse", "mean_squared_error", "MeanSquaredError"), a config, a function
            of y_true and y_pred (elman's or your own), a `Loss` or its class, or None, which stays
            None.

    Raises:
        ArgumentError: elman has no loss of this name.

    >>> get("mse").name
    'mean_squared_error'
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        if identifier in _BY_FUNCTION:
            return _BY_FUNCTION[identifier]()
        return OwnLoss(identifier)
    return _config.find("loss", identifier, _TABLE)()


def serialize(loss: Loss) -> dict[str, Any]:
    """Return the config of a loss, in Keras's form; a class or function of your own by its name.

    Raises:
        UnsupportedError: it is a lambda.

    >>> serialize(Huber())["class_name"]
    'Huber'
    """
    if isinstance(loss, OwnLoss):
        return _custom.written("loss", loss.fn)
    module = "elman.losses" if type(loss) in _NOT_KERAS_S else "keras.losses"
    return _config.serialize(loss, module, loss.get_config())


def deserialize(name: Any, custom_objects: Mapping[str, Any] | None = None) -> Loss:
    """Make the loss that a config describes.

    Args:
        name: the config, what `serialize` or Keras wrote; or the name of a loss.
        custom_objects: classes and functions of your own, by name.

    >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
    2.0
    """
    with _custom.scope(custom_objects):
        config = {"class_name": name} if isinstance(name, str) else name
        if config.get("class_name") != "function":
            made = _config.create("loss", config, _TABLE)
        elif (made := _custom.find(config)) is None:  # how Keras writes `loss=mean_squared_error`
            if _custom.is_foreign(config) or config.get("config") not in _TABLE:
                raise _custom.missing("loss", config)
            return _config.find("loss", config.get("config"), _TABLE)()
        return made if isinstance(made, Loss) else OwnLoss(made)


def __getattr__(name: str) -> object:
    raise _check.absent("elman.losses", name, __all__)
