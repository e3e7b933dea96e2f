"""A layer that is called: with arrays it computes, on a tape it is recorded, with tensors drawn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman.errors import ArgumentError
from elman.gradient_tape import active, boxed
from elman.layers.own import context
from elman.layers.parts import arguments, input_spec, resets, taped
from elman.layers.parts.passes import Mode
from elman.layers.parts.symbolic import NO_OPTIONS, Node, Options, SymbolicTensor

if TYPE_CHECKING:
    from elman.layers.base import Layer


def call(
    layer: "Layer",
    inputs: Any,
    states: Sequence[Any],
    mask: Any,
    training: Any,
    options: Options = NO_OPTIONS,
    reset_mask: Any = None,
) -> Any:
    """Call a layer on arrays, boxes or symbolic tensors; see `Layer.__call__`, `RNN.__call__`.

    `options` are further arguments of the call, plain values by name, which the layer's `forward`
    and `output_shapes` take as one if there are any.
    """
    training = None if training is context.FOLLOW else training
    around, recorded = context.current(), active() is not None
    if type(inputs) is np.ndarray and not states:
        leaves, arrays = [inputs], [arguments.as_array(layer.owner, "x", inputs)]
    else:
        leaves = [*_tree.flatten(inputs), *states]
        if is_symbolic(layer.owner, leaves):
            return _record(layer, inputs, leaves, len(states), mask, training, options, reset_mask)
        recorded = recorded or any(map(boxed, leaves))
        names = ["x"] * (len(leaves) - len(states)) + [layer.states_name] * len(states)
        arrays = [
            leaf if boxed(leaf) else arguments.as_array(layer.owner, name, leaf)
            for name, leaf in zip(names, leaves, strict=True)
        ]
    if layer.input_spec is not None:
        input_spec.check(layer, inputs)
    layer.ready([array.shape for array in arrays])
    masks = (None,) * len(arrays) if mask is None else layer.as_masks(mask, arrays)
    if around is not None:
        masks = around.masks_of(leaves) if mask is None else masks
        training = around.training if training is None else training
    found = resets.given(layer.owner, reset_mask)
    if found is None and around is not None:
        found = around.resets
    watch = None if around is None else around.watch
    mode = Mode(bool(training), False, layer.wanted(), resets=found, watch=watch)
    given = (options,) if options else ()
    if recorded:
        outputs, out_masks = taped.run(layer, arrays, masks, mode, *given)
    else:
        outputs, out_masks, _ = layer.run(layer.cast(arrays), masks, mode, *given)
    if around is not None:
        around.remember(outputs, out_masks)
        around.note(layer, outputs)
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
    training: Any,
    options: Options,
    reset_mask: Any,
) -> Any:
    """Write a call on symbolic tensors down, and return the tensors that it makes."""
    shapes = [leaf.shape for leaf in leaves]
    if layer.takes_sequences:
        arguments.check_sequence(layer.owner, leaves[0])
    if layer.input_spec is not None:
        input_spec.check(layer, structure)
    layer.ready(shapes)
    masks = arguments.as_symbolic_masks(layer.owner, mask, leaves, layer.check_mask)
    given = (options,) if options else ()
    if reset_mask is not None:
        resets.check_symbolic(layer.owner, reset_mask, shapes[0])
    node = Node(layer, structure, leaves, states, masks, training, *given)
    node.reset_mask = reset_mask
    layer.nodes.append(node)
    kept = layer.keeps_dtype and leaves[0].dtype.startswith("float")
    dtype = leaves[0].dtype if kept else layer.dtype
    node.outputs = [
        SymbolicTensor(shape, dtype, node, i)
        for i, shape in enumerate(layer.output_shapes(shapes, *given))
    ]
    return layer.pack_outputs(node.outputs)
