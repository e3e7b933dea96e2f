"""A layer that is called: with arrays it computes, on a tape it is recorded, with tensors drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from elman import _tree
from elman.errors import ArgumentError
from elman.gradient_tape import active, boxed
from elman.layers import arguments, context, taped
from elman.layers.passes import Mode
from elman.layers.symbolic import Node, SymbolicTensor

if TYPE_CHECKING:
    from elman.layers.base import Layer


def call(
    layer: "Layer", inputs: Any, states: Sequence[Any], mask: Any, training: bool | None
) -> Any:
    """Call a layer on arrays, boxes or symbolic tensors; see `Layer.__call__`."""
    leaves = [*_tree.flatten(inputs), *states]
    if is_symbolic(layer.owner, leaves):
        return _record(layer, inputs, leaves, len(states), mask, training)
    around, recorded = context.current(), active() is not None or any(map(boxed, leaves))
    names = ["x"] * (len(leaves) - len(states)) + ["initial_state"] * len(states)
    arrays = [
        leaf if boxed(leaf) else arguments.as_array(layer.owner, name, leaf)
        for name, leaf in zip(names, leaves, strict=True)
    ]
    layer.ready([array.shape for array in arrays])
    masks = arguments.as_masks(layer.owner, mask, arrays)
    if around is not None:
        masks = around.masks_of(leaves) if mask is None else masks
        training = around.training if training is None else training
    mode = Mode(bool(training), record=False, penalties=layer.wanted())
    if recorded:
        outputs, out_masks = taped.run(layer, arrays, masks, mode)
    else:
        outputs, out_masks, _ = layer.run(layer.cast(arrays), masks, mode)
    if around is not None:
        around.remember(outputs, out_masks)
    return layer.pack_outputs(outputs)


def is_symbolic(owner: str, leaves: Sequence[Any]) -> bool:
    """Say whether what a layer is called with is symbolic tensors.

    Raises:
        ArgumentError: some of it is, and some is not.
    """
    symbolic = [isinstance(leaf, SymbolicTensor) for leaf in leaves]
    if any(symbolic) and not all(symbolic):
        raise ArgumentError(
            f"{owner}: `inputs` must be all arrays or all symbolic tensors; got both."
        )
    return any(symbolic)


def _record(
    layer: "Layer",
    structure: Any,
    leaves: list[Any],
    states: int,
    mask: Any,
    training: bool | None,
) -> Any:
    """Write a call on symbolic tensors down, and return the tensors that it makes."""
    shapes = [leaf.shape for leaf in leaves]
    if layer.takes_sequences:
        arguments.check_sequence(layer.owner, leaves[0])
    layer.ready(shapes)
    if mask is not None:
        arguments.check_symbolic_mask(layer.owner, mask, leaves[0])
    node = Node(layer, structure, leaves, states, mask, training)
    layer.nodes.append(node)
    kept = layer.keeps_dtype and leaves[0].dtype.startswith("float")
    dtype = leaves[0].dtype if kept else layer.dtype
    node.outputs = [
        SymbolicTensor(shape, dtype, node, i) for i, shape in enumerate(layer.output_shapes(shapes))
    ]
    return layer.pack_outputs(node.outputs)
