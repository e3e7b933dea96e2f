"""Models: layers put together, and the training around them."""

from elman import _check
from elman.layers import CLASSES, Input
from elman.models.cloning import clone_model
from elman.models.files import save as save_model
from elman.models.loading import load_model, model_from_json
from elman.models.model import Model
from elman.models.sequential import Sequential
from elman.models.stream import Stream

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "Stream",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

CLASSES.update({"Sequential": Sequential, "Functional": Model, "Model": Model})


def __getattr__(name: str) -> object:
    raise _check.absent("elman.models", name, __all__)
