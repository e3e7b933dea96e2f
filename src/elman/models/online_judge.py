"""What judges the output of a timestep of an online learner: the loss, and the metrics.

All that may object does so here, before the step has changed anything.
"""

import math
from typing import TYPE_CHECKING, Any

from elman._typing import Array
from elman.errors import TrainingError
from elman.layers.parts.passes import TRAINING
from elman.models import own_steps
from elman.models.steps import compiled

if TYPE_CHECKING:
    from elman.models.model import Model


class Judgement:
    """A target, and what was found; a window keeps it, and can be pickled with it.

    Args:
        model: the model.
        y: the target, (B, …).
        weight: None, or the sample weight, (B,).
        timestep: the number of the timestep, from 1.

    Attributes:
        results: the loss and the metrics by name, after the first call.
    """

    def __init__(self, model: "Model", y: Array, weight: Array | None, timestep: int) -> None:
        self._model, self._y, self._weight, self._timestep = model, y, weight, timestep
        self.results: dict[str, Any] | None = None

    def __call__(self, output: Array) -> Array | None:
        """Return the gradient of the loss for an output, (B, O).

        Metrics see it once: a window judges a timestep again, of which the results are known.

        Raises:
            TrainingError: the loss is no number any more.
        """
        chosen = compiled(self._model)
        loss, douts = chosen.judge([self._y], [output], [None], [self._weight])
        if not math.isfinite(loss):
            raise TrainingError(
                f"{self._model.owner}: `loss` must stay finite; got {loss} at timestep "
                f"{self._timestep}. Give the optimizer a smaller `learning_rate` or "
                "`clipnorm=1.0`, and call `reset()`."
            )
        if self.results is None:
            penalties = chosen.penalties(self._model)
            chosen.track(loss if penalties.none else loss + penalties.total(TRAINING), len(output))
            chosen.update_metrics([self._y], [output], [None], [self._weight])
            self.results = own_steps.results(self._model)()
        return douts[0]
