"""The metrics of `compile` among `model.metrics`: one that stands for them all, as in Keras.

    for metric in self.metrics:                           in a `train_step` of your own
        if metric.name == "loss":  metric.update_state(loss)
        else:                      metric.update_state(y, y_pred, sample_weight)

Only it knows which metric belongs to which output, and which of them heed sample weights.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman._settings import floatx
from elman.gradient_tape import unboxed
from elman.metrics import Metric
from elman.models.compiled_loss import Targets
from elman.models.steps import compiled

if TYPE_CHECKING:
    from elman.models.model import Model


class CompiledMetrics(Metric):
    """What `compile` was given as `metrics` and `weighted_metrics`."""

    def __init__(self, model: "Model") -> None:
        # Nothing of `Metric`'s own: the states are those of the metrics, and go on.
        self.model, self.name, self.dtype = model, "compile_metrics", floatx()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Let each metric see its output; those of `weighted_metrics` heed the weights."""
        outputs = _tree.flatten(y_pred)
        chosen = compiled(self.model)
        y, weights, masks = Targets.of(self.model, y_true, outputs, sample_weight)
        arrays = [np.asarray(unboxed(output)) for output in outputs]
        chosen.update_metrics(y, arrays, masks, weights)

    def result(self) -> Any:
        """Return the result of each by name."""
        return compiled(self.model).results_of_metrics()

    @property
    def variables(self) -> list[Any]:
        """The variables of all of them; none before the first batch."""
        return [variable for m in compiled(self.model).metrics() for variable in m.variables]

    def reset_state(self) -> None:
        """Forget all batches; of every metric, which is made when the first batch comes."""
        for metric in compiled(self.model).metrics():
            metric.reset_state()


# What a tape watches stays in its box: by that the mask of an output is found.
CompiledMetrics.update_state = CompiledMetrics.update_state.__wrapped__  # type: ignore[attr-defined,method-assign]
