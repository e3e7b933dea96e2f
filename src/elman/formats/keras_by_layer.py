"""Weights that come layer by layer: a list of arrays for each layer with all that is inside it."""

from collections.abc import Sequence
from typing import Any

from elman._typing import Array
from elman._warning import warn
from elman.errors import FormatError
from elman.formats.keras_older_weights import in_file_order
from elman.layers import Layer
from elman.models import Model

# Layers, their arrays in the order of old files, and what these are called where they come from.
Pairs = Sequence[tuple[Layer, Sequence[Array], str]]


def assign(
    source: Any, model: Model, pairs: Pairs, skip_mismatch: bool = False, whole: bool = True
) -> None:
    """Give layers of a model their arrays, all of them or none.

    Args:
        source: where the arrays come from, for messages.
        model: a built model.
        pairs: layers of it, their arrays, and what these are called, each layer once.
        skip_mismatch: whether layers are left as they are, with a warning, where arrays do not fit.
        whole: whether every layer with weights must be there.

    Raises:
        FormatError: an array does not fit, or a layer has none; the model is unchanged.
    """
    found, left = [], []
    for layer, arrays, entry in pairs:
        wrong = _mismatch(layer, arrays, entry)
        if not wrong:
            found.append((layer, arrays))
        elif skip_mismatch:
            left.append(f"'{layer.name}'")
        else:
            raise not_of(source, model, f"{layer.owner} {wrong}")
    known = {id(layer) for layer, _, _ in pairs}
    for layer in model.layers:
        if whole and layer.weights and id(layer) not in known:
            raise not_of(source, model, f"for {layer.owner} it has nothing")
    if left:
        warn(f"{source}: `skip_mismatch` left the weights of {', '.join(left)} as they are.")
    for layer, arrays in found:
        for weight, array in zip(in_file_order(layer), arrays, strict=True):
            weight.assign(array)


def not_of(source: Any, model: Model, what: str) -> FormatError:
    """Return the error of weights that are not those of a model."""
    return FormatError(
        f"{source}: the file must hold the weights of {model.owner}; {what}. Weights are unchanged."
    )


def _mismatch(layer: Layer, arrays: Sequence[Array], entry: str) -> str:
    """Say in what arrays differ from a layer's weights, "" if in nothing."""
    weights = in_file_order(layer)
    if len(arrays) != len(weights):
        return f"has {len(weights)} weights, where '{entry}' has {len(arrays)}"
    for weight, array in zip(weights, arrays, strict=True):
        if weight.shape != array.shape:
            return f"has '{weight.name}' of shape {weight.shape}, where '{entry}' has {array.shape}"
    return ""
