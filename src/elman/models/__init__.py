"""Models: layers put together, and the training around them."""

from elman.layers import CLASSES, Input
from elman.models.config import model_from_json
from elman.models.model import Model
from elman.models.sequential import Sequential
from elman.saving import load_model

__all__ = ["Input", "Model", "Sequential", "load_model", "model_from_json"]

CLASSES.update({"Sequential": Sequential, "Functional": Model, "Model": Model})
