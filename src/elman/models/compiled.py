"""What `compile` chose: the optimizer, and a loss and metrics for each output."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import _check, losses, metrics, optimizers
from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.losses import Loss
from elman.metrics import Mean, Metric
from elman.parameters import Buffer, Weight, pack, packed

# Arguments of Keras's compile that tune its speed and change no number.
IGNORED = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


class Compiled:
    """The optimizer, the losses and the metrics of a model.

    Losses and metrics are matched with the outputs at the first batch, because what "accuracy"
    means depends on the shapes of targets and outputs.
    """

    def __init__(
        self,
        owner: str,
        output_names: Callable[[], list[str]],
        optimizer: Any,
        loss: Any,
        metric: Any,
        loss_weights: Any,
        ignored: dict[str, Any],
    ) -> None:
        for key in ignored:
            if key not in IGNORED:
                near = _check.suggestion(key, ["optimizer", "loss", "metrics", "loss_weights"])
                raise ArgumentError(f"{owner}: `{key}` must be an argument that compile has.{near}")
        self.owner = owner
        self.optimizer = optimizers.get(optimizer)
        self.loss, self.metric, self.loss_weights = loss, metric, loss_weights
        self.buffers: list[Buffer] = []
        self._output_names = output_names
        self._losses: list[Loss | None] | None = None
        self._weights: list[float] = []
        self._metrics: list[list[Metric]] = []
        self._total = Mean(name="loss")
        self._each: list[Mean] = []
        # A wrong name is an error here, at `compile`, and not at the first batch.
        for leaf in _leaves(loss):
            losses.get(leaf)
        for leaf in _leaves(metric):
            if str(leaf).lower() not in ("accuracy", "acc"):
                metrics.get(leaf)

    # ------------------------------------------------------------------ one batch

    def loss_and_gradients(
        self,
        y_true: Sequence[Any],
        outputs: Sequence[Array],
        masks: Sequence[Mask | None],
        sample_weights: Sequence[Any],
    ) -> tuple[float, list[Array | None]]:
        """Return the total loss of a batch and its gradient for each output; track both."""
        self._resolve(y_true, outputs)
        total = 0.0
        douts: list[Array | None] = []
        rows = zip(
            self._losses or (), self._weights, y_true, outputs, masks, sample_weights, strict=True
        )
        for i, (loss, weight, y, output, mask, sample_weight) in enumerate(rows):
            if loss is None:
                douts.append(None)
                continue
            value, dy = loss.value_and_gradient(y, output, sample_weight, mask)
            total += weight * value
            douts.append(dy if weight == 1 else dy * np.asarray(weight, dy.dtype))
            if self._each:
                self._each[i].update_state([value], sample_weight=[len(output)])
        self._total.update_state([total], sample_weight=[len(outputs[0])])
        return total, douts

    def update_metrics(
        self, y_true: Sequence[Any], outputs: Sequence[Array], masks: Sequence[Mask | None]
    ) -> None:
        """Let the metrics see a batch."""
        for found, y, output, mask in zip(self._metrics, y_true, outputs, masks, strict=True):
            for metric in found:
                metric.update_state(y, output, mask=mask)

    def reset(self) -> None:
        """Forget what losses and metrics have seen."""
        for metric in (self._total, *self._each, *(m for found in self._metrics for m in found)):
            metric.reset_state()

    def results(self) -> dict[str, float]:
        """Return the loss and the metrics over what was seen since `reset`, by name."""
        names = self._output_names()
        found = {"loss": self._total.result()}
        for name, mean, loss in zip(names, self._each, self._losses or (), strict=False):
            if loss is not None:
                found[f"{name}_loss"] = mean.result()
        for name, own in zip(names, self._metrics, strict=False):
            for metric in own:
                key = metric.name if len(names) == 1 else f"{name}_{metric.name}"
                found[key] = metric.result()
        return found

    def names(self) -> list[str]:
        """Return the names of what `results` holds, in order."""
        return list(self.results()) if self._losses is not None else ["loss"]

    # ------------------------------------------------------------------ the weights

    def ready(self, weights: Sequence[Weight]) -> list[Buffer]:
        """Return the buffers that hold the trainable weights, made when they have changed."""
        if not packed(self.buffers, weights):
            self.buffers = pack(weights)
            self.optimizer.build(self.buffers)
        return self.buffers

    # ------------------------------------------------------------------ matching

    def _resolve(self, y_true: Sequence[Any], outputs: Sequence[Array]) -> None:
        """Match losses and metrics with the outputs, once."""
        if self._losses is not None:
            return
        names = self._output_names()
        if self.loss is None:
            raise ArgumentError(
                f"{self.owner}: `loss` must be given to `compile` before training or evaluating."
            )
        given = self._per_output("loss", self.loss, names, spread=False)
        self._losses = [None if each is None else losses.get(each) for each in given]
        factors = self._per_output("loss_weights", self.loss_weights, names, spread=False)
        self._weights = [1.0 if factor is None else float(factor) for factor in factors]
        self._each = [Mean(name=f"{name}_loss") for name in names] if len(names) > 1 else []
        self._metrics = [
            [metrics.resolve(m, np.shape(y), output.shape) for m in _leaves(own)]
            for own, y, output in zip(
                self._per_output("metrics", self.metric, names, spread=True),
                y_true,
                outputs,
                strict=True,
            )
        ]

    def _per_output(self, name: str, given: Any, names: list[str], *, spread: bool) -> list[Any]:
        """Return an argument of `compile` as one thing an output."""
        if isinstance(given, dict):
            for key in given:
                _check.one_of(self.owner, name, key, names)
            return [given.get(each) for each in names]
        if len(names) == 1:
            single = isinstance(given, (list, tuple)) and len(given) == 1 and not spread
            return [given[0] if single else given]
        if isinstance(given, (list, tuple)) and len(given) == len(names):
            return list(given)
        if given is None or name == "loss_weights" or isinstance(given, (list, tuple)):
            if given:
                raise ArgumentError(
                    f"{self.owner}: `{name}` must have one entry an output ({', '.join(names)}); "
                    f"got {len(given) if hasattr(given, '__len__') else given!r}."
                )
            return [None] * len(names)
        return [given] * len(names)


def _leaves(given: Any) -> list[Any]:
    """Return the names or objects in an argument of `compile`, without the Nones."""
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return [leaf for part in given for leaf in _leaves(part)]
    return [] if given is None else [given]
