"""The loss and metrics of a batch that is trained on in chunks, put together from the chunks'.

    L = sum_c d_c L_c / sum_c d_c      L_c  loss of chunk c      d_c  what its sum is divided by
    L = sum_c L_c                      under the reduction "sum"
    m = sum_c s_c n_c / sum_c s_c w_c      metrics that are means, n_c / w_c each

d_c is the number of entries that count, so that L is the mean over them, however they lie in the
chunks. s_c is the share of the timesteps that chunk c has; penalties are averaged by it.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array, Mask
from elman.losses import Loss
from elman.losses.coupled import CoupledLoss
from elman.metrics import Mean, Metric

if TYPE_CHECKING:
    from elman.models.compiled import Compiled, Output


class Whole:
    """What has been seen of a batch.

    Attributes:
        share: of the timesteps, that which the chunk has that is seen now.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._sums: dict[int, tuple[Output, float, float]] = {}  # by output: d L and d, added up
        self._penalty = 0.0

    def add(
        self, index: int, own: "Output", value: float, y: Any, output: Array, weight: Any,
        mask: Mask | None,
    ) -> None:  # fmt: skip
        """Add the loss of an output in a chunk."""
        assert own.loss is not None
        d = divisor(own.loss, y, output, weight, mask)
        _, total, count = self._sums.get(index, (own, 0.0, 0.0))
        count = 1.0 if own.loss.reduction == "sum" else count + d
        self._sums[index] = own, total + d * value, count

    def add_penalty(self, penalty: float) -> None:
        """Add the penalties of a chunk."""
        self._penalty += self.share * penalty

    def update(self, metrics: Sequence[Metric], update: Callable[[], None]) -> None:
        """Update metrics by a chunk; a mean weighs its samples by the timesteps they have here."""
        before = [(m, m.total, m.count) for m in metrics if isinstance(m, Mean)]
        update()
        for mean, total, count in before:
            mean.total = total + self.share * (mean.total - total)
            mean.count = count + self.share * (mean.count - count)

    def track(self, chosen: "Compiled", count: int) -> None:
        """Let the means of the losses see the batch, of so many samples."""
        total = self._penalty
        for own, found, d in self._sums.values():
            value = found / d if d else 0.0
            total += own.weight * value
            if own.mean is not None:
                own.mean.track(value * count, count)
        chosen.track(total, count)


def divisor(loss: Loss, y_true: Any, y_pred: Array, sample_weight: Any, mask: Any) -> float:
    """Return what a loss divides its sum by: how many entries count, or 1 under "sum"."""
    if not isinstance(loss, CoupledLoss):
        return loss._divisor(*loss._prepare(y_true, y_pred, sample_weight, mask)[1:])
    if loss.reduction == "sum":
        return 1.0
    return float(math.prod(y_pred.shape[:-1]) if mask is None else np.count_nonzero(mask))
