"""What is dL/d of the inputs, the weights and the initial state, for a given dL/d(outputs)?"""

from typing import Any

from elman import _check, _tree
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection.untouched import untouched
from elman.layers import Layer, arguments
from elman.layers.passes import Mode
from elman.models import Model

RECORDING = Mode(training=False, record=True)


def gradients(
    model_or_layer: Layer,
    x: Any,
    output_gradients: Any,
    mask: Any = None,
    initial_state: Any = None,
) -> dict[str, list[Any]]:
    """Return the gradients of a number L that is known by its gradient at the outputs.

    A layer that has not been called is built by it; nothing else changes, the states that a
    stateful layer carries included.

    Args:
        model_or_layer: a model, or a layer.
        x: its inputs, as for a call.
        output_gradients: dL/d(output), of the output's shape; for several outputs a list, or a
            dictionary by output name. With `r` given here, L is `sum(outputs * r)`.
        mask: (batch, timesteps), True where a step counts.
        initial_state: the state before the first step, for a recurrent layer.

    Returns:
        A dictionary of lists: "inputs" (None for what has no gradient, such as the indices of
        an Embedding), "weights" in the order of
        `get_weights()`, and "initial_state", which is empty where none was given.

    Raises:
        ShapeError: a gradient does not have its output's shape.
        ArgumentError: an initial state is given for a model, or what is given is no array.

    >>> import numpy as np
    >>> from elman import gradients, layers
    >>> layer = layers.SimpleRNN(2)
    >>> found = gradients(layer, np.ones((1, 3, 4)), np.ones((1, 2)))
    >>> [g.shape for g in found["weights"]]
    [(4, 2), (2, 2), (2,)]
    """
    check_layer("gradients", "model_or_layer", model_or_layer)
    layer, states = model_or_layer, _states(initial_state)
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
        outputs, _, tape = layer.run(
            tuple(arrays), arguments.as_masks(layer.owner, mask, arrays), RECORDING
        )
    douts = _output_gradients(layer, output_gradients, outputs)
    dinputs, dweights = layer.reverse(tape, tuple(douts))
    count = len(arrays) - len(states)
    return {
        "inputs": list(dinputs[:count]),
        "weights": list(dweights),
        "initial_state": list(dinputs[count:]),
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
