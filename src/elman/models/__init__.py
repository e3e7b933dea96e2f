"""Models: layers put together, and the training around them."""

from typing import TYPE_CHECKING, Any

from elman.layers import CLASSES, Input
from elman.models.cloning import clone_model
from elman.models.config import model_from_json
from elman.models.model import Model
from elman.models.sequential import Sequential
from elman.models.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Input", "Model", "Sequential", "Stream", "clone_model", "load_model", "model_from_json"]

CLASSES.update({"Sequential": Sequential, "Functional": Model, "Model": Model})


def load_model(
    filepath: "str | Path",
    custom_objects: "Mapping[str, Any] | None" = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> "Model":
    """Read a model that `model.save` wrote.

    Args:
        filepath: ends in ".elman".
        custom_objects: classes and functions of your own in it, by name, unless they are
            registered; see `elman.saving.register_keras_serializable`.
        safe_mode: accepted as in Keras; no code is ever read from a file.
        compile: whether to restore the optimizer, the losses and the metrics too.

    Raises:
        FormatError: the file is not one that elman wrote, or is damaged.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "model.elman")
    ...     again = load_model(pathlib.Path(folder) / "model.elman")
    >>> bool((again([[[1.0, 2.0, 3.0]]]) == model([[[1.0, 2.0, 3.0]]])).all())
    True
    """
    from elman.models import archive  # zip files and all that they need are slow to import

    return archive.load_model(filepath, compile, custom_objects)
