"""What is dL/d of the inputs, the weights and the initial state, for a given dL/d(outputs)?"""

from typing import Any

import numpy as np

from elman import _check, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection.untouched import untouched
from elman.layers import Layer
from elman.layers.parts import arguments, penalty, resets
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Mode
from elman.models import Model
from elman.models.data import Adapter
from elman.models.steps import compiled

RECORDING = Mode(training=False, record=True)


def gradients(
    model_or_layer: Layer,
    x: Any,
    output_gradients: Any = None,
    mask: Any = None,
    initial_state: Any = None,
    *,
    y: Any = None,
    sample_weight: Any = None,
    reset_mask: Any = None,
) -> dict[str, Any]:
    """Return the gradients of a number L: of the loss, or one known by its gradient at the outputs.

    A layer that has not been called is built by it; nothing else changes, the states that a
    stateful layer carries included.

    Args:
        model_or_layer: a model, or a layer.
        x: its inputs, as for a call.
        output_gradients: dL/d(output), of the output's shape; for several outputs a list, or a
            dictionary by output name. With `r` given here, L is `sum(outputs * r)`.
        y: targets, in place of `output_gradients`: L is then the loss that the model was compiled
            with, and what regularizers and layers add to it.
        sample_weight: (batch,) or (batch, timesteps), with `y`.
        mask: (batch, timesteps), True where a step counts.
        initial_state: the state before the first step, for a recurrent layer.
        reset_mask: (batch, timesteps), True where recurrent layers reset a sample before the step.

    Returns:
        A dictionary of lists: "inputs" (None for what has no gradient, such as the indices of
        an Embedding), "weights" in the order of
        `get_weights()`, and "initial_state", which is empty where none was given. With `y` also
        "loss", a number.

    Raises:
        ShapeError: a gradient does not have its output's shape.
        ArgumentError: an initial state is given for a model, or what is given is no array; or both
            or none of `output_gradients` and `y` are given.
        NotBuiltError: `y` is given for a model that is not compiled.

    >>> import numpy as np
    >>> from elman import gradients, layers
    >>> layer = layers.SimpleRNN(2)
    >>> found = gradients(layer, np.ones((1, 3, 4)), np.ones((1, 2)))
    >>> [g.shape for g in found["weights"]]
    [(4, 2), (2, 2), (2,)]
    """
    check_layer("gradients", "model_or_layer", model_or_layer)
    layer, states = model_or_layer, _states(initial_state)
    if (y is None) == (output_gradients is None):
        raise ArgumentError(
            f"{layer.owner}: one of `output_gradients` and `y` must be given; got "
            f"{'neither' if y is None else 'both'}."
        )
    if y is not None:
        return _of_the_loss(layer, x, y, sample_weight, mask, reset_mask)
    if isinstance(layer, Model):
        if states:
            raise ArgumentError(
                f"{layer.owner}: `initial_state` must be left out for a model; got "
                f"{len(states)} arrays. Make the state an `Input` of the model."
            )
        arrays = layer.enter(x)
    else:
        arrays = [
            arguments.as_array(layer.owner, "x", leaf) for leaf in [*_tree.flatten(x), *states]
        ]
        layer.ready([array.shape for array in arrays])
    with untouched(layer):
        mode = _with_resets(layer, RECORDING, reset_mask)
        outputs, _, tape = layer.run(tuple(arrays), layer.as_masks(mask, arrays), mode)
    douts = _output_gradients(layer, output_gradients, outputs)
    dinputs, dweights = layer.reverse(tape, tuple(douts))
    count = len(arrays) - len(states)
    return {
        "inputs": list(dinputs[:count]),
        "weights": list(dweights),
        "initial_state": list(dinputs[count:]),
    }


def _with_resets(layer: Layer, mode: Mode, reset_mask: Any) -> Mode:
    """Return the mode with a `reset_mask`, where one was given."""
    if reset_mask is None:
        return mode
    resets.check_heard(layer.owner, with_sublayers(layer))
    return mode._replace(resets=resets.given(layer.owner, reset_mask))


def _of_the_loss(
    model: Layer, x: Any, y: Any, sample_weight: Any, mask: Any, reset_mask: Any
) -> dict[str, Any]:
    """Return the gradients of the loss of a compiled model."""
    if not isinstance(model, Model):
        raise ArgumentError(
            f"{model.owner}: `y` must be left out for a layer, which has no loss; got targets. "
            "Give `output_gradients`."
        )
    chosen, adapter = compiled(model), Adapter(model, cut=False, beside={"mask": mask})
    batch = adapter.one(x, y, sample_weight)
    penalties = chosen.penalties(model)
    mode = _with_resets(model, penalties.mode(RECORDING), reset_mask)
    masks = tuple(batch.masks) or (None,) * len(batch.x)
    with untouched(model):
        outputs, out_masks, tapes = model.graph.forward(batch.x, masks, mode)
        out_masks = list(batch.judged_by(out_masks))
        loss, douts = chosen.judge(batch.y, outputs, out_masks, batch.weights)
    chosen.reset()
    dweights = [np.empty_like(weight.array) for weight in model.weights]
    pairs = zip(model.weights, dweights, strict=True)
    places = model.graph.places({id(weight): array for weight, array in pairs})
    dinputs = model.graph.backward(tapes, douts, places)
    for weight, gradient in zip(model.weights, dweights, strict=True):
        if weight.regularizer is not None and weight.trainable:
            gradient += penalty.gradient(weight.regularizer, weight.array)
    return {
        "inputs": list(dinputs),
        "weights": list(dweights),
        "initial_state": [],
        "loss": loss + penalties.total(mode),
    }


def check_layer(owner: str, name: str, value: Any) -> None:
    """Check that an argument is a layer or a model."""
    if not isinstance(value, Layer):
        raise ArgumentError(f"{owner}: `{name}` must be a layer or a model; got {value!r:.80}.")


def _states(initial_state: Any) -> list[Any]:
    if initial_state is None:
        return []
    return list(initial_state) if isinstance(initial_state, (list, tuple)) else [initial_state]


def _output_gradients(layer: Layer, given: Any, outputs: Any) -> list[Array]:
    """Return the gradients of the outputs as arrays, checked."""
    if isinstance(given, dict) and isinstance(layer, Model):
        given = [
            given[_check.one_of(layer.owner, "output_gradients", name, given)]
            for name in layer.output_names
        ]
    leaves = [given] if len(outputs) == 1 and not isinstance(given, (list, tuple, dict)) else None
    leaves = _tree.flatten(given) if leaves is None else leaves
    if len(outputs) == 1 and len(leaves) != 1:
        leaves = [given]
    if len(leaves) != len(outputs):
        raise ShapeError(
            f"{layer.owner}: `output_gradients` must be {len(outputs)} arrays; got {len(leaves)}."
        )
    arrays = [
        arguments.as_array(layer.owner, "output_gradients", leaf).astype(output.dtype)
        for leaf, output in zip(leaves, outputs, strict=True)
    ]
    for array, output in zip(arrays, outputs, strict=True):
        if array.shape != output.shape:
            raise ShapeError(
                f"{layer.owner}: `output_gradients` must have the output's shape {output.shape}; "
                f"got {array.shape}."
            )
    return arrays
