"""Where is the first number that is not finite in the batch whose loss is none any more?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from elman.callbacks import Callback
from elman.models.steps import compiled

if TYPE_CHECKING:
    from elman.models.batches import Batch
    from elman.models.model import Model


class Lookout:
    """Finds out where the first number of a batch is that is not finite.

    It must be asked before the step changes the weights, which are no numbers any more after it.
    It runs the batch, or the chunk of it, once more: from states begun anew, without dropout.

    Attributes:
        found: what was found, in sentences; nothing as long as all was well.
    """

    def __init__(self, model: "Model") -> None:
        self.model, self.found, self._looked = model, "", False

    def look(self, batch: "Batch") -> None:
        """Look at a batch whose loss is not finite, if it is the first."""
        if not self._looked:
            self._looked = True
            looking = import_module("elman.inspection.not_finite")
            self.found = looking.first_not_finite(self.model, batch)


@contextmanager
def lookout(model: "Model", callbacks: Sequence[Callback]) -> Iterator[None]:
    """Be on the lookout meanwhile, where a callback `locates_nan`."""
    chosen = compiled(model)
    asked = any(callback.locates_nan for callback in callbacks)
    chosen.lookout = Lookout(model) if asked else None
    try:
        yield
    finally:
        chosen.lookout = None
