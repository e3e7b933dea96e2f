"""Saving and loading of models, under Keras's module name."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from elman.models import Model

__all__ = ["load_model"]


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
