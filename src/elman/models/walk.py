"""Which nodes lie between inputs and outputs, and in which order they and their layers stand.

The order of layers, and so of weights, is Keras's: by depth, the longest way to an output, and
among equals in the order in which a walk from the outputs first meets them.
"""

from elman.errors import ArgumentError
from elman.layers import InputLayer, Layer
from elman.layers.parts.symbolic import Node, SymbolicTensor


def walk(
    owner: str, inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]
) -> tuple[list[Node], dict[int, int]]:
    """Return the nodes so that each stands behind its parents, and when each layer was first met.

    The walk keeps its own stack: a model of thousands of layers does not overflow Python's.
    """
    ends = {id(tensor) for tensor in inputs}
    order: list[Node] = []
    met: dict[int, int] = {}
    done: set[int] = set()
    for output in outputs:
        stack = [(output.node, False)]
        while stack:
            node, finished = stack.pop()
            if finished:
                order.append(node)
                continue
            if id(node) in done:
                continue
            done.add(id(node))
            met.setdefault(id(node.layer), len(met))
            is_input = isinstance(node.layer, InputLayer)
            if is_input and not any(id(tensor) in ends for tensor in node.outputs):
                raise ArgumentError(
                    f"{owner}: `inputs` must hold every input that the outputs need; "
                    f"'{node.layer.name}' is missing."
                )
            stack.append((node, True))
            stack.extend((parent, False) for parent in reversed(node.parents))
    return order, met


def by_depth(
    found: tuple[list[Node], dict[int, int]], inputs: list[SymbolicTensor]
) -> tuple[list[list[Node]], list[Layer]]:
    """Return the nodes by depth, the deepest first, and the layers in the same order.

    A node is as deep as the longest way from it to an output; a layer called several times is as
    deep as its deepest call.
    """
    order, met = found
    depth: dict[int, int] = {}
    layer_depth: dict[int, int] = {}
    layers: dict[int, Layer] = {}
    for node in reversed(order):
        key = id(node.layer)
        deepest = max(depth.get(id(node), 0), layer_depth.get(key, 0))
        depth[id(node)] = layer_depth[key] = deepest
        layers[key] = node.layer
        for parent in node.parents:
            depth[id(parent)] = max(depth.get(id(parent), 0), deepest + 1)
    for tensor in inputs:  # an input that no output needs
        if id(tensor.node) not in depth:
            order.insert(0, tensor.node)
            depth[id(tensor.node)], layer_depth[id(tensor.node.layer)] = 0, 0
            layers[id(tensor.node.layer)], met[id(tensor.node.layer)] = tensor.node.layer, -1
    levels = sorted(set(depth.values()), reverse=True)
    nodes = [[node for node in order if depth[id(node)] == level] for level in levels]
    ranked = sorted(layers, key=lambda key: (-layer_depth[key], met[key]))
    return nodes, [layers[key] for key in ranked]
