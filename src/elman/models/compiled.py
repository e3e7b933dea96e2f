"""What `compile` chose: the optimizer, and a loss and metrics for each output."""

import itertools
from collections.abc import Callable, Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _check, _tree, _warning, losses, metrics, optimizers
from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.losses import Loss
from elman.metrics import Mean, Metric
from elman.models.graph import Graph, Place
from elman.models.penalties import Penalties
from elman.parameters import Buffer, Weight, pack, packed, version

if TYPE_CHECKING:
    from elman.models.whole import Whole

# Arguments of Keras's compile that tune its speed and change no number.
ARGUMENTS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
IGNORED = ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss")


class Output(NamedTuple):
    """How one output is judged: by a loss (or None) of this weight, and by metrics."""

    loss: Loss | None
    weight: float
    mean: Mean | None  # of the loss, where several outputs have one
    metrics: list[Metric]
    weighted: list[Metric]  # those that heed the sample weights


class Plan(NamedTuple):
    """What a step of training needs and no step changes, worked out once.

    Attributes:
        graph, version: what it was worked out from.
        buffers: the trainable weights; none if nothing is to be trained.
        places: where the gradients of each node's weights go.
    """

    graph: Graph
    version: object
    buffers: list[Buffer]
    places: list[Place]


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
        loss_weights: Any,
        metric: Any,
        weighted: Any,
        ignored: dict[str, Any],
        anonymous: Callable[[], bool] = bool,
        listed: Callable[[], list[str]] | None = None,
    ) -> None:
        for key in ignored:
            if key not in IGNORED:
                raise _check.unknown_argument(owner, key, "compile", ARGUMENTS)
        self.owner = owner
        self.optimizer = optimizers.get(optimizer)
        self.loss, self.loss_weights = loss, loss_weights
        self.metric, self.weighted = metric, weighted
        self.buffers: list[Buffer] = []
        self._plan: Plan | None = None
        self._penalties: tuple[Any, Penalties] | None = None
        self._output_names, self._anonymous = output_names, anonymous
        self._listed = listed or output_names
        self._outputs: list[Output] = []  # none before the first batch
        self.total = Mean(name="loss")
        self.lookout: Any = None  # whom a step of training shows a batch of no finite loss
        self._reported: dict[str, Metric] = {"loss": self.total}
        # What is wrong in itself is an error here, at `compile`, and not at the first batch.
        for leaf in _leaves(loss):
            losses.get(leaf)
        for leaf in [*_leaves(metric), *_leaves(weighted)]:
            if str(leaf).lower() not in ("accuracy", "acc"):
                metrics.get(leaf)
        for leaf in _leaves(loss_weights):
            _check.number(owner, "loss_weights", leaf)

    # ------------------------------------------------------------------ one batch

    def judge(
        self,
        y_true: Sequence[Any],
        outputs: Sequence[Array],
        masks: Sequence[Mask | None],
        sample_weights: Sequence[Any],
        whole: "Whole | None" = None,
        *,
        track: bool = True,
    ) -> tuple[float, list[Array | None]]:
        """Return the sum of the losses of a batch, and its gradient for each output.

        Of a chunk the losses are added to those of the whole batch. Without `track` no mean of an
        output's loss sees them.
        """
        if not self._outputs:
            self._match(y_true, outputs)
        total = 0.0
        douts: list[Array | None] = []
        rows = zip(self._outputs, y_true, outputs, masks, sample_weights, strict=True)
        for own, y, output, mask, sample_weight in rows:
            loss, weight, mean = own.loss, own.weight, own.mean
            if y is None and (loss is not None or own.metrics or own.weighted):
                raise self._no_target(len(douts))
            if loss is None:
                douts.append(None)
                continue
            value, dy = loss.value_and_gradient(y, output, sample_weight, mask)
            total += weight * value
            if whole is not None:
                whole.add(len(douts), own, value, y, output, sample_weight, mask)
            elif mean is not None and track:
                mean.track(value * len(output), len(output))
            douts.append(dy if weight == 1 else dy * np.asarray(weight, dy.dtype))
        return total, douts

    def track(self, total: float, count: float) -> None:
        """Let the mean of the total loss see that of a batch of so many samples."""
        self.total.track(total * count, count)

    def update_metrics(
        self,
        y_true: Sequence[Any],
        outputs: Sequence[Array],
        masks: Sequence[Mask | None],
        sample_weights: Sequence[Any],
    ) -> None:
        """Let the metrics see a batch."""
        if not self._outputs:
            self._match(y_true, outputs)
        rows = zip(self._outputs, y_true, outputs, masks, sample_weights, strict=True)
        for own, y, output, mask, sample_weight in rows:
            for metric in own.metrics:
                metric.update_state(y, output, mask=mask)
            for metric in own.weighted:
                metric.update_state(y, output, sample_weight=sample_weight, mask=mask)

    def reported(self) -> list[Metric]:
        """Return the metrics whose results are reported, that of the loss first."""
        return list(self._reported.values())

    def means(self) -> list[Mean]:
        """Return the mean of the loss, and those of the outputs' losses where there are several."""
        return [self.total, *(own.mean for own in self._outputs if own.mean)]

    def metrics(self) -> list[Metric]:
        """Return the metrics that were chosen; none before the first batch."""
        return [m for own in self._outputs for m in (*own.metrics, *own.weighted)]

    def results_of_metrics(self) -> dict[str, float]:
        """Return the results of these by name."""
        means = [id(mean) for mean in self.means()]
        pairs = self._reported.items()
        return results_of((name, m) for name, m in pairs if id(m) not in means)

    def reset(self) -> None:
        """Forget what losses and metrics have seen."""
        for metric in self._reported.values():
            metric.reset_state()

    def results(self) -> dict[str, float]:
        """Return the loss and the metrics over what was seen since `reset`, by name.

        In the order of Keras's list: the loss, the loss of each output where there are several, as
        the losses or the outputs were listed, and the metrics, of several outputs sorted by name.
        A dictionary of results keeps that order, where Keras sorts it by key. A result that is a
        dictionary is reported by its own names.
        """
        return results_of(self._reported.items())

    def names(self) -> list[str]:
        """Return the names of what `results` holds, in order."""
        return list(self._reported)

    # ------------------------------------------------------------------ the weights

    def ready(self, weights: Sequence[Weight]) -> list[Buffer]:
        """Return the buffers that hold the trainable weights, made when they have changed."""
        if not packed(self.buffers, weights):
            self.buffers = pack(weights)
            self.optimizer.build_buffers(self.buffers, weights)
        return self.buffers

    def finalize(self) -> None:
        """Let the weights be their moving averages, if the optimizer keeps such."""
        weights = [weight for buffer in self.buffers for weight in buffer.weights]
        self.optimizer.finalize_variable_values(weights)

    def plan(self, model: Any) -> Plan:
        """Return the plan of a step of a model, made anew when layers or weights have changed."""
        plan, graph, now = self._plan, model.graph, version()
        if plan is None or plan.version is not now or plan.graph is not graph:
            every, trainable = model.weights, model.trainable_weights
            buffers = self.ready(trainable) if trainable else []
            # The gradients of frozen weights are worked out with the others, and go nowhere.
            trained = {id(w): w.gradient for w in trainable if w.gradient is not None}
            frozen = {id(w): np.empty_like(w.array) for w in every if id(w) not in trained}
            places = graph.places(frozen | trained, need_inputs=False) if buffers else []
            plan = self._plan = Plan(graph, version(), buffers, places)
        return plan

    def penalties(self, model: Any) -> Penalties:
        """Return what is added to the loss of a model, found anew when it has changed."""
        if self._penalties is None or self._penalties[0] is not version():
            self._penalties = version(), Penalties.of(model)
        return self._penalties[1]

    # ------------------------------------------------------------------ matching

    def matched_losses(self) -> list[tuple[Loss | None, float]]:
        """Return the loss of each output, None where it has none, and its weight in the total."""
        names = self._output_names()
        given = self._per_output("loss", self.loss, names, spread=False)
        factors = self._per_output("loss_weights", self.loss_weights, names, spread=False)
        return [
            (losses.get(loss), 1.0 if factor is None else float(factor))
            for loss, factor in zip(given, factors, strict=True)
        ]

    def _match(self, y_true: Sequence[Any], outputs: Sequence[Array]) -> None:
        """Match losses and metrics with the outputs, once, and name what is reported."""
        names = self._output_names()
        matched = self.matched_losses()
        for (loss, _), output in zip(matched, outputs, strict=True):
            _warn_of_one_class(loss, output.shape)
        several = sum(loss is not None for loss, _ in matched) > 1
        called = self._names_of_losses(names)
        given = self._per_output("metrics", self.metric, names, spread=True)
        weighted = self._per_output("weighted_metrics", self.weighted, names, spread=True)
        rows = zip(called, matched, given, weighted, y_true, outputs, strict=True)
        self._outputs = [
            Output(
                loss,
                weight,
                Mean(name=f"{name}_loss") if several and loss is not None else None,
                [metrics.resolve(m, np.shape(y), output.shape) for m in _leaves(own)],
                [metrics.resolve(m, np.shape(y), output.shape) for m in _leaves(heeding)],
            )
            for name, (loss, weight), own, heeding, y, output in rows
        ]
        order = [*(self.loss if isinstance(self.loss, dict) else self._listed()), *names]
        places = sorted(range(len(names)), key=lambda i: order.index(names[i]))
        for mean in [self._outputs[i].mean for i in places]:
            if mean is not None:
                self._reported[_unused(mean.name, self._reported)] = mean
        bare = len(names) == 1 or self._anonymous()
        found = self._named_metrics(["" if bare else f"{name}_" for name in names])
        self._reported |= found if bare else dict(sorted(found.items()))

    def _named_metrics(self, prefixes: list[str]) -> dict[str, Metric]:
        """Return the metrics by name; the prefix is that of their output."""
        found: dict[str, Metric] = {}
        for prefix, own in zip(prefixes, self._outputs, strict=True):
            for metric in own.metrics:
                found[_unused(prefix + metric.name, (*found, *self._reported))] = metric
        for prefix, own in zip(prefixes, self._outputs, strict=True):
            for metric in own.weighted:
                key, taken = prefix + metric.name, (*found, *self._reported)
                key = f"{prefix}weighted_{metric.name}" if key in taken else key
                found[_unused(key, taken)] = metric
        return found

    def _names_of_losses(self, names: list[str]) -> list[str]:
        """Return what the losses of the outputs are called: as the outputs, or as themselves.

        As themselves where the outputs have no names: in a list that a `call` returned.
        """
        if not self._anonymous():
            return names
        given = self._per_output("loss", self.loss, names, spread=False)
        return [
            loss if isinstance(loss, str) else getattr(losses.get(loss), "name", "")
            for loss in given
        ]

    def _no_target(self, index: int) -> ArgumentError:
        return ArgumentError(
            f"{self.owner}: `y` must hold the targets of every output that has a loss or metrics; "
            f"those of '{self._output_names()[index]}' are missing."
        )

    def _per_output(self, name: str, given: Any, names: list[str], *, spread: bool) -> list[Any]:
        """Return an argument of `compile` as one thing an output."""
        if isinstance(given, dict):
            for key in given:
                _check.one_of(self.owner, name, key, names)
            return [given.get(each) for each in names]
        listed = isinstance(given, (list, tuple))
        if len(names) == 1 and (spread or not listed):
            return [given]
        if listed and len(given) == len(names):
            return list(given)
        if given is None or name == "loss_weights" or listed:
            if given:
                raise ArgumentError(
                    f"{self.owner}: `{name}` must have one entry an output ({', '.join(names)}); "
                    f"got {len(given) if hasattr(given, '__len__') else given!r}."
                )
            return [None] * len(names)
        return [given] * len(names)


def _warn_of_one_class(loss: Loss | None, shape: tuple[int, ...]) -> None:
    """Warn where a loss over classes meets outputs of one class, whose probability is always 1."""
    kinds = (losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy)
    if isinstance(loss, kinds) and shape[-1:] == (1,):
        _warning.warn(
            f"loss '{loss.name}': outputs of shape {shape} are of one class, and with one class "
            "nothing is learned. For two classes use `Dense(1, activation='sigmoid')` and the loss "
            "'binary_crossentropy'."
        )


def results_of(pairs: Iterable[tuple[str, Metric]]) -> dict[str, Any]:
    """Return the results of metrics by name; of one whose result is a dictionary, by its names."""
    found: dict[str, Any] = {}
    for name, metric in pairs:
        value = metric.result()
        found.update(value if isinstance(value, dict) else {name: value})
    return found


def _unused(name: str, taken: Container[str]) -> str:
    """Return a name, with Keras's numbers where it is taken: mse, mse_1, mse_2."""
    numbered = (f"{name}_{i}" for i in itertools.count(1))
    return next(each for each in itertools.chain([name], numbered) if each not in taken)


def _leaves(given: Any) -> list[Any]:
    """Return the names or objects in an argument of `compile`, without the Nones."""
    return [leaf for leaf in _tree.every(given) if leaf is not None]
