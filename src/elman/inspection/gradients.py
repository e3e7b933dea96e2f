"""What is dL/d of the inputs, the weights and the initial state, for a given dL/d(outputs)?"""

from typing import Any

from elman.errors import ArgumentError
from elman.inspection import both_passes
from elman.layers import Layer


def gradients(
    model_or_layer: Layer,
    x: Any,
    y: Any = None,
    mask: Any = None,
    *,
    output_gradients: Any = None,
    initial_state: Any = None,
    sample_weight: Any = None,
    reset_mask: Any = None,
) -> dict[str, Any]:
    """Return the gradients of a number L: of the loss, or one known by its gradient at the outputs.

    A layer that has not been called is built by it; nothing else changes, the states that a
    stateful layer carries included.

    Args:
        model_or_layer: a model, or a layer.
        x: its inputs, as for a call.
        y: targets: L is then the loss that the model was compiled with, and what regularizers and
            layers add to it.
        mask: (batch, timesteps), True where a step counts.
        output_gradients: dL/d(output) in place of `y`, of the output's shape; for several outputs a
            list, or a dictionary by output name. With `r` given here, L is `sum(outputs * r)`.
        initial_state: the state before the first step, for a recurrent layer.
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
            or none of `y` and `output_gradients` are given.
        NotBuiltError: `y` is given for a model that is not compiled.

    >>> import numpy as np
    >>> from elman import gradients, layers
    >>> layer = layers.SimpleRNN(2)
    >>> found = gradients(layer, np.ones((1, 3, 4)), output_gradients=np.ones((1, 2)))
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
    gradients: dict[str, Any] = {
        "inputs": list(found.dinputs[:count]),
        "weights": list(found.dweights),
        "initial_state": list(found.dinputs[count:]),
    }
    return gradients if y is None else gradients | {"loss": found.loss}
