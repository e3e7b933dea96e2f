"""How far are two runs apart, over the same input: as it is, and with states changed on the way?"""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection import one_sample
from elman.inspection.trace import Trace


class Comparison:
    """Two runs over the same input: as it is, and with states changed on the way.

    Attributes:
        before, after: a `Trace` of each: `after["lstm"].h`, `after.outputs[0]`.
        layer: the name of the layer whose states were changed.
        at: after which timesteps.
        units: which; None for all.
        title: what was done, in words.
    """

    def __init__(
        self, before: Trace, after: Trace, layer: str, at: list[int], units: list[int] | None,
        title: str,
    ) -> None:  # fmt: skip
        self.before, self.after, self.layer = before, after, layer
        self.at, self.units, self.title = at, units, title

    @property
    def differences(self) -> list[Array]:
        """How the outputs differ, after - before, an array an output."""
        pairs = zip(self.before.outputs, self.after.outputs, strict=True)
        return [after - before for before, after in pairs]

    def distances(self, layer: str | None = None) -> Array:
        """Return how far apart the states of a layer are, (batch, timesteps).

        Args:
            layer: by the name in the traces; the changed one by default.

        Returns:
            The Euclidean distance over the units of all its states.
        """
        name = self.layer if layer is None else layer
        pairs = zip(
            self.before[name].states.values(), self.after[name].states.values(), strict=True
        )
        return np.sqrt(sum(((after - before) ** 2).sum(axis=2) for before, after in pairs))

    def __repr__(self) -> str:
        largest = max(float(np.abs(each).max(initial=0.0)) for each in self.differences)
        last = self.distances()[:, -1].mean() if len(self.before.outputs[0]) else 0.0
        return (
            f"<{self.title}: outputs differ by up to {largest:.4g}, states of '{self.layer}' by "
            f"{last:.4g} at the last timestep>"
        )

    def plot(self, sample: int = 0) -> Any:
        """Draw how far the states of each layer are apart, timestep by timestep, and the outputs.

        Args:
            sample: which of the batch.

        Returns:
            The figure.

        Raises:
            ArgumentError: there is no such sample.
        """
        from elman.inspection.pictures import compared

        number = one_sample.index(self.title, sample, len(self.before.outputs[0]))
        return compared.comparison(self, number)
