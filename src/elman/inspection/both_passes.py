"""Both passes through a model or a layer, to look at and not to learn from.

    outputs, loss = forward(x)        dinputs, dweights = backward(dL/d(outputs))

L is a number: the loss that a model was compiled with, or one known by its gradient at the outputs.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import _check, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.inspection.untouched import untouched
from elman.layers import Layer
from elman.layers.parts import arguments, penalty, resets
from elman.layers.parts.nesting import known_weights, with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.models import Model, resetting
from elman.models.batches import Batch
from elman.models.data import Adapter
from elman.models.lengths import is_listed
from elman.models.steps import compiled

RECORDING = Mode(training=False, record=True)


class Given(NamedTuple):
    """What goes in, checked and copied.

    Attributes:
        layer: the model or layer.
        inputs: its inputs; of a layer the initial states too.
        masks: one an input.
        states: how many of the inputs are initial states.
        y, weights: targets and their weights, one an output; empty where there are none.
        judged_by: the masks that the loss is given, from those of the outputs.
        resets: before which steps samples are reset, or None.
    """

    layer: Layer
    inputs: Arrays
    masks: Masks
    states: int = 0
    y: Sequence[Any] = ()
    weights: Sequence[Any] = ()
    judged_by: Any = list
    resets: Any = None


class Found(NamedTuple):
    """What came out.

    Attributes:
        outputs: of the model or layer, in a row.
        masks: theirs.
        loss: L, with what regularizers and layers add; None where no targets were given.
        dinputs: dL/d(input) of each input, None for what has none.
        dweights: dL/d(weight), in the order of `get_weights()`; empty without the way back, and of
            a watched one that was not to find them.
    """

    outputs: Arrays
    masks: Masks
    loss: float | None = None
    dinputs: Sequence[Array | None] = ()
    dweights: Sequence[Array] = ()


def enter(
    layer: Layer,
    x: Any,
    y: Any = None,
    *,
    mask: Any = None,
    initial_state: Any = None,
    sample_weight: Any = None,
    reset_mask: Any = None,
    lengths: Any = None,
) -> Given:
    """Return what a user gave, checked; a layer that was not called is built.

    Raises:
        ArgumentError: an initial state is given for a model, targets for a layer, or what is given
            is no array.
        ShapeError: a shape does not fit.
        NotBuiltError: targets are given for a model that is not compiled.
    """
    if sample_weight is not None and y is None:
        raise ArgumentError(
            f"{layer.owner}: `sample_weight` must be left out without `y`, whose loss it is for; "
            "got weights. Scale `output_gradients`, if you give them."
        )
    found = None
    if reset_mask is not None:
        resets.check_heard(layer.owner, with_sublayers(layer))
        found = resets.given(layer.owner, reset_mask)
    states = _states(initial_state)
    if not isinstance(layer, Model):
        _check_for_a_layer(layer, y, lengths)
        leaves = [*_tree.flatten(x), *states]
        arrays = [arguments.as_array(layer.owner, "x", leaf) for leaf in leaves]
        layer.ready([array.shape for array in arrays])
        masks = layer.as_masks(mask, arrays)
        return Given(layer, _copies(arrays), _copies(masks), len(states), resets=found)
    if states:
        raise ArgumentError(
            f"{layer.owner}: `initial_state` must be left out for a model; got "
            f"{len(states)} arrays. Make the state an `Input` of the model."
        )
    if y is None and lengths is None and not is_listed(layer, x):
        arrays = layer.enter(x)
        return Given(layer, _copies(arrays), _copies(layer.as_masks(mask, arrays)), resets=found)
    if y is not None:
        compiled(layer)
    beside = {"mask": mask, "lengths": lengths}
    batch = Adapter(layer, cut=False, beside=beside).one(x, y, sample_weight)
    return of_batch(layer, batch)._replace(resets=found)


def _check_for_a_layer(layer: Layer, y: Any, lengths: Any) -> None:
    """Check that nothing is given that a model alone can take."""
    if y is not None:
        raise ArgumentError(
            f"{layer.owner}: `y` must be left out for a layer, which has no loss; got targets. "
            "Give `output_gradients`."
        )
    if lengths is not None:
        raise ArgumentError(
            f"{layer.owner}: `lengths` must be left out for a layer; got them. Give `mask`."
        )


def of_batch(model: Model, batch: Batch) -> Given:
    """Return a batch as what goes in."""
    inputs, masks = _copies(batch.x), _copies(batch.masks) or (None,) * len(batch.x)
    resets = resetting.mode(RECORDING, batch).resets
    return Given(model, inputs, masks, 0, batch.y, batch.weights, batch.judged_by, resets)


def _copies(arrays: Sequence[Array | None]) -> tuple[Any, ...]:
    """Return arrays that nobody writes to while what was seen of them is looked at."""
    return tuple([None if array is None else array.copy() for array in arrays])


def run(given: Given, mode: Mode = RECORDING, output_gradients: Any = None) -> Found:
    """Run both passes, or the first where nothing says what L is."""
    if given.resets is not None:
        mode = mode._replace(resets=given.resets)
    if given.y:
        return _of_the_loss(given, mode)
    there = output_gradients is not None
    with untouched(given.layer, training=mode.training):
        outputs, masks, tape = _forward(given, mode if there else mode._replace(record=False))
    if not there:
        return Found(outputs, masks)
    douts = _output_gradients(given.layer, output_gradients, outputs)
    return Found(outputs, masks, None, *_backward(given.layer, tape, douts))


def _of_the_loss(given: Given, mode: Mode) -> Found:
    """Run both passes through a compiled model, L being its loss."""
    model, chosen = given.layer, _its_loss(given)
    penalties = chosen.penalties(model)
    mode = penalties.mode(mode)
    with untouched(model, training=mode.training):
        outputs, masks, tapes = _forward(given, mode)
        judged = list(given.judged_by(masks))
        loss, douts = chosen.judge(given.y, outputs, judged, given.weights, track=False)
    dinputs, dweights = _backward(model, tapes, douts)
    if mode.watch is not None and not mode.watch.need_weights:
        dweights = ()  # those of recurrent layers were left out
    else:
        for weight, gradient in zip(known_weights(model), dweights, strict=True):
            if weight.regularizer is not None and weight.trainable:
                gradient += penalty.gradient(weight.regularizer, weight.array)
    return Found(outputs, masks, loss + penalties.total(mode), dinputs, dweights)


def _its_loss(given: Given) -> Any:
    """Return what `compile` chose.

    Raises:
        UnsupportedError: the model has another loss.
    """
    model: Any = given.layer
    if "compute_loss" in model.steps_anew:
        raise UnsupportedError(
            f"{model.owner}: `y` must be left out where the class has a `compute_loss` of its own; "
            "got targets. Give `output_gradients`, dL/d(output)."
        )
    return compiled(model)


def _forward(given: Given, mode: Mode) -> tuple[Arrays, Masks, Any]:
    """Run the first pass; a model's as the graph of its layers, also where it has a `call`."""
    layer: Any = given.layer
    if not (isinstance(layer, Model) and layer.drawn):
        return layer.run(given.inputs, given.masks, mode)
    outputs, masks, tapes = layer.graph.forward(given.inputs, given.masks, mode)
    return tuple(outputs), tuple(masks), tapes


def _backward(layer: Any, tape: Any, douts: Any) -> tuple[Sequence[Any], Sequence[Array]]:
    """Undo it: return the gradients of the inputs, and of all weights."""
    if not (isinstance(layer, Model) and layer.drawn):
        return layer.reverse(tape, tuple(douts))
    weights = known_weights(layer)
    dweights = [np.empty_like(weight.array) for weight in weights]
    pairs = zip(weights, dweights, strict=True)
    places = layer.graph.places({id(weight): array for weight, array in pairs})
    return layer.graph.backward(tape, douts, places), dweights


def loss(given: Given) -> float:
    """Return L of a compiled model, without the way back."""
    model, chosen = given.layer, _its_loss(given)
    penalties = chosen.penalties(model)
    mode = penalties.mode(Mode(training=False, record=False, resets=given.resets))
    with untouched(model):
        outputs, masks, _ = _forward(given, mode)
        judged = list(given.judged_by(masks))
        found, _ = chosen.judge(given.y, outputs, judged, given.weights, track=False)
    return found + penalties.total(mode)


def check_layer(owner: str, name: str, value: Any) -> None:
    """Check that an argument is a layer or a model."""
    if not isinstance(value, Layer):
        raise ArgumentError(f"{owner}: `{name}` must be a layer or a model; got {value!r:.80}.")


def _states(initial_state: Any) -> list[Any]:
    if initial_state is None:
        return []
    return list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]


def _output_gradients(layer: Layer, given: Any, outputs: Any) -> list[Array]:
    """Return the gradients of the outputs as arrays, checked; zeros for None."""
    owner = layer.owner
    if isinstance(given, dict) and isinstance(layer, Model):
        for name in given:
            _check.one_of(owner, "output_gradients", name, layer.output_names)
        leaves = [given.get(name) for name in layer.output_names]
    elif len(outputs) == 1 and not (isinstance(given, (list, tuple, dict)) and len(given) == 1):
        leaves = [given]
    else:
        leaves = _tree.flatten(given)
    if len(leaves) != len(outputs):
        raise ShapeError(
            f"{owner}: `output_gradients` must be {len(outputs)} arrays; got {len(leaves)}."
        )
    pairs = zip(leaves, outputs, strict=True)
    return [_output_gradient(owner, leaf, output) for leaf, output in pairs]


def _output_gradient(owner: str, given: Any, output: Array) -> Array:
    if given is None:
        return np.zeros_like(output)
    array = arguments.as_array(owner, "output_gradients", given).astype(output.dtype)
    if array.shape != output.shape:
        raise ShapeError(
            f"{owner}: `output_gradients` must have the output's shape {output.shape}; "
            f"got {array.shape}."
        )
    return array
