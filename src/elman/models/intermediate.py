"""Models that begin in the middle of another: `Model(layer.output, outputs)`.

The layers in between are called once more, on new inputs of the same shapes; they are shared with
the model that the tensors are from, weights and all.
"""

from collections.abc import Sequence
from typing import Any

from elman import _tree
from elman.layers import Input, InputLayer
from elman.layers.symbolic import Node, SymbolicTensor
from elman.models.cloning import called_again


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
