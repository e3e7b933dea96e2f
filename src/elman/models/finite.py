"""A loss that is no number any more: one warning a `fit`, where no callback stops for it."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman._warning import warn
from elman.callbacks import Callback

if TYPE_CHECKING:
    from elman.models.model import Model


class Finite:
    """Warns, once, that the loss of a model is NaN or infinite.

    Args:
        model: the model that is trained.
        callbacks: who hears of it; where one `heeds_nan`, there is no warning.
    """

    def __init__(self, model: "Model", callbacks: Sequence[Callback]) -> None:
        self.owner = model.owner
        self.quiet = any(callback.heeds_nan for callback in callbacks)

    def look(self, loss: Any, epoch: int, batch: int | None = None) -> None:
        """Warn, if the loss is not finite, and nothing was said yet.

        Args:
            loss: the loss, or a sum of losses.
            epoch, batch: when it was seen, counted from 0; the batch if it is known.
        """
        if self.quiet or not isinstance(loss, (int, float)) or math.isfinite(loss):
            return
        self.quiet = True
        where = f"epoch {epoch + 1}" + (f", batch {batch + 1}" if batch is not None else "")
        warn(
            f"{self.owner}: `loss` must stay finite; got {loss} in {where}. Look for NaN in the "
            "data with `fit(…, nan='error')`, see where it begins with `elman.diagnose(model, x, "
            "y)`, give the optimizer a smaller `learning_rate` or "
            "`clipnorm=1.0`, and stop at once with `callbacks=[TerminateOnNaN()]`.",
            RuntimeWarning,
        )
