"""What training reports: running means over the batches of an epoch.

A metric sees a batch with `update_state`, tells with `result`, and starts anew with
`reset_state`. Entries that a mask leaves out do not count, in any metric, and may hold anything.
Keras does the same but for RootMeanSquaredError, whose Keras namesake counts masked entries too.

>>> metric = get("mse")
>>> metric.update_state([[0.0], [0.0]], [[1.0], [3.0]])
>>> metric.result()
5.0
"""

from collections.abc import Mapping
from typing import Any

from elman import _config, _custom
from elman._typing import Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)
from elman.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
)
from elman.metrics.base import Mean, MeanMetricWrapper, Metric
from elman.metrics.loss_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
)

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "Metric",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "accuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
]

_CLASSES: tuple[type[Metric], ...] = (
    *(Mean, MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError),
    *(Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy),
    *(BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy),
)
_TABLE: dict[str, type[Metric]] = {
    **{cls.__name__: cls for cls in _CLASSES},
    **{_config.snake_case(cls.__name__): cls for cls in _CLASSES},
    **dict.fromkeys(("mse", "MSE"), MeanSquaredError),
    **dict.fromkeys(("mae", "MAE"), MeanAbsoluteError),
    **dict.fromkeys(("bce", "BCE"), BinaryCrossentropy),
}


def get(identifier: Any) -> Metric | None:
    """Return the metric that `identifier` names.

    Args:
        identifier: a name ("mse", "mean_squared_error", "MeanSquaredError"), a config, a function
            of y_true and y_pred, a `Metric` or its class, or None, which stays None.

    Raises:
        ArgumentError: elman has no metric of this name.

    >>> get("BinaryAccuracy")
    <BinaryAccuracy name=binary_accuracy>
    """
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if callable(identifier):
        own = _TABLE.get(getattr(identifier, "__name__", ""))
        known = own is not None and getattr(own(), "fn", None) is identifier
        return own() if own is not None and known else MeanMetricWrapper(identifier)
    return _config.find("metric", identifier, _TABLE)()


def resolve(identifier: Any, y_true_shape: Shape, y_pred_shape: Shape) -> Metric:
    """Return the metric for targets and predictions of these shapes.

    "accuracy" and "acc" mean BinaryAccuracy where predictions have a last axis of size 1,
    SparseCategoricalAccuracy where targets are labels, and CategoricalAccuracy elsewhere. A name
    given as a string stays the metric's name.

    >>> resolve("acc", (32,), (32, 10))
    <SparseCategoricalAccuracy name=acc>
    """
    metric: Metric | None
    if isinstance(identifier, str) and identifier.lower() in ("accuracy", "acc"):
        labels = len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1
        if y_pred_shape[-1] == 1:
            metric = BinaryAccuracy()
        else:
            metric = SparseCategoricalAccuracy() if labels else CategoricalAccuracy()
    else:
        metric = get(identifier)
    if metric is None:
        raise ArgumentError("metric: `identifier` must name a metric; got None.")
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def serialize(metric: Metric) -> dict[str, Any]:
    """Return the config of a metric, in Keras's form.

    Raises:
        UnsupportedError: a function or class of your own, which `deserialize` does not know.

    >>> serialize(BinaryAccuracy())["config"]
    {'name': 'binary_accuracy', 'dtype': 'float32', 'threshold': 0.5}
    """
    if type(metric) not in _CLASSES and not _custom.name_of(type(metric)):
        raise UnsupportedError(
            f"metric: `metric` must be one of elman's own to be saved; got {metric!r}, which elman"
            " does not know. Save the weights alone with `save_weights`."
        )
    return _config.serialize(metric, "keras.metrics", metric.get_config())


def deserialize(config: Mapping[str, Any]) -> Metric:
    """Make the metric that a config describes.

    >>> deserialize({"class_name": "BinaryAccuracy", "config": {"threshold": 0.2}}).threshold
    0.2
    """
    return _config.create("metric", config, _TABLE)
