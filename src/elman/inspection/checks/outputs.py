"""Do the last activation, the loss and the targets go together?"""

from collections.abc import Iterator
from itertools import chain

import numpy as np

from elman import losses
from elman._typing import Array
from elman.inspection.activation_of import activation_of
from elman.inspection.chance import counted
from elman.inspection.checks.ranges import RANGES
from elman.inspection.evidence import Evidence, Judged
from elman.inspection.finding import ERROR, NOTE, Finding

BINARY = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)
CLASSES = (
    losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy,
    losses.SparseCategoricalCrossentropy,
)  # fmt: skip
POSITIVE = ("sigmoid", "hard_sigmoid", "softplus", "exponential", "")  # or not known
ROUNDING = 1e-4  # by which probabilities may be off
OFF = 1e-3  # by which the sum of those of all classes may be: rounded as often as there are classes


def pairs(evidence: Evidence) -> Iterator[Finding]:
    """Find outputs whose activation does not go with their loss or their targets."""
    for each in evidence.judged:
        if not np.isfinite(each.outputs).all():
            continue
        layer = each.tensor.node.layer
        activation = activation_of(layer)
        if activation == "softmax" and each.outputs.shape[-1] == 1:
            found = iter([_ONE_UNIT])
        elif isinstance(each.loss, (*BINARY, *CLASSES)):
            found = chain(_of_probabilities(evidence, each, activation), _of_shares(evidence, each))
        else:
            found = _of_values(evidence, each, activation)
        for severity, wrong, fix in found:
            yield Finding(severity, "last activation", layer.name, wrong, fix)


Said = tuple[str, str, str]
_ONE_UNIT: Said = (
    ERROR, "softmax over one unit is 1 whatever goes in: nothing is learned.",
    "For two classes use one unit with 'sigmoid' and the loss 'binary_crossentropy', for a number "
    "no activation.",
)  # fmt: skip


def _of_probabilities(evidence: Evidence, each: Judged, activation: str) -> Iterator[Said]:
    """Look at an output whose loss is a cross-entropy."""
    binary, loss = isinstance(each.loss, BINARY), f"the loss '{each.loss.name}'"
    if each.loss.from_logits:
        yield from _of_logits(evidence, loss, activation)
    elif binary and activation == "softmax":
        yield (
            evidence.severity,
            f"{loss} asks of each of {each.outputs.shape[-1]} units by itself whether it is true, "
            "but softmax makes one true at the cost of the others.",
            "For classes of which one is right use 'categorical_crossentropy' (or the sparse one), "
            "for questions that do not exclude each other 'sigmoid'.",
        )
    else:
        outputs = counted(each.outputs, each.mask)
        severity = _misfit(evidence, outputs, activation, binary)
        if severity is not None:
            yield (
                severity,
                f"{loss} takes probabilities{'' if binary else ' that add up to 1'}, but outputs "
                f"{_told(outputs, binary)} (activation '{activation or 'not known'}').",
                f"Use `activation='{'sigmoid' if binary else 'softmax'}'` in the last layer, or no "
                "activation and `from_logits=True` in the loss.",
            )


def _of_logits(evidence: Evidence, loss: str, activation: str) -> Iterator[Said]:
    """Look at the activation of an output of logits, which may be any numbers."""
    fix = "Leave out the activation, or `from_logits`."
    if activation in ("softmax", "sigmoid"):
        yield (
            ERROR,
            f"{loss} has `from_logits=True`, but {activation} has made probabilities of the logits "
            "already.",
            fix,
        )
    elif activation in RANGES:
        yield (
            evidence.severity,
            f"{loss} has `from_logits=True`, and logits may be any numbers, but {activation} gives "
            f"them {_reach(activation)} alone.",
            fix,
        )


def _misfit(evidence: Evidence, outputs: Array, activation: str, binary: bool) -> str | None:
    """Return how bad it is what an activation makes in place of probabilities; None for nothing."""
    if not outputs.size:
        return None
    if outputs.min() < -ROUNDING or (binary and outputs.max() > 1 + ROUNDING):
        return ERROR
    if not binary:
        # The loss divides by the sum, so that positive numbers do, though worse.
        whole = bool(abs(outputs.sum(axis=-1) - 1).max() <= OFF)
        return None if whole else evidence.severity if activation in POSITIVE else ERROR
    # Between 0 and 1 for now: those that get out have no gradient that brings them back.
    return None if activation in ("sigmoid", "hard_sigmoid", "") else evidence.severity


def _told(outputs: Array, binary: bool) -> str:
    low, high, what = outputs.min(), outputs.max(), "go"
    if not binary and low >= -ROUNDING:
        sums = outputs.sum(axis=-1)
        low, high, what = sums.min(), sums.max(), "have sums"
    return f"{what} from {low:.3g} to {high:.3g}"


def _of_shares(evidence: Evidence, each: Judged) -> Iterator[Said]:
    """Look at targets that should be probabilities; of labels the loss itself says."""
    y = counted(each.y, each.mask)
    shares = bool(y.size) and not isinstance(each.loss, losses.SparseCategoricalCrossentropy)
    if shares and (y.min() < 0 or y.max() > 1):
        yield (
            ERROR,
            f"the loss '{each.loss.name}' takes targets from 0 to 1; they go from {y.min():.4g} to "
            f"{y.max():.4g}{evidence.seen}.",
            "Make 0 and 1 of the classes, or use 'mse' for numbers.",
        )


def _reach(activation: str) -> str:
    low, high = RANGES[activation]
    return f"from {low} to {high}" if np.isfinite(high) else f"from {low} upwards"


def _of_values(evidence: Evidence, each: Judged, activation: str) -> Iterator[Said]:
    """Look at an output whose loss compares it with numbers."""
    low, high = RANGES.get(activation, (-np.inf, np.inf))
    y = counted(each.y, each.mask)
    if not y.size or y.dtype.kind not in "fiub":
        return
    outside = float(np.mean((y < low - ROUNDING) | (y > high + ROUNDING)))
    if outside:
        yield (
            ERROR,
            f"{activation} gives numbers {_reach(activation)}, but {outside:.0%} of the targets "
            f"are outside: they go from {y.min():.4g} to {y.max():.4g}{evidence.seen}.",
            "Use no activation in the last layer (a `Dense` behind a recurrent layer), or scale "
            "the targets.",
        )
    elif activation == "sigmoid" and np.isin(y, (0, 1)).all():
        yield (
            NOTE, f"targets are 0 and 1, and '{getattr(each.loss, 'name', 'the loss')}' gives a "
            "sigmoid that is wrong for sure hardly any gradient.",
            "Use the loss 'binary_crossentropy'.",
        )  # fmt: skip
