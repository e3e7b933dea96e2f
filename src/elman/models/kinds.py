"""Whether a layer is a model, for the files that `model.py` imports."""

from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from elman.models.model import Model


@cache
def _base() -> "type[Model]":
    from elman.models.model import Model

    return Model


def is_model(layer: Any) -> "TypeGuard[Model]":
    """Say whether a layer is a model."""
    return isinstance(layer, _base())
