"""How a layer's weights are made, and given other numbers."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._construction import fitting
from elman.errors import (
    ArgumentError,
    FormatError,
    NotBuiltError,
    ShapeError,
    UnsupportedError,
)
from elman.layers.parts import arguments, naming, settings
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer

# How many numbers all weights to be made may have together, where a file holds no more.
_room: ContextVar[list[int] | None] = ContextVar("room", default=None)

AGGREGATIONS = (None, "none", "mean", "sum", "only_first_replica")


@contextmanager
def to_be_read(numbers: int) -> Iterator[None]:
    """Let weights that are made meanwhile begin as zeros, because a file has their numbers.

    Args:
        numbers: how many it has. A few bytes that describe a layer of a billion units take no
            memory: making more weights than that is a FormatError.
    """
    before = _room.set([numbers])
    try:
        yield
    finally:
        _room.reset(before)


def _begun(owner: str, name: str, sizes: Any, dtype: Any, initialize: Any) -> Any:
    """Return the first numbers of a weight."""
    room = _room.get()
    if room is None:
        return arguments.as_array(owner, name, initialize(sizes, dtype))
    room[0] -= math.prod(sizes)
    if room[0] < 0:
        raise FormatError(
            f"{owner}: `{name}` must be among what the file holds; got the shape {tuple(sizes)}, "
            "for which it has too few numbers."
        )
    return np.zeros(sizes, dtype)


@fitting
def add_weight(
    self: "Layer",
    shape: Any = None,
    initializer: Any = None,
    dtype: Any = None,
    trainable: bool = True,
    regularizer: Any = None,
    constraint: Any = None,
    name: str | None = None,
    *,
    autocast: bool = True,
    aggregation: str = "none",
    overwrite_with_gradient: bool = False,
) -> Weight:
    """Make a weight of this layer.

    Args:
        shape: its shape; one number by default.
        initializer: what gives its first numbers, a name or an object of `elman.initializers`, or a
            function of shape and dtype; "glorot_uniform" by default.
        dtype: "float32" or "float64"; the layer's by default.
        trainable: False for what training never changes, such as a moving average.
        regularizer: what penalises it, see `elman.regularizers`.
        constraint: what it is put through after each step, see `elman.constraints`.
        name: such as "kernel"; by default "variable" with a number.
        autocast: whether it is cast to the layer's dtype where it is used; it has it in any case.
        aggregation: how Keras joins it across devices; there is one here.
        overwrite_with_gradient: False; elman has no weights that are their own gradients.

    Its path begins with the layers that this one is made inside of.
    """
    _check.flag(self.owner, "autocast", autocast)
    _check.one_of(self.owner, "aggregation", aggregation, AGGREGATIONS)
    if overwrite_with_gradient:
        raise UnsupportedError(
            f"{self.owner}: `overwrite_with_gradient` must be False; got "
            f"{overwrite_with_gradient!r}. Set the weight yourself with `assign`."
        )
    initializer = "glorot_uniform" if initializer is None else initializer
    shape = () if shape is None else shape
    return add(self, shape, initializer, dtype, trainable, regularizer, constraint, name)


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
    array = np.array(_begun(owner, name, sizes, dtype, initialize), dtype=dtype, order="C")
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


def assign(self: "Layer", weights: Sequence[Any]) -> None:
    """Replace all weights.

    Args:
        weights: arrays in the order and of the shapes of `get_weights()`.

    Raises:
        NotBuiltError: the layer has no weights yet.
        ShapeError: a different number of arrays, or one of another shape; nothing is changed.
    """
    arrays = arguments.as_list(self.owner, "weights", weights)
    if not self.built and arrays:
        raise unbuilt(self, "weights are set")
    own = self.weights
    arguments.check_weights(self.owner, own, arrays)
    for weight, array in zip(own, arrays, strict=True):
        weight.assign(array)


def count_params(self: "Layer") -> int:
    """Return the number of weights' numbers."""
    if not self.built:
        raise unbuilt(self, "parameters are counted")
    return sum(weight.array.size for weight in self.weights)


def is_of_a_weight(layer: "Layer", name: str) -> bool:
    """Say whether a layer has an argument for how a weight of this name begins."""
    arguments = (f"{name}_initializer", f"{name.removesuffix('_kernel')}_initializer")
    return any(argument in type(layer).checks for argument in arguments)


def absent(layer: "Layer", name: str) -> AttributeError:
    """Return the error of a weight that a layer does not have, because it is not built."""
    return AttributeError(str(unbuilt(layer, f"`{name}` is there")), name=name, obj=layer)


def unbuilt(layer: "Layer", what: str) -> NotBuiltError:
    """Return the error of something that can be done only later, such as "weights are set"."""
    return NotBuiltError(
        f"{layer.owner}: the layer must be built before {what}; it is not. Call it on data first, "
        "or `build(input_shape)`."
    )
