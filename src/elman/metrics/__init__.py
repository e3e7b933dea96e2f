"""What training reports: running means over the batches of an epoch.

A metric sees a batch with `update_state`, tells with `result`, and starts anew with
`reset_state`. Entries that a mask leaves out do not count, in any metric, and may hold anything.
Keras does the same but for RootMeanSquaredError, whose Keras namesake counts masked entries too.

>>> metric = get("mse")
>>> metric.update_state([[0.0], [0.0]], [[1.0], [3.0]])
>>> metric.result()
5.0
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from elman import _check, _config, _custom
from elman._later import Later
from elman._typing import Array, Shape
from elman.errors import ArgumentError
from elman.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
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
from elman.metrics.base import (
    Metric,
)
from elman.metrics.loss_metrics import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    KLDivergence,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from elman.metrics.reduction import (
    Mean,
    MeanMetricWrapper,
    Sum,
)
from elman.metrics.variable import (
    Variable,
)

if TYPE_CHECKING:
    from elman.metrics.auc import (
        AUC,
    )
    from elman.metrics.correlation import (
        ConcordanceCorrelation,
        PearsonCorrelation,
        concordance_correlation,
        pearson_correlation,
    )
    from elman.metrics.fscore import (
        F1Score,
        FBetaScore,
    )
    from elman.metrics.iou import (
        BinaryIoU,
        IoU,
        MeanIoU,
        OneHotIoU,
        OneHotMeanIoU,
    )
    from elman.metrics.precision import (
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
    )
    from elman.metrics.r2 import (
        R2Score,
    )
    from elman.metrics.top_k import (
        SparseTopKCategoricalAccuracy,
        TopKCategoricalAccuracy,
        sparse_top_k_categorical_accuracy,
        top_k_categorical_accuracy,
    )
    from elman.metrics.tradeoff import (
        PrecisionAtRecall,
        RecallAtPrecision,
        SensitivityAtSpecificity,
        SpecificityAtSensitivity,
    )

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "Variable",
    "accuracy",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "resolve",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_MODULES = {
    "accuracy": "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy",
    "auc": "AUC",
    "correlation": "PearsonCorrelation ConcordanceCorrelation",
    "fscore": "F1Score FBetaScore",
    "iou": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
    "loss_metrics": (
        "MeanSquaredError RootMeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError "
        "MeanSquaredLogarithmicError LogCoshError CosineSimilarity BinaryCrossentropy "
        "CategoricalCrossentropy SparseCategoricalCrossentropy KLDivergence Poisson Hinge "
        "SquaredHinge CategoricalHinge"
    ),
    "precision": ("FalseNegatives FalsePositives Precision Recall TrueNegatives TruePositives"),
    "r2": "R2Score",
    "reduction": "Mean Sum",
    "top_k": "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy",
    "tradeoff": (
        "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity"
    ),
}
CLASSES = Later[type[Metric]](__name__, _MODULES)
_ALIASES = {_config.snake_case(name): name for name in CLASSES} | {
    **dict.fromkeys(("mse", "MSE"), "MeanSquaredError"),
    **dict.fromkeys(("mae", "MAE"), "MeanAbsoluteError"),
    **dict.fromkeys(("mape", "MAPE"), "MeanAbsolutePercentageError"),
    **dict.fromkeys(("msle", "MSLE"), "MeanSquaredLogarithmicError"),
    **dict.fromkeys(("bce", "BCE"), "BinaryCrossentropy"),
}
_TABLE = Later[type[Metric]](__name__, _MODULES, _ALIASES)
_FUNCTIONS = Later[Callable[..., Array]](
    __name__,
    {
        "correlation": "concordance_correlation pearson_correlation",
        "top_k": "sparse_top_k_categorical_accuracy top_k_categorical_accuracy",
    },
)


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
        return MeanMetricWrapper(identifier) if (own := _of(identifier)) is None else own()
    return _config.find("metric", identifier, _TABLE)()


def _of(function: Any) -> type[Metric] | None:
    """Return the metric whose function this is."""
    name = getattr(function, "__name__", "")
    known = globals().get(name) or _FUNCTIONS.get(name)
    return _TABLE[name] if name in _ALIASES and known is function else None


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
    """Return the config of a metric, in Keras's form; a class or function of your own by its name.

    Raises:
        UnsupportedError: it is a lambda.

    >>> serialize(BinaryAccuracy())["config"]
    {'name': 'binary_accuracy', 'dtype': 'float32', 'threshold': 0.5}
    """
    if type(metric) is MeanMetricWrapper:
        return _of_a_function(metric)
    return _config.serialize(metric, "keras.metrics", metric.get_config())


def deserialize(
    config: Mapping[str, Any] | str, custom_objects: Mapping[str, Any] | None = None
) -> Metric:
    """Make the metric that a config describes.

    Args:
        config: what `serialize` or Keras wrote, or a name.
        custom_objects: classes of your own, by name.

    >>> deserialize({"class_name": "BinaryAccuracy", "config": {"threshold": 0.2}}).threshold
    0.2
    """
    with _custom.scope(custom_objects):
        named = {"class_name": config}
        form: Mapping[str, Any] = config if isinstance(config, Mapping) else named
        kind = None if _custom.find(form) else form.get("class_name")
        if kind == "MeanMetricWrapper" and not _custom.is_foreign(form):
            arguments = dict(form.get("config") or {})
            return MeanMetricWrapper(_function(arguments.pop("fn", None)), **arguments)
        if kind == "function":
            form = {"class_name": _function(form)}
        made: Any = _config.create("metric", form, _TABLE)
        metric: Metric = MeanMetricWrapper(made) if hasattr(made, "__name__") else made
        return metric


def _of_a_function(metric: MeanMetricWrapper) -> dict[str, Any]:
    """Return the config of a function's mean: the function, if that is all that there is to it."""
    function = _custom.written("metric", metric.fn)
    plain = MeanMetricWrapper(metric.fn)
    if not metric.options and (metric.name, metric.dtype) == (plain.name, plain.dtype):
        return function
    config = {"name": metric.name, "dtype": metric.dtype, "fn": function, **metric.options}
    return _config.serialize(metric, "keras.metrics", config)


def _function(config: Any) -> Any:
    """Return the function that a config names, of your own or elman's."""
    config = config if isinstance(config, Mapping) else {"config": config}
    found = _custom.find({"class_name": "function", **config})
    name = config.get("config")
    if found is None and (_custom.is_foreign(config) or name not in _ALIASES):
        raise _custom.missing("metric", {"class_name": "function", **config})
    return name if found is None else found


def __getattr__(name: str) -> object:
    if name in CLASSES or name in _FUNCTIONS:
        return CLASSES[name] if name in CLASSES else _FUNCTIONS[name]
    raise _check.absent("elman.metrics", name, __all__)


def __dir__() -> list[str]:
    return __all__
