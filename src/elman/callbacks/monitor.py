"""Has a number of the logs got better?"""

import math
import warnings
from typing import Any

from elman import _check


class Monitor:
    """Watches one number of the logs, and says when it got better.

    Args:
        owner: the callback that watches.
        name: of the number, such as "val_loss".
        mode: "min", "max", or "auto": up for accuracies, down for everything else.
        min_delta: by how much it must change to count.
        best: what must be beaten, None for nothing yet.
    """

    def __init__(
        self, owner: str, name: str, mode: str, min_delta: float = 0.0, best: float | None = None
    ) -> None:
        _check.one_of(owner, "mode", mode, ("auto", "min", "max"))
        self.owner, self.name, self.best = owner, name, best
        up = mode == "max" or (mode == "auto" and name.endswith(("acc", "accuracy", "auc")))
        self.sign = 1.0 if up else -1.0
        self.min_delta = abs(_check.number(owner, "min_delta", min_delta))

    def value(self, logs: Any) -> float | None:
        """Return the number, None (with a warning) where the logs do not have it."""
        if self.name not in (logs or {}):
            warnings.warn(
                f"{self.owner}: `monitor` must be among the logs, {', '.join(logs or {})}; got "
                f"{self.name!r}. Give validation data for a 'val_' number.",
                stacklevel=3,
            )
            return None
        return float(logs[self.name])

    def better(self, value: float, than: float | None) -> bool:
        """Say whether `value` beats `than` by more than `min_delta`."""
        if than is None:
            return not math.isnan(value)
        return self.sign * (value - than) > self.min_delta

    def improves(self, value: float) -> bool:
        """Say whether `value` beats the best so far, and remember it if so."""
        if not self.better(value, self.best):
            return False
        self.best = value
        return True
