"""A model like another: the same layers with new weights."""

from collections.abc import Callable
from typing import Any

from elman import _tree
from elman._construction import fitting
from elman.errors import ArgumentError
from elman.layers import Input, InputLayer, Layer
from elman.layers.saved.serialization import twin
from elman.models.intermediate import called_again
from elman.models.model import Model
from elman.models.sequential import Sequential


@fitting
def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
) -> Model:
    """Return a model of the same structure, with layers and weights of its own.

    Args:
        model: of any kind; it is not changed.
        input_tensors: symbolic tensors to begin with, in place of new inputs.
        clone_function: makes the new layer for each layer but the inputs; by default one of the
            same configuration. One that returns the layer itself shares it.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> clone_model(model).count_params() == model.count_params()
    True
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"clone_model: `model` must be a model; got {model!r:.60}.")
    make = _same if clone_function is None else clone_function
    if type(model).__init__ not in (Model.__init__, Sequential.__init__):
        return twin(model)
    if isinstance(model, Sequential):
        layers = [_clone(make, layer) for layer in model.layers]
        first: list[Any] = [] if input_tensors is None else _tree.flatten(input_tensors)
        if not first and model.built and not model.built_from_data:
            first = [_input(model.inputs[0].node.layer)]
        clone = type(model)([*first, *layers], trainable=model.trainable, name=model.name)
        if model.built_from_data:
            clone.build(model.input_shape)
        return clone
    if model.is_own:
        return twin(model)
    return _rebuilt(model, input_tensors, make)


def _rebuilt(model: Model, input_tensors: Any, make: Callable[[Layer], Layer]) -> Model:
    """Return a functional model whose calls are made again with new layers."""
    given = None if input_tensors is None else iter(_tree.flatten(input_tensors))
    tensors = {
        id(old): _input(old.node.layer) if given is None else next(given) for old in model.inputs
    }
    layers: dict[int, Layer] = {}
    for node in model.graph.nodes:
        if isinstance(node.layer, InputLayer):
            continue
        if id(node.layer) not in layers:
            layers[id(node.layer)] = _clone(make, node.layer)
        made = _tree.flatten(called_again(layers[id(node.layer)], node, tensors))
        tensors.update(zip(map(id, node.outputs), made, strict=True))

    def new(old: Any) -> Any:
        return tensors[id(old)]

    inputs = _tree.map_leaves(new, model.input_structure)
    return type(model)(inputs, _tree.map_leaves(new, model.output_structure), name=model.name)


def _clone(make: Callable[[Layer], Layer], layer: Layer) -> Layer:
    clone = make(layer)
    if not isinstance(clone, Layer):
        raise ArgumentError(
            f"clone_model: `clone_function` must return a layer; got {clone!r:.60} for "
            f"{layer.owner}."
        )
    return clone


def _same(layer: Layer) -> Layer:
    return twin(layer)


def _input(layer: Layer) -> Any:
    assert isinstance(layer, InputLayer)
    return Input(batch_shape=layer.batch_shape, dtype=layer.dtype, name=layer.name)
