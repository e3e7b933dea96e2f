"""The same layer or model in float64, whatever classes it is made of.

The layers are copied one by one with their weights; what holds them together, such as the graph
of a model, is copied with the copies in place of the originals.
"""

import copy
from typing import Any, TypeVar

import numpy as np

from elman.layers import Layer
from elman.models.graph import Graph
from elman.parameters import Weight

L = TypeVar("L", bound=Layer)


def in_float64(layer: L) -> L:
    """Return a copy that computes in float64, with the same weights, carrying no state.

    Dropout that was switched on by hand, with `training=True`, is off in the copy.
    """
    return _layer(layer, {})


def _layer(layer: L, made: dict[int, Any]) -> L:
    if id(layer) not in made:
        twin = made[id(layer)] = copy.copy(layer)
        attributes = vars(twin)  # past the checks: what is built does not change its dtype
        attributes.pop("_known", None)  # which names parts of the original
        attributes.update((name, _value(value, made)) for name, value in attributes.items())
        if twin.dtype == "float32":
            attributes["dtype"] = "float64"
        if "stateful" in attributes:
            attributes["stateful"] = False
    found: L = made[id(layer)]
    return found


def _value(value: Any, made: dict[int, Any]) -> Any:
    """Return what takes the place of an attribute of a layer."""
    if isinstance(value, Layer):
        return _layer(value, made)
    if isinstance(value, Weight):
        return _weight(value, made)
    if isinstance(value, Graph):
        return _graph(value, made)
    if isinstance(value, dict):
        return {key: _value(part, made) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_value(part, made) for part in value)
    return value


def _weight(weight: Weight, made: dict[int, Any]) -> Weight:
    if id(weight) not in made:
        made[id(weight)] = twin = copy.copy(weight)
        twin.array = weight.array.astype(np.float64)
        twin.gradient = None
    found: Weight = made[id(weight)]
    return found


def _graph(graph: Graph, made: dict[int, Any]) -> Graph:
    return graph.with_layers({id(layer): _layer(layer, made) for layer in graph.layers})
