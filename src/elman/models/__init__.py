"""Models: layers put together, and the training around them."""

from typing import TYPE_CHECKING

from elman import _check
from elman._later import Later
from elman.layers import CLASSES, Input
from elman.models.cloning import clone_model
from elman.models.files import save as save_model
from elman.models.loading import load_model, model_from_json
from elman.models.model import Model
from elman.models.sequential import Sequential

if TYPE_CHECKING:
    from elman.models.online import OnlineLearner
    from elman.models.stream import Stream

__all__ = [
    "Input",
    "Model",
    "OnlineLearner",
    "Sequential",
    "Stream",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

CLASSES.update({"Sequential": Sequential, "Functional": Model, "Model": Model})


_LATER = Later[object](__name__, {"online": "OnlineLearner", "stream": "Stream"})


def __getattr__(name: str) -> object:
    if name in _LATER:
        return _LATER[name]
    raise _check.absent("elman.models", name, __all__)


def __dir__() -> list[str]:
    return __all__
