"""What checks look at: a batch in both passes through a model, worked out when it is asked for."""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.inspection import both_passes, chance, one_step
from elman.inspection.finding import NOTE, WARNING, drawn
from elman.inspection.gradient_flow import GradientFlow
from elman.inspection.trace import Trace, of_pass
from elman.inspection.untouched import untouched
from elman.layers.parts.passes import Mode
from elman.layers.parts.watch import Watch
from elman.models.batches import Batch
from elman.models.steps import compiled

GOOD = 0.7  # of the loss of guessing, below which a model has learned something
SAMPLES = 1000  # of the data, that are looked at
TRAINED = 100  # steps, fewer of which are a beginning
SEED = 0  # of the random numbers by which samples are drawn
POOR = 0.95  # above which it has not


class Judged(NamedTuple):
    """An output beside its targets.

    Attributes:
        name: of the output.
        tensor: which it is of the model's.
        loss: an instance of `elman.losses`.
        outputs, y: (batch, …) each.
        mask: (batch, timesteps), True where a step counts; None where all do.
        value: of the loss, without sample weights.
        chance: that of guessing, None where it is not known.
    """

    name: str
    tensor: Any
    loss: Any
    outputs: Array
    y: Array
    mask: Mask | None
    value: float
    chance: float | None


class Evidence:
    """A batch in both passes through a compiled model.

    Attributes:
        model: the model.
        given: the batch, as it goes in.
        data: all samples that were given, of which the batch is a part.
        chosen: which of them are in the batch, in order.
        anew: whether no step of training counts as taken.
    """

    def __init__(
        self, model: Any, data: Batch, samples: int | None = None, *, anew: bool = False
    ) -> None:
        """Look at so many of the samples, or at all of them."""
        count = len(data.x[0])
        self.chosen = spread(data, count if samples is None else samples)
        batch = rows(data, self.chosen) if len(self.chosen) < count else data
        self.model, self.given, self.data = model, both_passes.of_batch(model, batch), data
        self.anew = anew

    @cached_property
    def sample(self) -> Batch:
        """More of the data than the batch, to be looked at without a pass."""
        return rows(self.data, spread(self.data, SAMPLES))

    @property
    def seen(self) -> str:
        """What a sentence about the batch ends with, where that is not all of the data."""
        return drawn(len(self.chosen), len(self.data.x[0]))

    @property
    def steps(self) -> int:
        """How many steps of training were taken."""
        return 0 if self.anew else int(compiled(self.model).optimizer.iterations)

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        optimizer = one_step.begun(self.model) if self.anew else compiled(self.model).optimizer
        return float(optimizer.learning_rate)

    @cached_property
    def found(self) -> both_passes.Found:
        """Both passes, without dropout, with the gradients of all weights."""
        return both_passes.run(self.given, Mode(training=False, record=True, watch=self._watch))

    @cached_property
    def _watch(self) -> Watch:
        return Watch(need_weights=True)

    @cached_property
    def trace(self) -> Trace:
        """What recurrent layers went through; it may be empty."""
        found = self.found  # which fills the watch
        return of_pass(self.given, self._watch, found)

    @cached_property
    def radii(self) -> dict[str, float]:
        """Spectral radii of recurrent kernels by layer; where there are gates, the candidate's."""
        found = dict[str, float]()
        for name, traced in self.trace.items():
            # None is a cell of your own; a leaky one takes part of the kernel alone.
            if traced.call.entered.get("name") not in (None, "leaky"):
                gates = traced.layer.gates
                gate = gates["activation" if "activation" in gates else "candidate"]
                if gate.recurrent_kernel is not None:
                    found[name] = float(abs(np.linalg.eigvals(gate.recurrent_kernel)).max())
        return found

    @cached_property
    def flow(self) -> GradientFlow | None:
        """How gradients flow back; None where no layer is recurrent, with a cell of elman's."""
        found = GradientFlow(self.trace)
        return found if found.layers else None

    @cached_property
    def activity(self) -> list[tuple[Any, Array, Mask | None]]:
        """The outputs of all layers of the model in their order: layer, array, mask."""
        model, mode = self.model, Mode(training=False, record=False, resets=self.given.resets)
        graph = model.graph.showing_all()
        with untouched(model):
            values, masks, _ = graph.forward(self.given.inputs, self.given.masks, mode)
        made = [node.layer for node in graph.nodes for _ in node.outputs]
        return list(zip(made, values, masks, strict=True))

    @cached_property
    def judged(self) -> list[Judged]:
        """The outputs that have a loss."""
        found, model = [], self.model
        masks = self.given.judged_by(self.found.masks)
        rows = zip(
            model.output_names, model.outputs, compiled(model).matched_losses(),
            self.found.outputs, self.given.y, masks, strict=True,
        )  # fmt: skip
        for name, tensor, (loss, _), outputs, y, mask in rows:
            if loss is not None and y is not None:
                value, _ = loss.value_and_gradient(y, outputs, None, mask)
                best = chance.of(loss, np.asarray(y), mask, outputs.shape[-1])
                found.append(Judged(name, tensor, loss, outputs, y, mask, value, best))
        return found

    def _all(self, share: float, *, above: bool) -> bool:
        """Say whether all losses of which it is known are on one side of a share of guessing's."""
        known = [each for each in self.judged if each.chance]
        if not all(np.isfinite(each.value) for each in known):
            return False
        sides = [(each.value > share * (each.chance or 0)) == above for each in known]
        return bool(known) and all(sides)

    @cached_property
    def does_well(self) -> bool:
        """Whether the model is known to do much better than one who guesses."""
        return self._all(GOOD, above=False)

    @cached_property
    def does_poorly(self) -> bool:
        """Whether it is known to do no better."""
        return self._all(POOR, above=True)

    @property
    def severity(self) -> str:
        """How bad it is what does no harm to a model that learns."""
        return NOTE if self.does_well else WARNING

    @cached_property
    def stepped(self) -> list[Array]:
        """What the trainable weights would be after one more step of training on the batch."""
        gradients = {id(w): g for w, g in zip(self.model.weights, self.found.dweights, strict=True)}
        trained = self.model.trainable_weights
        chosen = [gradients[id(weight)] for weight in trained]
        return one_step.after(self.model, chosen, anew=self.anew)

    @cached_property
    def loss_after(self) -> float:
        """The loss of the same batch after that step."""
        return self.loss_after_steps(1.0)

    def loss_after_steps(self, factor: float) -> float:
        """Return the loss of the same batch after a step so many times as large."""
        pairs = zip(self.model.trainable_weights, self.stepped, strict=True)
        arrays = [w.array + factor * (new - w.array) for w, new in pairs]
        with one_step.with_weights(self.model, arrays):
            return both_passes.loss(self.given)

    @property
    def is_finite(self) -> bool:
        """Whether all numbers are finite: weights, outputs, the loss and its gradients."""
        arrays = [w.array for w in self.model.weights]
        if not all(np.isfinite(array).all() for array in arrays):
            return False
        found = self.found
        numbers = [np.asarray(found.loss), *found.outputs, *self.found.dweights]
        return all(bool(np.isfinite(array).all()) for array in numbers)


def rows(batch: Batch, chosen: Array) -> Batch:
    """Return some samples of a batch."""
    parts = ([None if array is None else array[chosen] for array in part] for part in batch)
    return Batch._make(parts)


def spread(batch: Batch, samples: int) -> Array:
    """Return which samples to look at: so many at random, and the first with a bad input."""
    count = len(batch.x[0])
    drawn = np.random.default_rng(SEED).choice(count, min(samples, count), replace=False)
    chosen = np.sort(drawn)
    for array in batch.x:
        if array.dtype.kind == "f":
            bad = ~np.isfinite(array.reshape(count, -1)).all(axis=1)
            if bad.any():
                chosen = np.union1d(chosen, bad.argmax())
    return chosen
