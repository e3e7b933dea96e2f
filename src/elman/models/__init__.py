"""Models: layers put together, and the training around them."""

from typing import TYPE_CHECKING

from elman.layers import CLASSES, Input
from elman.models.config import model_from_json
from elman.models.model import Model
from elman.models.sequential import Sequential
from elman.models.stream import Stream

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Input", "Model", "Sequential", "Stream", "load_model", "model_from_json"]

CLASSES.update({"Sequential": Sequential, "Functional": Model, "Model": Model})


def load_model(filepath: "str | Path", compile: bool = True) -> "Model":
    """Read a model that `model.save` wrote.

    Args:
        filepath: ends in ".elman".
        compile: whether to restore the optimizer, the losses and the metrics too.

    Raises:
        FormatError: the file is not one that elman wrote, or is damaged.
    """
    from elman.models import archive  # zip files and all that they need are slow to import

    return archive.load_model(filepath, compile)
