"""A model that is called: on arrays, inside a `call` or on a tape, as a layer, or as a stream."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman.errors import ArgumentError
from elman.gradient_tape import active, boxed, unboxed
from elman.layers.own import context
from elman.layers.parts import calling, taped
from elman.layers.parts.passes import IN_TRAINING, INFERENCE, Mode
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import feeding, resetting, taped_graph
from elman.models.batches import Batch
from elman.models.lengths import apart, enter, is_listed
from elman.models.settling import settle

if TYPE_CHECKING:
    from elman.models.model import Model
    from elman.models.stream import Stream


def call(
    model: "Model",
    inputs: Any,
    *,
    mask: Any = None,
    training: bool | None = None,
    lengths: Any = None,
    reset_mask: Any = None,
) -> Any:
    """Compute with arrays, or use the model as a layer on symbolic tensors.

    Args:
        inputs: as the model was made: an array, a list, or a dictionary by input name. For an
            input of sequences it may be a list of arrays of different lengths, as in `predict`.
        mask: (batch, timesteps), or a list of masks for several inputs. What stands at the steps
            that do not count is taken for zeros.
        training: whether dropout is active.
        lengths: (batch,) how many timesteps of each sample count, in place of a mask.
        reset_mask: (batch, timesteps), True where recurrent layers reset a sample before the step;
            see `RNN`. All of them get it, but for those that were given their own.

    Returns:
        Arrays or symbolic tensors in the structure of the outputs; for a list of arrays outputs
        per step are lists.
    """
    alone, how = context.current() is None and active() is None, (training, reset_mask)
    if mask is lengths is None and alone and type(inputs) is np.ndarray and inputs.dtype != "O":
        return _by_itself(model, inputs, *how)
    leaves = _tree.flatten(inputs)
    if any(boxed(leaf) or isinstance(leaf, SymbolicTensor) for leaf in leaves):
        if lengths is not None:
            raise ArgumentError(
                f"{model.owner}: `lengths` must be left out where `inputs` is symbolic or on a "
                "tape; got both. Give `mask`."
            )
        if any(isinstance(leaf, SymbolicTensor) for leaf in leaves):
            tensors = _restructured(model, inputs)
            return calling.call(model, tensors, (), mask, training, reset_mask=reset_mask)
        return _inside(model, inputs, mask, *how)
    if lengths is not None or is_listed(model, inputs) or (mask is not None and alone):
        return _with_masks(model, inputs, lengths, mask, *how)
    return _by_itself(model, inputs, *how) if alone else _inside(model, inputs, mask, *how)


def _with_masks(
    model: "Model", inputs: Any, lengths: Any, mask: Any, training: bool | None, reset_mask: Any
) -> Any:
    """Call the model on sequences of which not every step counts."""
    arrays, beside = enter(model, inputs, lengths, mask)
    batch = settle(model, Batch(arrays, [], [], beside), cut=False)
    masks = batch.masks or (None,) * len(batch.x)
    if context.current() is None and active() is None:
        mode = _mode(model, training, reset_mask)
        outputs, found, _ = model.graph.forward(batch.x, masks, mode)
        return model.pack_outputs(apart(model, batch, outputs, found))
    x: Any = list(batch.x) if len(batch.x) > 1 else batch.x[0]
    if isinstance(inputs, dict):
        x = dict(zip(model.input_names, batch.x, strict=True))
    given = None if all(each is None for each in masks) else list(masks)
    given = given if given is None or len(given) > 1 else given[0]
    found = _inside(model, x, given, training, reset_mask)
    return _tree.pack(found, apart(model, batch, _tree.flatten(found)))


def _mode(model: "Model", training: bool | None, reset_mask: Any) -> Mode:
    mode = IN_TRAINING if training else INFERENCE
    if reset_mask is not None:
        mode = mode._replace(resets=resetting.given(model, reset_mask))
    return mode._replace(penalties=model.wanted()) if model.may_penalize else mode


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


def _by_itself(model: "Model", inputs: Any, training: bool | None, reset_mask: Any) -> Any:
    """Call the model on arrays of which every step counts, with nothing around it."""
    arrays = model.enter(inputs)
    none, mode = (None,) * len(arrays), _mode(model, training, reset_mask)
    return model.pack_outputs(model.graph.forward(arrays, none, mode)[0])


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
    watch = None if around is None else around.watch
    mode = Mode(bool(training), False, model.wanted(), resets=resets, watch=watch)
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
