"""What is dL/d of the inputs, the weights and the initial state, for a given dL/d(outputs)?"""

from typing import Any

from elman.errors import ArgumentError
from elman.inspection import both_passes
from elman.inspection.by_name import ByName
from elman.layers import Layer


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
        output_gradients: dL/d(output), of the output's shape; for several outputs a list, with None
            for zeros, or a dictionary by output name. With `r` given here, L is `sum(outputs * r)`.
        mask: (batch, timesteps), True where a step counts.
        initial_state: the state before the first step, for a recurrent layer.
        y: targets, in place of `output_gradients`, and by name alone: L is then the loss that the
            model was compiled with, and what regularizers and layers add to it.
        sample_weight: (batch,) or (batch, timesteps), with `y`.
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
    both_passes.check_layer("gradients", "model_or_layer", model_or_layer)
    layer = model_or_layer
    if (y is None) == (output_gradients is None):
        raise ArgumentError(
            f"{layer.owner}: one of `y` and `output_gradients` must be given; got "
            f"{'neither' if y is None else 'both'}."
        )
    given = both_passes.enter(
        layer, x, y, mask=mask, initial_state=initial_state,
        sample_weight=sample_weight, reset_mask=reset_mask,
    )  # fmt: skip
    found = both_passes.run(given, output_gradients=output_gradients)
    count = len(given.inputs) - given.states
    parts: dict[str, Any] = {
        "inputs": list(found.dinputs[:count]),
        "weights": list(found.dweights),
        "initial_state": list(found.dinputs[count:]),
    }
    if y is not None:
        parts["loss"] = found.loss
    return ByName(f"gradients of {layer.owner}", "name", parts)
