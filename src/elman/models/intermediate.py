"""Models that begin in the middle of another: `Model(layer.output, outputs)`.

The layers in between are called once more, on new inputs of the same shapes; they are shared with
the model that the tensors are from, weights and all.
"""

from collections.abc import Sequence
from typing import Any

from elman import _tree
from elman.layers import Input, InputLayer, Layer
from elman.layers.own.call_arguments import CallArguments
from elman.layers.parts.symbolic import Node, SymbolicTensor


def rerouted(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Return inputs that `Input` made, and the outputs as they follow from these."""
    tensors: dict[int, SymbolicTensor] = {}
    for tensor in _tree.flatten(inputs):
        own = isinstance(tensor.node.layer, InputLayer)
        tensors[id(tensor)] = tensor if own else Input(batch_shape=tensor.shape, dtype=tensor.dtype)
    for node in _between(tensors, _tree.flatten(outputs)):
        made = _tree.flatten(called_again(node.layer, node, tensors))
        tensors.update(zip(map(id, node.outputs), made, strict=True))

    def new(old: SymbolicTensor) -> SymbolicTensor:
        return tensors[id(old)]

    return _tree.map_leaves(new, inputs), _tree.map_leaves(new, outputs)


def called_again(layer: Layer, node: Node, tensors: dict[int, Any]) -> Any:
    """Call a layer as another one was."""
    if isinstance(node.arguments, CallArguments):
        args, kwargs = node.arguments.filled([tensors[id(t)] for t in node.inputs])
        return layer(*args, **kwargs)
    options: dict[str, Any] = dict(node.arguments or {})
    if node.states:
        states = [tensors[id(t)] for t in node.inputs[-node.states :]]
        options[layer.states_name] = layer.pack_states(states)
    if node.masks:
        masks = [None if mask is None else tensors[id(mask)] for mask in node.masks]
        options["mask"] = masks if _tree.is_nested(node.structure) else masks[0]
    if node.training is not None:
        options["training"] = node.training
    if node.reset_mask is not None:
        options["reset_mask"] = tensors[id(node.reset_mask)]
    return layer(_tree.map_leaves(lambda old: tensors[id(old)], node.structure), **options)


def _between(tensors: dict[int, SymbolicTensor], outputs: Sequence[SymbolicTensor]) -> list[Node]:
    """Return the calls between tensors and outputs, each behind what it needs."""
    order: list[Node] = []
    done: set[int] = set()
    stack = [(output, False) for output in reversed(outputs)]
    while stack:
        tensor, finished = stack.pop()
        node = tensor.node
        if finished:
            order.append(node)
        elif isinstance(node.layer, InputLayer):
            tensors.setdefault(id(tensor), tensor)  # one that was not named, which is an error
        elif id(tensor) not in tensors and id(node) not in done:
            done.add(id(node))
            stack.append((tensor, True))
            stack.extend((source, False) for source in reversed(node.reads))
    return order
