"""Has a number of the logs got better?"""

import math
from typing import Any

from elman import _check
from elman._warning import warn
from elman.errors import ArgumentError

# What is better when it is larger, of elman's own metrics.
RISING = (
    *("Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "SparseCategoricalAccuracy"),
    *("TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "Precision", "Recall", "AUC"),
    *("SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall"),
    *("RecallAtPrecision", "FBetaScore", "F1Score", "R2Score", "CosineSimilarity"),
    *("ConcordanceCorrelation", "PearsonCorrelation", "IoU", "BinaryIoU", "MeanIoU", "OneHotIoU"),
    "OneHotMeanIoU",
)


class Monitor:
    """Watches one number of the logs, and says when it got better.

    Args:
        owner: the callback that watches.
        name: of the number, such as "val_loss".
        mode: "min", "max", or "auto": down for losses and errors, up for accuracies and the like,
            as the metric of that name says.
        min_delta: by how much it must change to count.
        best: what must be beaten, None for nothing yet.
    """

    def __init__(
        self, owner: str, name: str, mode: str, min_delta: float = 0.0, best: float | None = None
    ) -> None:
        _check.one_of(owner, "mode", mode, ("auto", "min", "max"))
        self.owner, self.name, self.mode = owner, _check.string(owner, "monitor", name), mode
        self.best = best
        self.sign = {"max": 1.0, "min": -1.0}.get(mode)  # None until the metrics are known
        self.min_delta = abs(_check.number(owner, "min_delta", min_delta))

    def value(self, model: Any, logs: Any) -> float | None:
        """Return the number, None (with a warning) where the logs do not have it.

        Raises:
            ArgumentError: with the mode "auto", which way is better is not known.
        """
        if self.name not in (logs or {}):
            warn(
                f"{self.owner}: `monitor` must be among the logs, {', '.join(logs or {})}; got "
                f"{self.name!r}.{self._fix(logs or {})}",
            )
            return None
        self.settle(model)
        return float(logs[self.name])

    def settle(self, model: Any) -> None:
        """Find out which way is better, if `mode` leaves it open."""
        if self.sign is None:
            self.sign = self._direction(model)

    def _fix(self, logs: Any) -> str:
        """Say what may have been meant by a name that the logs do not have."""
        validated = any(name.startswith("val_") for name in logs)
        if self.name.startswith("val_") and not validated:
            return " Give validation data for a 'val_' number."
        return _check.suggestion(self.name, logs)

    def better(self, value: float, than: float | None) -> bool:
        """Say whether `value` beats `than` by more than `min_delta`."""
        if than is None:
            return not math.isnan(value)
        return (self.sign or 1.0) * (value - than) > self.min_delta

    def improves(self, value: float) -> bool:
        """Say whether `value` beats the best so far, and remember it if so."""
        if not self.better(value, self.best):
            return False
        self.best = value
        return True

    def _direction(self, model: Any) -> float:
        """Return 1 where more is better and -1 where less is, as the metric of this name says."""
        name = self.name.removeprefix("val_")
        chosen = model.compiled
        metrics = {metric.name: metric for metric in model.metrics}  # a model's own among them
        metrics |= dict(zip(chosen.names(), chosen.reported(), strict=True))
        of_loss = name.endswith("_loss") and type(metrics.get(name)).__name__ == "Mean"
        if name == "loss" or of_loss:
            return -1.0
        sign = direction(metrics[name]) if name in metrics else None
        if sign is None:
            raise ArgumentError(
                f"{self.owner}: `mode` must be 'min' or 'max' for `monitor={self.name!r}`, because "
                f"it is not known which way is better; got 'auto'."
            )
        return sign


def direction(metric: Any) -> float | None:
    """Return 1 where more is better, -1 where less is, None where that is not known.

    A metric of your own says so as in Keras: `self._direction = "up"`, or "down".

    >>> import elman
    >>> [direction(elman.metrics.get(name)) for name in ("mse", "BinaryAccuracy", "Mean")]
    [-1.0, 1.0, None]
    """
    own = getattr(metric, "_direction", None)
    if own is not None:
        return 1.0 if own == "up" else -1.0
    function: Any = getattr(metric, "fn", None)
    if (getattr(function, "__module__", None) or "").startswith("elman.losses"):
        falls = function.__name__ != "cosine_similarity"  # as a metric it is the similarity itself
        return -1.0 if falls else 1.0
    for cls in type(metric).__mro__:
        if cls.__module__.startswith("elman.metrics"):
            if cls.__name__ in RISING:
                return 1.0
            if cls.__name__ == "RootMeanSquaredError":
                return -1.0
    return None
