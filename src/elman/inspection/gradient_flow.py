"""Do gradients vanish or explode on their way back through time?"""

from typing import Any

import numpy as np

from elman.inspection import both_passes
from elman.inspection.by_name import ByName
from elman.inspection.finding import count
from elman.inspection.layer_flow import EXPLODING, HEALTHY, LayerFlow
from elman.inspection.layers_by_name import check_some, in_full
from elman.inspection.trace import Trace, trace
from elman.layers import Layer

SEED = 0  # of the signs that make a number of outputs where there are no targets


class GradientFlow:
    """What `gradient_flow` has found: a `LayerFlow` for each recurrent layer, in their order.

    `flow["lstm"]` is that of a layer.

    Attributes:
        layers: of all of them, by name.
        healthy: whether no layer's gradient vanishes, explodes or is none at all.
    """

    def __init__(self, traced: Trace) -> None:
        self._samples, self._timesteps = (
            next(iter(traced.values())).x.shape[:2] if traced else (0, 0)
        )
        known = {name: each for name, each in traced.items() if hasattr(each, "gradients")}
        flows = {name: LayerFlow(each) for name, each in known.items()}
        self.layers = ByName(f"gradient flow{traced.owner.removeprefix('trace')}", "layer", flows)

    def __getitem__(self, name: str) -> LayerFlow:
        return self.layers[in_full(name, self.layers) or name]

    @property
    def healthy(self) -> bool:
        """Whether no layer's gradient vanishes, explodes or is none at all."""
        return all(layer.verdict == HEALTHY for layer in self.layers.values())

    @property
    def exploding(self) -> bool:
        """Whether that of a layer explodes."""
        return any(layer.verdict == EXPLODING for layer in self.layers.values())

    def plot(self) -> Any:
        """Draw norms by lag and by timestep; return the figure, which takes matplotlib."""
        from elman.inspection.pictures import gradient_flow

        return gradient_flow.draw(self)

    def __str__(self) -> str:
        over, of = count(self._timesteps, "timestep"), count(self._samples, "sample")
        first = f"Gradients over {over}, of {of}:"
        return "\n".join([first, *(f"  {layer}" for layer in self.layers.values())])

    def __repr__(self) -> str:
        return f"<{self}>"


def gradient_flow(
    model_or_layer: Layer,
    x: Any,
    y: Any = None,
    mask: Any = None,
    *,
    output_gradients: Any = None,
    sample_weight: Any = None,
    reset_mask: Any = None,
) -> GradientFlow:
    """Return how the gradient changes on its way back through the timesteps, layer by layer.

    For each recurrent layer: the norm of dL/d(state) by timestep, and by lag, which is how many
    steps lie between a state and the last step of the layer at which the loss reads it, of the
    gradient of this one step. From this come the effective memory length and a verdict. The states
    are those of the recurrence: dL/dc is of c as the next step reads it, without its way through h.

    Args:
        model_or_layer: a model, or a layer.
        x: its inputs, as for a call.
        y: targets: L is then the loss that the model was compiled with. Without them, and without
            `output_gradients`, L is the sum of the outputs with signs that are drawn at random.
        mask: (batch, timesteps), True where a step counts.
        output_gradients: dL/d(output) in place of `y`, of the output's shape.
        sample_weight: (batch,) or (batch, timesteps), with `y`.
        reset_mask: (batch, timesteps), True where recurrent layers reset a sample before the step.

    Raises:
        ShapeError: a shape does not fit.
        ArgumentError: there is no recurrent layer of elman's cells; `y` and `output_gradients` are
            given both; what is given is no array.
        NotBuiltError: `y` is given for a model that is not compiled.

    >>> import elman, numpy as np
    >>> _ = elman.utils.set_random_seed(0)
    >>> model = elman.Sequential([elman.Input((50, 2)), elman.layers.LSTM(8, name="lstm")])
    >>> flow = elman.gradient_flow(model, np.ones((4, 50, 2)))
    >>> flow["lstm"].verdict, flow["lstm"].norms.shape
    ('vanishing', (50,))
    """
    both_passes.check_layer("gradient_flow", "model_or_layer", model_or_layer)
    if y is None and output_gradients is None:
        given = both_passes.enter(model_or_layer, x, mask=mask, reset_mask=reset_mask)
        generator = np.random.default_rng(SEED)
        outputs = both_passes.run(given).outputs
        output_gradients = [generator.choice([-1.0, 1.0], output.shape) for output in outputs]
    traced = trace(
        model_or_layer, x, y, mask, output_gradients=output_gradients,
        sample_weight=sample_weight, reset_mask=reset_mask,
    )  # fmt: skip
    found = GradientFlow(traced)
    check_some(model_or_layer.owner, found.layers, traced)
    return found
