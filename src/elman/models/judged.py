"""What the losses and metrics of `compile` see of a step of your own: an entry on its tape."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman._typing import Array
from elman.layers import context
from elman.models.compiled import Compiled
from elman.models.data import Adapter
from elman.models.steps import compiled

if TYPE_CHECKING:
    from elman.models.model import Model


class Judged:
    """The losses of `compile` as one operation on a tape.

    Attributes:
        chosen: what `compile` chose.
        y, weights, masks: of each output.
    """

    def __init__(self, model: "Model", y: Any, outputs: Sequence[Any], weights: Any) -> None:
        self.chosen: Compiled = compiled(model)
        adapter, around = Adapter(model), context.current()
        self.y = adapter.per_output("y", y)
        count = len(self.y)
        self.weights = [None] * count
        if weights is not None:
            self.weights = adapter.per_output("sample_weight", weights)
        self.masks = (None,) * count if around is None else around.masks_of(outputs)

    def forward(self, *outputs: Array) -> Any:
        """Return the sum of the losses."""
        arrays = [np.asarray(output) for output in outputs]
        total, self.douts = self.chosen.judge(self.y, arrays, self.masks, self.weights)
        return np.asarray(total, arrays[0].dtype)

    def backward(self, dtotal: Any) -> list[Array | None]:
        """Return its gradients."""
        return [None if d is None else d * d.dtype.type(dtotal) for d in self.douts]
