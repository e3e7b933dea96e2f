"""How a layer's weights are made, and given other numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.layers import arguments, naming, settings
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer


def add(
    layer: "Layer",
    shape: Any,
    initializer: Any,
    dtype: Any,
    trainable: bool,
    regularizer: Any,
    constraint: Any,
    name: str | None,
) -> Weight:
    """Make a weight of a layer; see `Layer.add_weight`."""
    owner = layer.owner
    if isinstance(shape, str):
        raise ArgumentError(
            f"{owner}: `shape` must be a tuple of sizes; got {shape!r}. "
            f"Give the name as `name={shape!r}`."
        )
    name = naming.automatic("Variable") if name is None else name
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    dtype = layer.dtype if dtype is None else dtype
    initialize = settings.initializer(owner, "initializer", initializer)
    array = np.array(
        arguments.as_array(owner, name, initialize(sizes, dtype)), dtype=dtype, order="C"
    )
    if array.shape != sizes:
        raise ShapeError(
            f"{owner}: `{name}` must have shape {sizes}; its initializer gave {array.shape}."
        )
    path = naming.path_of(layer.name, name)
    weight = Weight(array, name=name, path=path, trainable=trainable)
    weight.regularizer = settings.regularizer(owner, "regularizer", regularizer)
    weight.constraint = settings.constraint(owner, "constraint", constraint)
    weight.trainable = layer.trainable and trainable
    layer.own_weights.append(weight)
    return weight


def assign(layer: "Layer", weights: Sequence[Any]) -> None:
    """Replace all weights of a layer; see `Layer.set_weights`."""
    arrays = arguments.as_list(layer.owner, "weights", weights)
    if not layer.built and arrays:
        raise unbuilt(layer, "weights are set")
    own = layer.weights
    arguments.check_weights(layer.owner, own, arrays)
    for weight, array in zip(own, arrays, strict=True):
        weight.assign(array)


def unbuilt(layer: "Layer", what: str) -> NotBuiltError:
    """Return the error of something that can be done only later, such as "weights are set"."""
    return NotBuiltError(
        f"{layer.owner}: the layer must be built before {what}; it is not. Call it on data first, "
        "or `build(input_shape)`."
    )
