"""One step of training, and one of evaluation.

outputs, tape = forward(x)  ->  loss, douts  ->  dweights = backward(tape, douts)
          ->  the gradient buffers  ->  the optimizer  ->  constraints
"""

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

from elman.errors import ArgumentError, NotBuiltError
from elman.layers.parts.passes import INFERENCE, TRAINING, Mode
from elman.models import resetting
from elman.models.batches import Batch
from elman.models.compiled import Compiled, Plan
from elman.models.penalties import Penalties

if TYPE_CHECKING:
    from elman.models.model import Model
    from elman.models.whole import Whole


class NotCompiledError(NotBuiltError, AttributeError):
    """`compile` was not called, so that a model has no `optimizer` and no `loss` for `hasattr`."""


def compiled(model: "Model") -> Compiled:
    """Return what `compile` chose.

    Raises:
        NotCompiledError: `compile` was not called.
    """
    if model.compiled is None:
        raise NotCompiledError(
            f"{model.owner}: an optimizer and a loss must be chosen first. "
            "Call `compile(optimizer='adam', loss='mse')`."
        )
    return model.compiled


def train_step(
    model: "Model", batch: Batch, passing: Mode = TRAINING, whole: "Whole | None" = None
) -> None:
    """Take one step of training.

    Args:
        model: the model.
        batch: what to train on.
        passing: the mode of the forward pass.
        whole: what the batch is a chunk of, which has its loss and metrics then.
    """
    chosen = compiled(model)
    penalties = chosen.penalties(model)
    targets = batch if batch.y and chosen.loss is not None else _targets(model, batch)
    mode = passing if penalties.none else penalties.mode(passing)
    mode = resetting.mode(mode, batch)
    outputs, masks, tapes = model.graph.forward(batch.x, batch.masks or _none(batch), mode)
    masks = batch.judged_by(masks)
    total, douts = chosen.judge(targets.y, outputs, masks, targets.weights, whole)
    if chosen.lookout is not None and not isfinite(total):
        chosen.lookout.look(batch._replace(y=targets.y, weights=targets.weights))
    penalty = 0.0 if penalties.none else penalties.total(mode)
    update = partial(chosen.update_metrics, targets.y, outputs, masks, targets.weights)
    if whole is None:
        chosen.track(total + penalty, len(outputs[0]))
        update()
    else:
        whole.add_penalty(penalty)
        whole.update(chosen.metrics(), update)
    plan = chosen.plan(model)
    if not plan.buffers:
        return
    model.graph.backward(tapes, douts, plan.places)
    update_weights(chosen, plan, penalties)


def update_weights(chosen: Compiled, plan: Plan, penalties: Penalties) -> None:
    """Let the optimizer take a step by the gradients that lie in the buffers of a plan."""
    optimizer = chosen.optimizer
    if not penalties.none:
        penalties.add_gradients()
    if optimizer.loss_scale_factor is not None:
        for buffer in plan.buffers:
            buffer.gradients[...] = optimizer.scale_loss(buffer.gradients)
    optimizer.step_buffers(plan.buffers)
    if not penalties.none:
        penalties.constrain()


def test_step(model: "Model", batch: Batch) -> None:
    """Let the loss and the metrics see one batch."""
    chosen = compiled(model)
    penalties = chosen.penalties(model)
    targets = batch if batch.y and chosen.loss is not None else _targets(model, batch)
    mode = INFERENCE if penalties.none else penalties.mode(INFERENCE)
    mode = resetting.mode(mode, batch)
    outputs, masks, _ = model.graph.forward(batch.x, batch.masks or _none(batch), mode)
    masks = batch.judged_by(masks)
    total, _ = chosen.judge(targets.y, outputs, masks, targets.weights)
    chosen.track(total if penalties.none else total + penalties.total(mode), len(outputs[0]))
    chosen.update_metrics(targets.y, outputs, masks, targets.weights)


def _none(batch: Batch) -> tuple[None, ...]:
    """Return the masks of inputs of which every step counts."""
    return (None,) * len(batch.x)


def _targets(model: "Model", batch: Batch) -> Batch:
    """Return the batch, which must have what the loss is to be computed from."""
    chosen = compiled(model)
    if chosen.loss is None and not chosen.penalties(model).any:
        raise ArgumentError(
            f"{model.owner}: `loss` must be given to `compile` before training or evaluating."
        )
    if batch.y:
        return batch
    if chosen.loss is not None or chosen.metric or chosen.weighted:
        raise ArgumentError(f"{model.owner}: `y` must hold the targets; got None.")
    nothing = [None] * len(model.outputs)  # the loss is what layers add to it
    return batch._replace(y=nothing, weights=nothing)
