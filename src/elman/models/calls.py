"""A model that is called: on arrays, inside a `call` or on a tape, as a layer, or as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman.gradient_tape import active, boxed, unboxed
from elman.layers.own import context
from elman.layers.parts import calling, taped
from elman.layers.parts.passes import IN_TRAINING, INFERENCE, Mode
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import feeding, resetting, taped_graph

if TYPE_CHECKING:
    from elman.models.model import Model
    from elman.models.stream import Stream


def call(
    model: "Model",
    inputs: Any,
    *,
    mask: Any = None,
    training: bool | None = None,
    reset_mask: Any = None,
) -> Any:
    """Compute with arrays, or use the model as a layer on symbolic tensors.

    Args:
        inputs: as the model was made: an array, a list, or a dictionary by input name.
        mask: (batch, timesteps), or a list of masks for several inputs.
        training: whether dropout is active.
        reset_mask: (batch, timesteps), True where recurrent layers reset a sample before the step;
            see `RNN`. All of them get it, but for those that were given their own.

    Returns:
        Arrays or symbolic tensors in the structure of the outputs.
    """
    if type(inputs) is np.ndarray and context.current() is None and active() is None:
        return _by_itself(model, inputs, mask, training, reset_mask)
    if any(isinstance(leaf, SymbolicTensor) for leaf in _tree.flatten(inputs)):
        tensors = _restructured(model, inputs)
        return calling.call(model, tensors, (), mask, training, reset_mask=reset_mask)
    if context.current() is not None or active() is not None or not _is_data(inputs):
        return _inside(model, inputs, mask, training, reset_mask)
    return _by_itself(model, inputs, mask, training, reset_mask)


def stream(model: "Model", batch: int = 1) -> "Stream":
    """Return the model as it is now, to be run a timestep at a time.

    Args:
        batch: how many sequences run side by side.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far; the message says which.

    Its `step(x)` takes microseconds and no memory; see `elman.models.Stream`.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> stream = model.stream()
    >>> stream.step(np.ones((1, 3), "float32")).shape
    (1, 4)
    """
    from elman.models.stream import Stream

    return Stream(model, batch)


def _by_itself(
    model: "Model", inputs: Any, mask: Any, training: bool | None, reset_mask: Any
) -> Any:
    """Call the model on arrays, with nothing around it."""
    arrays = model.enter(inputs)
    masks = (None,) * len(arrays) if mask is None else model.as_masks(mask, arrays)
    mode = IN_TRAINING if training else INFERENCE
    if model.may_penalize:
        mode = mode._replace(penalties=model.wanted())
    if reset_mask is not None:
        mode = mode._replace(resets=resetting.given(model, reset_mask))
    return model.pack_outputs(model.graph.forward(arrays, masks, mode)[0])


def _inside(model: "Model", inputs: Any, mask: Any, training: bool | None, reset_mask: Any) -> Any:
    """Call the model in a `call` of somebody's own, or on a tape."""
    arrays = model.enter(_tree.map_leaves(unboxed, inputs))
    values = [
        x if boxed(x) else array
        for x, array in zip(feeding.leaves(model, inputs), arrays, strict=True)
    ]
    masks, around = model.as_masks(mask, arrays), context.current()
    if around is not None:
        masks = around.masks_of(feeding.leaves(model, inputs)) if mask is None else masks
        training = around.training if training is None else training
    resets = None if around is None else around.resets
    if reset_mask is not None:
        resets = resetting.given(model, reset_mask)
    mode = Mode(bool(training), record=False, penalties=model.wanted(), resets=resets)
    outputs: Sequence[Any]
    out_masks: Sequence[Any]
    if active() is None and not any(map(boxed, values)):
        outputs, out_masks, _ = model.graph.forward(values, masks, mode)
    elif mode.penalties is not None and model.may_penalize:
        outputs, out_masks = taped_graph.run(model.graph, values, masks, mode)
    else:
        outputs, out_masks = taped.run(model, values, masks, mode)
    if around is not None:
        around.remember(outputs, out_masks)
        around.note(model, outputs)
    return model.pack_outputs(outputs)


def _restructured(model: "Model", tensors: Any) -> Any:
    """Return symbolic tensors in the structure of the inputs, matched as arrays are."""
    leaves = feeding.leaves(model, tensors) if model.built else []
    fits = model.built and len(leaves) == len(model.inputs)
    return _tree.pack(model.input_structure, leaves) if fits else tensors


def _is_data(inputs: Any) -> bool:
    """Say whether nothing of what a model is called with is in a tape's box."""
    return not any(map(boxed, _tree.flatten(inputs)))
