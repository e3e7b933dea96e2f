"""Does the loss say that something was learned, and are steps of a good size?"""

from collections.abc import Iterator

import numpy as np

from elman import optimizers
from elman.inspection import one_step
from elman.inspection.checks import recurrence, units
from elman.inspection.evidence import POOR, TRAINED, Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding, count
from elman.models.steps import compiled

WORSE, MUCH_WORSE = 1.05, 1.5  # times the loss of guessing, above which a trained model is so
FAST = 0.3  # size of a step beside that of the weight that moves most, above which it is too large
SLOW = 1e-4  # below which it is too small; Adam(1e-3) begins at 5e-3 to 2e-2
SLOW_AT_FIRST = 3e-4  # below which a first step is worth a note: the next ones are smaller
USUAL = 3e-3  # in the middle of what is usual
RISE = 1.5  # factor by which the loss of a batch must not rise in a step on it
FALL = 1e-3  # share of itself by which a step of the usual size lowers a loss that can fall
GRAIN = 0.05  # share of the loss of guessing (or of 1) that is no rise


def chance(evidence: Evidence) -> Iterator[Finding]:
    """Find outputs whose loss is that of guessing without a look at the inputs."""
    steps = evidence.steps
    if not steps:
        return
    for each in evidence.judged:
        if each.chance is None or each.value < POOR * each.chance or each.chance < 1e-12:
            continue
        share = each.value / each.chance
        how = "much " * (share > MUCH_WORSE) + ("worse than" if share > WORSE else "that of")
        wrong = (
            f"after {count(steps, 'step')} of training its loss is {each.value:.4g}, {how} "
            f"guessing without a look at the inputs ({each.chance:.4g})."
        )
        fix = (
            "Look at the other findings first; see whether the model can learn ten samples by "
            "heart, and whether inputs and targets belong together row by row."
        )
        severity = WARNING if steps >= TRAINED else NOTE
        yield Finding(severity, "loss at chance", each.tensor.node.layer.name, wrong, fix)


def rate(evidence: Evidence) -> Iterator[Finding]:
    """Find steps that are too large or too small, by one that is taken on a copy."""
    if not evidence.model.trainable_weights:
        return
    # A schedule may begin at 0, and often ends there.
    scheduled = callable(compiled(evidence.model).optimizer._learning_rate)
    if evidence.rate == 0:
        yield from _none_left(evidence) if scheduled else [_NONE]
        return
    large = _first_too_large(evidence) or _too_large(evidence)
    if large is None and not evidence.does_well:
        yield from _too_small(evidence, scheduled)
    elif large is not None and (evidence.steps or not _grows(evidence)):  # or it is the weights
        yield large


_NONE = Finding(
    ERROR, "learning rate", None, "the learning rate is 0: nothing is learned.",
    "Set `optimizer.learning_rate`.",
)  # fmt: skip


def _none_left(evidence: Evidence) -> Iterator[Finding]:
    """Say that a schedule has come to its end with a model that does not do well."""
    if evidence.steps and not evidence.does_well:
        wrong = f"after {count(evidence.steps, 'step')} the schedule's learning rate is 0."
        fix = "It may have come to its end too early: let the schedule go on for more steps."
        yield Finding(NOTE, "learning rate", None, wrong, fix)


def _first_too_large(evidence: Evidence) -> Finding | None:
    """Look whether the first step was too large already, where training has made a model worse.

    Beside weights that have grown huge one more step is small, and its loss no worse than before.
    """
    model, samples = evidence.model, len(evidence.chosen)
    if not (evidence.steps and _made_worse(evidence)):
        return None
    with one_step.with_weights(model, one_step.weights_anew(model)):
        first = Evidence(model, evidence.data, samples, anew=True)
        found = _too_large(first) if np.isfinite(first.found.loss or 0.0) else None
    return found._replace(severity=NOTE) if found and evidence.does_well else found


def _made_worse(evidence: Evidence) -> bool:
    """Say whether a model is as too large steps leave it: with huge weights, or a huge loss."""
    lost = any(each.chance and each.value > MUCH_WORSE * each.chance for each in evidence.judged)
    return lost or _grows(evidence) or any(units.saturated(evidence))


def _grows(evidence: Evidence) -> bool:
    """Say whether states or gradients grow from step to step."""
    exploding = evidence.flow is not None and evidence.flow.exploding
    return exploding or any(recurrence.radius(evidence))


def _largest_step(evidence: Evidence) -> tuple[str, float]:
    """Return which weight moves most beside its size, and how much; nothing where none says."""
    pairs = zip(evidence.model.trainable_weights, evidence.stepped, strict=True)
    small = ("bias", "embeddings")  # at first: large steps beside them say nothing
    found = {
        w.path: one_step.ratio(new, w.array)
        for w, new in pairs
        if not any(name in w.name for name in small)
    }
    return max(found.items(), key=lambda item: item[1], default=("", 0.0))


def _too_large(evidence: Evidence) -> Finding | None:
    """Look whether the step makes the loss of its own batch larger, or weights other ones."""
    rate, (path, most) = evidence.rate, _largest_step(evidence)
    before, after = evidence.found.loss or 0.0, evidence.loss_after
    grain = GRAIN * max([each.chance or 0 for each in evidence.judged], default=0) or GRAIN
    step, verb = "one more step", "is too large:"
    if evidence.anew:
        step, verb = "the first step of a new model", "was too large: build the model anew, and"
    said = f"with learning rate {rate:.3g}, {step}"
    smaller = rate / 10
    if FAST / 10 < most < np.inf:  # that would still be too large
        smaller = min(smaller, rate * USUAL / most)
    fix = f"The learning rate {verb} try {smaller:.1g}"
    if 0 < most < np.inf:
        fix += f" ({_percent(most * smaller / rate)} of a weight's size a step)"
    if not np.isfinite(after) or after > before + (RISE - 1) * abs(before) + grain:
        wrong = (
            f"{said} takes the loss of the very batch it is on from {before:.4g} to {after:.4g}."
        )
        return Finding(ERROR, "learning rate", None, wrong, f"{fix}, and `clipnorm=1.0`.")
    if most > FAST and not evidence.does_well:
        wrong = f"{said} moves '{path}' by {most:.0%} of its size (0.1 % to 1 % is usual)."
        return Finding(WARNING, "learning rate", None, wrong, f"{fix}.")
    return None


def _too_small(evidence: Evidence, scheduled: bool) -> Iterator[Finding]:
    """Look whether the step moves weights at all, and larger ones would help."""
    optimizer, rate = compiled(evidence.model).optimizer, evidence.rate
    _, most = _largest_step(evidence)
    if isinstance(optimizer, optimizers.SGD) and not evidence.steps:
        most /= max(1 - optimizer.momentum, 0.01)  # which its steps grow to by and by
    if not 0 < most < (SLOW if evidence.steps else SLOW_AT_FIRST):
        return
    before = evidence.found.loss or 0.0
    if evidence.steps and evidence.loss_after_steps(USUAL / most) > before - FALL * abs(before):
        return  # it is where steps are small
    wrong = (
        f"with learning rate {rate:.3g}, one more step moves no weight by more than "
        f"{_percent(most)} of its size (0.1 % to 1 % is usual)."
    )
    larger = rate * USUAL / most
    fix = f"The learning rate is too small: try {larger:.1g} ({_percent(USUAL)})."
    if larger > 1:
        fix = "Gradients are too small for such steps: use `elman.optimizers.Adam(0.001)`."
    severity = NOTE if scheduled or most > SLOW else WARNING
    yield Finding(severity, "learning rate", None, wrong, fix)


def _percent(share: float) -> str:
    return f"{100 * share:.1g} %"
