"""Steps of your own: `train_step`, `test_step`, `predict_step`, `compute_loss`, `compute_metrics`.

    class Model(elman.Model):
        def train_step(self, data):
            x, y = data
            with elman.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=y_pred)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            …
            return {metric.name: metric.result() for metric in self.metrics}

The functions here are what `Model` has under these names. A class that defines none of them anew
is trained by `elman.models.steps`, which does the same without a tape.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman.errors import ArgumentError
from elman.gradient_tape import GradientTape, record, unboxed
from elman.layers.own import context
from elman.metrics import Metric
from elman.models import resetting
from elman.models.batches import Batch
from elman.models.compiled_loss import CompiledLoss, Targets
from elman.models.compiled_metrics import CompiledMetrics
from elman.models.lengths import apart
from elman.models.own_metrics import own_metrics
from elman.models.steps import compiled

if TYPE_CHECKING:
    from elman.models.model import Model


class NotGiven:
    """Stands for a target where none is given, as None is one that is missing."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()
Logs = Callable[[], dict[str, Any]]


# ---------------------------------------------------------------------- what a `Model` has


def train_step(
    model: "Model",
    data: Any,
    y_t: Any = NOT_GIVEN,
    *,
    sample_weight: Any = None,
    return_dict: bool = False,
    reset_mask: Any = None,
) -> Any:
    """Take one step of training on a batch, or learn from one timestep as it arrives.

        train_step(data)         as in Keras, and what a class of your own may define anew
        train_step(x_t, y_t)     the state is carried from call to call

    Args:
        data: (x, y) or (x, y, sample_weight); or with `y_t` the timestep x_t, (batch, features).
        y_t: its target, (batch, output features). The batch axis may be left out of both where it
            is 1.
        sample_weight, return_dict, reset_mask: with `y_t`, see `OnlineLearner.learn`.

    Returns:
        The metrics so far; with `y_t` the loss of this timestep, or with metrics a list, as from
        `train_on_batch`.

    What learns is `model.online_learner`, whose `reset()` begins a new sequence; how it does so
    is chosen in `model.online(…)`, which makes others.
    """
    if y_t is not NOT_GIVEN:
        return model.online_learner.learn(data, y_t, sample_weight, return_dict, reset_mask)
    beside = {"sample_weight": sample_weight, "reset_mask": reset_mask}
    given = next((name for name, value in beside.items() if value is not None), "return_dict")
    if given != "return_dict" or return_dict:
        raise ArgumentError(
            f"{model.owner}: `{given}` must be left out of `train_step(data)`, whose data are "
            "(x, y, sample_weight); it is for `train_step(x_t, y_t)`."
        )
    x, y, sample_weight = unpack(data)
    with GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        scaled = model.optimizer.scale_loss(loss)
    weights = model.trainable_weights
    track(model, loss, y_pred)
    model.optimizer.apply(tape.gradient(scaled, weights), weights)
    return model.compute_metrics(x, y, y_pred, sample_weight)


def test_step(model: "Model", data: Any) -> dict[str, Any]:
    """Let loss and metrics see a batch, and return them so far."""
    x, y, sample_weight = unpack(data)
    y_pred = model(x, training=False)
    track(model, model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight), y_pred)
    return model.compute_metrics(x, y, y_pred, sample_weight)


def predict_step(model: "Model", data: Any) -> Any:
    """Return the outputs for a batch."""
    return model(unpack(data)[0], training=False)


def compute_loss(
    model: "Model",
    x: Any = None,
    y: Any = None,
    y_pred: Any = None,
    sample_weight: Any = None,
    training: bool = True,
) -> Any:
    """Return the loss that `compile` chose, with what layers and regularizers add to it.

    Args:
        x: the inputs, which the losses of `compile` do not read.
        y: the targets.
        y_pred: what the model returned for x.
        sample_weight: (batch,) or (batch, timesteps).
        training: whether it is a step of training.
    """
    outputs = _tree.flatten(y_pred)
    chosen, targets = compiled(model), Targets.of(model, y, outputs, sample_weight)
    total = record(CompiledLoss(chosen, targets), *outputs)
    for penalty in model.losses:
        total = total + (penalty.sum() if np.ndim(unboxed(penalty)) else penalty)
    return total


def compute_metrics(
    model: "Model", x: Any, y: Any, y_pred: Any, sample_weight: Any = None
) -> dict[str, Any]:
    """Let the metrics of `compile` see a batch, and return all metrics so far."""
    CompiledMetrics(model).update_state(y, y_pred, sample_weight)
    return get_metrics_result(model)


def get_metrics_result(model: "Model") -> dict[str, Any]:
    """Return the result of each metric by name."""
    own = {metric.name: metric.result() for metric in own_metrics(model)}
    return compiled(model).results() | own


def _metrics(model: "Model") -> list[Metric]:
    """The mean of the loss, the metrics of `compile` as one, and the model's own.

    Between the latter come, where several outputs have a loss, the means of those.
    """
    own = own_metrics(model)
    if model.compiled is None:
        return own
    total, *each = model.compiled.means()
    return [total, CompiledMetrics(model), *each, *own]


def reset_metrics(model: "Model") -> None:
    """Forget what the metrics have seen."""
    if type(model).metrics is _METRICS and model.compiled is not None and not own_metrics(model):
        model.compiled.reset()
        return
    for metric in model.metrics:
        metric.reset_state()


metrics = _METRICS = property(_metrics)


# ---------------------------------------------------------------------- how they are run


DEFAULTS: dict[str, Callable[..., Any]] = {
    "train_step": train_step,
    "test_step": test_step,
    "predict_step": predict_step,
    "compute_loss": compute_loss,
    "compute_metrics": compute_metrics,
}


def defined_by(kind: Any) -> frozenset[str]:
    """Return which steps a class of models has, wholly or what they are made of, of its own."""
    made_of = ("compute_loss", "compute_metrics")
    anew = {name for name, default in DEFAULTS.items() if getattr(kind, name) is not default}
    steps = {"train_step", "test_step"}
    return frozenset(anew | steps if anew & set(made_of) else anew)


def take(model: "Model", name: str, batch: Batch, alone: bool = False) -> Logs:
    """Take a step of the model's own, and return what gives its logs.

    Args:
        model: the model.
        name: of the step.
        batch: one batch of a pass over data, or `alone`. As in Keras a step is given x, (x, y) or
            (x, y, sample_weight), and in a batch that is alone all three, None what is missing.
        alone: whether it is.
    """
    data = _data(model, batch)
    if not alone:
        data = tuple(part for part in data if part is not None)
        data = data[0] if len(data) == 1 and not isinstance(data[0], (list, tuple)) else data
    with context.around_step(resetting.of_batch(batch)):
        _remember(batch)
        logs = getattr(model, name)(data)
    if not isinstance(logs, dict):
        raise ArgumentError(
            f"{model.owner}: `{name}` must return a dictionary of metrics; got "
            f"{type(logs).__name__}. Return `{{m.name: m.result() for m in self.metrics}}`."
        )
    found = {key: _number(value) for key, value in _flat(logs).items()}
    return lambda: found


def _remember(batch: Batch) -> None:
    """Let the arrays of a batch have their masks in the step that is under way."""
    around = context.current()
    if around is not None:
        around.remember(batch.x, batch.masks)
        around.remember(batch.y, batch.y_masks)


def _number(value: Any) -> Any:
    """Return what a step has reported, out of its box; an array of one number as that."""
    value = unboxed(value)
    return float(value) if isinstance(value, np.generic) or np.shape(value) == () else value


def predicting(model: "Model", alone: bool = False) -> tuple[Callable[[Batch], Any], Any]:
    """Return what takes a `predict_step` of the model's own, and what nests its results."""
    structure: list[Any] = []

    def take(batch: Batch) -> list[Any]:
        x = _data(model, batch)[0]
        with context.around_step(resetting.of_batch(batch)):
            _remember(batch)
            found = model.predict_step((x,) if alone or isinstance(x, (list, tuple)) else x)
        structure[:] = [_tree.map_leaves(lambda leaf: None, found)]
        outputs = [np.asarray(unboxed(y)) for y in _tree.flatten(found)]
        return apart(model, batch, outputs) if batch.lengths else outputs

    return take, lambda leaves: _tree.pack(structure[0], list(leaves))


def results(model: "Model") -> Logs:
    """Return what gives the result of each metric by name, as in `get_metrics_result`."""
    chosen = compiled(model)
    return partial(get_metrics_result, model) if own_metrics(model) else chosen.results


def unpack(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample_weight, None where they are not there.

    >>> unpack(([1.0], [2.0]))
    ([1.0], [2.0], None)
    """
    if isinstance(data, list):
        data = tuple(data)
    if not isinstance(data, tuple):
        return data, None, None
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def track(model: "Model", loss: Any, y_pred: Any) -> None:
    """Let the metric of the loss see it."""
    count = len(_tree.flatten(y_pred)[0])
    compiled(model).track(float(np.sum(unboxed(loss))), count)


def _data(model: "Model", batch: Batch) -> tuple[Any, Any, Any]:
    """Return a batch in the structure of the model."""
    nested = model.input_structure if model.drawn else vars(model).get("_nested_x", None)
    x = _tree.pack(nested, list(batch.x))
    if not batch.y:
        return x, None, None
    if "train_step" in model.steps_anew:
        y = _tree.pack(vars(model)["_nested_y"], list(batch.y))
    else:
        several = model.drawn and len(batch.y) == len(model.outputs)
        y = _tree.pack(model.output_structure, list(batch.y)) if several else _bare(batch.y)
    weights = None if all(w is None for w in batch.weights) else _bare(batch.weights)
    return x, y, weights


def _bare(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else list(parts)


def _flat(logs: dict[str, Any]) -> dict[str, Any]:
    """Return logs without the dictionaries inside, as Keras does."""
    found: dict[str, Any] = {}
    for key, value in logs.items():
        found.update(_flat(value) if isinstance(value, dict) else {key: value})
    return found
