"""Does the loss say that something was learned, and are steps of a good size?"""

from collections.abc import Iterator

import numpy as np

from elman.inspection import one_step
from elman.inspection.evidence import POOR, Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding, count
from elman.models.steps import compiled

TRAINED = 100  # steps after which a loss like that of guessing is no beginning any more
WORSE = 1.5  # times the loss of guessing, above which a trained model is worse than that
FAST, SLOW = 0.3, 1e-5  # size of a step beside that of the weights
RISE = 1.5  # factor by which the loss of a batch must not rise in a step on it
GRAIN = 0.05  # share of the loss of guessing (or of 1) that is no rise


def chance(evidence: Evidence) -> Iterator[Finding]:
    """Find outputs whose loss is that of guessing without a look at the inputs."""
    steps = evidence.steps
    if not steps:
        return
    for each in evidence.judged:
        if each.chance is None or each.value < POOR * each.chance or each.chance < 1e-12:
            continue
        how = "much worse than" if each.value > WORSE * each.chance else "that of"
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
    model = evidence.model
    rate = float(compiled(model).optimizer.learning_rate)
    if not model.trainable_weights:
        return
    if rate == 0:
        wrong = "the learning rate is 0: nothing is learned."
        scheduled = isinstance(compiled(model).optimizer.get_config().get("learning_rate"), dict)
        ended = scheduled and evidence.steps > 0  # as a schedule does that goes to 0
        severity = NOTE if ended else ERROR
        yield Finding(severity, "learning rate", None, wrong, "Set `optimizer.learning_rate`.")
        return
    pairs = zip(model.trainable_weights, evidence.stepped, strict=True)
    small = ("bias", "embeddings")  # at first: large steps beside them say nothing
    found = {
        w.path: one_step.ratio(new, w.array)
        for w, new in pairs
        if not any(name in w.name for name in small)
    }
    if not found:
        return
    path, most = max(found.items(), key=lambda item: item[1])
    before, after = evidence.found.loss or 0.0, evidence.loss_after
    grain = GRAIN * max([each.chance or 0 for each in evidence.judged], default=0) or GRAIN
    said = f"with learning rate {rate:.3g}, one more step"
    if not np.isfinite(after) or after > before + (RISE - 1) * abs(before) + grain:
        wrong = (
            f"{said} takes the loss of the very batch it is on from {before:.4g} to {after:.4g}."
        )
        fix = f"The learning rate is too large: try {rate / 10:.2g}, and `clipnorm=1.0`."
        yield Finding(ERROR, "learning rate", None, wrong, fix)
    elif most > FAST and not evidence.does_well:
        wrong = f"{said} moves '{path}' by {most:.0%} of its size (0.1 % to 1 % is usual)."
        fix = f"The learning rate is too large: try {rate / 10:.2g}."
        yield Finding(WARNING, "learning rate", None, wrong, fix)
    elif 0 < most < SLOW and not evidence.does_well:
        wrong = (
            f"{said} moves no weight by more than {most:.1g} of its size (0.001 to 0.01 is usual)."
        )
        fix = f"The learning rate is too small: try {min(rate * 1e-3 / most, 1.0):.1g}."
        yield Finding(WARNING, "learning rate", None, wrong, fix)
