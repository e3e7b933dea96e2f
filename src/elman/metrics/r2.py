"""R^2: how much of the targets' variance predictions explain, column by column.

    R^2 = 1 - sum w (y - p)^2 / (sum w y^2 - (sum w y)^2 / sum w)      (F,)

1 is perfect, 0 no better than the mean. A target without variance has 0, or NaN where its
predictions are exact, as in Keras. With so many regressors k, the adjusted
1 - (1 - R^2) (n - 1) / (n - k - 1), in which Keras counts n as numbers and not as samples.
"""

from typing import Any

import numpy as np

from elman import _check
from elman._warning import warn
from elman.errors import ShapeError
from elman.metrics.base import Metric
from elman.metrics.rows import rows
from elman.metrics.variable import Variable

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
SUMS = ("squared_sum", "sum", "residual", "count")


class R2Score(Metric):
    """The share of the targets' variance that predictions explain.

    Args:
        class_aggregation: None for an array with the score of each column, "uniform_average" for
            their mean, "variance_weighted_average" for the mean by the variance of the targets.
        num_regressors: how many inputs the predictions are made of, for the adjusted score.
        name: what to call it.
        dtype: see `Metric`.

    >>> round(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]]), 4)
    0.5714
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(dtype, name)
        self.class_aggregation = _check.one_of(
            "R2Score", "class_aggregation", class_aggregation, AGGREGATIONS
        )
        self.num_regressors = _check.integer("R2Score", "num_regressors", num_regressors, 0)
        self.num_samples = self.add_variable((), "zeros", name="num_samples")
        self._sums: list[Variable] = []

    def update_state(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None
    ) -> None:
        """Take a batch into account.

        Args:
            y_true: targets.
            y_pred: predictions, (batch,), (batch, F) or (batch, timesteps, F).
            sample_weight: (batch,) or (batch, timesteps).
            mask: the same shapes, True where an entry counts.

        Raises:
            ShapeError: predictions have other columns than those of the first batch.
        """
        y, p, w = rows("R2Score", y_true, y_pred, sample_weight, mask)
        y, p = y.astype(float), p.astype(float)
        columns = (p.shape[-1],)
        if not self._sums:
            self._sums = [self.add_variable(columns, "zeros", name=name) for name in SUMS]
        elif self._sums[0].shape != columns:
            raise ShapeError(
                f"R2Score: `y_pred` must have {self._sums[0].shape[0]} columns, as the first batch"
                f" had; got {columns[0]}."
            )
        for variable, each in zip(self._sums, (w * y * y, w * y, w * (y - p) ** 2, w), strict=True):
            variable.assign_add(np.sum(each, axis=0))
        self.num_samples.assign_add(y.size)

    def result(self) -> Any:
        """Return the score: an array (F,) without an aggregation, else a float."""
        if not self._sums:
            return 0.0
        squares, total, residual, count = (variable.value for variable in self._sums)
        with np.errstate(divide="ignore", invalid="ignore"):  # nothing seen, or no variance
            variance = squares - total * total / count
            score = 1 - residual / variance
            score = np.where(np.isinf(score), 0, score)
            if self.class_aggregation == "uniform_average":
                score = np.mean(score)
            elif self.class_aggregation == "variance_weighted_average":
                score = np.sum(variance * score) / np.sum(variance)
        score = self._adjusted(score)
        return score if np.ndim(score) else float(score)

    def _adjusted(self, score: Any) -> Any:
        """Return the score that counts against itself how many regressors it had."""
        n, k = float(self.num_samples), self.num_regressors
        if not k:
            return score
        if k >= n - 1:
            warn(
                f"R2Score: `num_regressors` must be less than the {n:g} numbers seen - 1; got {k}."
                " The score is not adjusted.",
            )
            return score
        return 1 - (1 - score) * (n - 1) / (n - k - 1)
