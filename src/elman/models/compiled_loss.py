"""The losses of `compile` in a step of your own, and the targets that they and the metrics see.

L = sum of the outputs' losses        dL/d(outputs) by hand, as one entry of the step's tape
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.layers.own import context
from elman.models.compiled import Compiled
from elman.models.data import Adapter

if TYPE_CHECKING:
    from elman.models.model import Model


class Targets(NamedTuple):
    """What outputs are compared with; of each output its target, weights and mask."""

    y: list[Any]
    weights: list[Any]
    masks: Sequence[Mask | None]

    @classmethod
    def of(cls, model: "Model", y: Any, outputs: Sequence[Any], sample_weight: Any) -> "Targets":
        """Return targets and weights in the order of the outputs, whose masks a `call` has left."""
        adapter, around = Adapter(model), context.current()
        ys = adapter.per_output("y", y)
        weights: list[Any] = [None] * len(ys)
        if sample_weight is not None:
            weights = adapter.per_output("sample_weight", sample_weight)
        masks: Sequence[Mask | None] = (None,) * len(ys)
        if around is not None:
            own = around.masks_of(ys)
            pairs = zip(around.masks_of(outputs), own, strict=True)
            masks = [given if mask is None else mask for mask, given in pairs]
        return cls(ys, weights, masks)


class CompiledLoss:
    """The sum of the losses that `compile` chose, as an entry of a tape."""

    def __init__(self, chosen: Compiled, targets: Targets) -> None:
        self.chosen, self.targets = chosen, targets

    def forward(self, *outputs: Array) -> Any:
        """Return it."""
        arrays, (y, weights, masks) = [np.asarray(output) for output in outputs], self.targets
        total, self.douts = self.chosen.judge(y, arrays, masks, weights)
        return np.asarray(total, arrays[0].dtype)

    def backward(self, dtotal: Any) -> list[Array | None]:
        """Return the gradients of the outputs."""
        return [None if d is None else d * d.dtype.type(dtotal) for d in self.douts]
