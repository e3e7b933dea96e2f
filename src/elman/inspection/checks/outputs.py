"""Do the last activation, the loss and the targets go together?"""

from collections.abc import Iterator

import numpy as np

from elman import losses
from elman.inspection.activation_of import activation_of
from elman.inspection.chance import counted
from elman.inspection.checks.ranges import RANGES
from elman.inspection.evidence import Evidence, Judged
from elman.inspection.finding import ERROR, NOTE, Finding

BINARY = losses.BinaryCrossentropy
CLASSES = (losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)
ROUNDING = 1e-4  # by which probabilities may be off


def pairs(evidence: Evidence) -> Iterator[Finding]:
    """Find outputs whose activation does not go with their loss or their targets."""
    for each in evidence.judged:
        layer = each.tensor.node.layer
        activation = activation_of(layer)
        entropy = isinstance(each.loss, (BINARY, *CLASSES))
        check = _of_probabilities if entropy else _of_values
        for severity, wrong, fix in check(each, activation):
            yield Finding(severity, "last activation", layer.name, wrong, fix)


Said = Iterator[tuple[str, str, str]]


def _of_probabilities(each: Judged, activation: str) -> Said:
    """Look at an output whose loss is a cross-entropy."""
    binary, y = isinstance(each.loss, BINARY), counted(each.y, each.mask)
    right = "sigmoid" if binary else "softmax"
    loss = f"the loss '{each.loss.name}'"
    if activation == "softmax" and each.outputs.shape[-1] == 1:
        yield (
            ERROR, "softmax over one unit is 1 whatever goes in: nothing is learned.",
            "For two classes use one unit with 'sigmoid' and the loss 'binary_crossentropy'.",
        )  # fmt: skip
    elif each.loss.from_logits and activation in ("softmax", "sigmoid"):
        yield (
            ERROR,
            f"{loss} has `from_logits=True`, but {activation} has made probabilities of the logits "
            "already.",
            "Leave out the activation, or `from_logits`.",
        )
    elif not each.loss.from_logits and not _are_probabilities(each, binary):
        yield (
            ERROR,
            f"{loss} takes probabilities, but outputs go from {each.outputs.min():.3g} to "
            f"{each.outputs.max():.3g}" + (f" (activation '{activation}')." if activation else "."),
            f"Use `activation='{right}'` in the last layer, or `from_logits=True` in the loss.",
        )
    shares = bool(y.size) and not isinstance(each.loss, losses.SparseCategoricalCrossentropy)
    if shares and (y.min() < 0 or y.max() > 1):
        yield (
            ERROR,
            f"{loss} takes targets from 0 to 1; they go from {y.min():.4g} to {y.max():.4g}.",
            "Make 0 and 1 of the classes, or use 'mse' for numbers.",
        )


def _are_probabilities(each: Judged, binary: bool) -> bool:
    outputs = counted(each.outputs, each.mask)
    if not outputs.size:
        return True
    return bool(outputs.min() >= -ROUNDING and (not binary or outputs.max() <= 1 + ROUNDING))


def _of_values(each: Judged, activation: str) -> Said:
    """Look at an output whose loss compares it with numbers."""
    low, high = RANGES.get(activation, (-np.inf, np.inf))
    y = counted(each.y, each.mask)
    if not y.size or y.dtype.kind not in "fiub":
        return
    outside = float(np.mean((y < low - ROUNDING) | (y > high + ROUNDING)))
    if outside:
        reach = f"{low} to {high}" if np.isfinite(high) else f"{low} upwards"
        yield (
            ERROR,
            f"{activation} gives numbers from {reach}, but {outside:.0%} of the targets are "
            f"outside (they go from {y.min():.4g} to {y.max():.4g}).",
            "Use no activation in the last layer (a `Dense` behind a recurrent layer), or scale "
            "the targets.",
        )
    elif activation == "sigmoid" and np.isin(y, (0, 1)).all():
        yield (
            NOTE, f"targets are 0 and 1, and '{getattr(each.loss, 'name', 'the loss')}' gives a "
            "sigmoid that is wrong for sure hardly any gradient.",
            "Use the loss 'binary_crossentropy'.",
        )  # fmt: skip
