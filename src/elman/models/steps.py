"""One step of training, and one of evaluation.

outputs, tape = forward(x)  ->  loss, douts  ->  dweights = backward(tape, douts)
          ->  the gradient buffers  ->  the optimizer  ->  constraints
"""

from typing import TYPE_CHECKING

from elman.errors import ArgumentError, NotBuiltError
from elman.layers.passes import INFERENCE, TRAINING
from elman.models.compiled import Compiled
from elman.models.data import Batch

if TYPE_CHECKING:
    from elman.models.model import Model


def compiled(model: "Model") -> Compiled:
    """Return what `compile` chose.

    Raises:
        NotBuiltError: `compile` was not called.
    """
    if model.compiled is None:
        raise NotBuiltError(
            f"{model.owner}: an optimizer and a loss must be chosen first. "
            "Call `compile(optimizer='adam', loss='mse')`."
        )
    return model.compiled


def train_step(model: "Model", batch: Batch) -> None:
    """Take one step of training."""
    chosen = compiled(model)
    targets = _targets(model, batch)
    penalties = chosen.penalties(model)
    mode = penalties.mode(TRAINING)
    outputs, masks, tapes = model.graph.forward(batch.x, (None,) * len(batch.x), mode)
    penalty = penalties.total(mode)
    _, douts = chosen.loss_and_gradients(targets.y, outputs, masks, targets.weights, penalty)
    chosen.update_metrics(targets.y, outputs, masks)
    plan = chosen.plan(model.graph, lambda: model.weights)
    if plan.buffers:
        model.graph.backward(tapes, douts, plan.places)
        penalties.add_gradients()
        chosen.optimizer.apply(plan.buffers)
        penalties.constrain()


def test_step(model: "Model", batch: Batch) -> None:
    """Let the loss and the metrics see one batch."""
    chosen = compiled(model)
    targets = _targets(model, batch)
    penalties = chosen.penalties(model)
    mode = penalties.mode(INFERENCE)
    outputs, masks, _ = model.graph.forward(batch.x, (None,) * len(batch.x), mode)
    penalty = penalties.total(mode)
    chosen.loss_and_gradients(targets.y, outputs, masks, targets.weights, penalty)
    chosen.update_metrics(targets.y, outputs, masks)


def _targets(model: "Model", batch: Batch) -> Batch:
    """Return the batch, which must have targets."""
    if not batch.y:
        raise ArgumentError(f"{model.owner}: `y` must hold the targets; got None.")
    return batch
