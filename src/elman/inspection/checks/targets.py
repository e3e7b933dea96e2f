"""Can the targets be learned, and is it worth it?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from elman import losses
from elman._typing import Array
from elman.inspection.activation_of import activation_of, innermost
from elman.inspection.chance import counted
from elman.inspection.checks.inputs import LARGE, SCALING, SMALL
from elman.inspection.evidence import POOR, Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding
from elman.models.lengths import per_step

OF_NUMBERS = (
    losses.MeanSquaredError,
    losses.MeanAbsoluteError,
    losses.Huber,
    losses.LogCosh,
)  # which see the targets' unit
NEAR = 2.0  # variances that outputs may be off whose mean was set to that of the targets
SAME = 1 - 1e-6  # correlation from which on one thing is a copy of the other, but for its units
FEWEST = 10  # samples that are not the usual value, below which a copy may be chance


def constant(evidence: Evidence) -> Iterator[Finding]:
    """Find targets that are all the same."""
    several = len(evidence.judged) > 1
    for name, y in zip(evidence.model.output_names, evidence.data.y, strict=True):
        if y is not None and len(y) > 1 and y.size and (y == y[:1]).all():
            same = f"are {y.flat[0]:.4g}" if y.min() == y.max() else "are those of the first sample"
            of = f" of '{name}'" if several else ""
            wrong = f"the targets{of} of all {len(y)} samples {same}: there is nothing to learn."
            yield Finding(ERROR, "constant targets", None, wrong, "Look at how `y` is made.")


def scale(evidence: Evidence) -> Iterator[Finding]:
    """Find targets far larger, or far smaller, than what a last layer with weights begins with."""
    for each in evidence.judged:
        layer, y = each.tensor.node.layer, counted(each.y, each.mask)
        if not (isinstance(each.loss, OF_NUMBERS) and y.size and _makes_them(layer)):
            continue
        outputs = counted(each.outputs, each.mask)
        if activation_of(layer) == "exponential" or y.size != outputs.size:
            continue
        y, outputs = (np.asarray(a, np.float64).reshape(len(y), -1) for a in (y, outputs))
        size, std = np.sqrt(np.square(y).mean(axis=0)), y.std(axis=0)
        big, of = int(size.argmax()), f" of '{each.name}'" if len(evidence.judged) > 1 else ""
        if size[big] > LARGE:
            wrong = f"the targets{of} go up to {abs(y[:, big]).max():.3g} in size"
            why = "weights have a long way to go"
        elif 0 < std.max() < SMALL:
            wrong = f"the standard deviation of the targets{of} is {std.max():.1g} alone"
            why = "a step of training moves them by more than there is to learn"
        else:
            continue
        wrong += f", while outputs go up to {abs(outputs).max():.2g}: {why}{evidence.seen}."
        severity = NOTE if _arrived(y, outputs) else WARNING
        yield Finding(severity, "target scale", layer.name, wrong, _UNIT)


_UNIT = (
    "Take off the mean of the training targets and divide by their standard deviation; undo it in "
    "what is predicted, or let a `Normalization(invert=True)` layer do so behind the last one."
)


def _makes_them(layer: Any) -> bool:
    """Say whether an output is made by weights that are trained, and not scaled behind them."""
    layer = innermost(layer)
    return bool(layer.trainable_weights) and not isinstance(layer, SCALING)


def _arrived(y: Array, outputs: Array) -> bool:
    """Say whether outputs are where the targets are: better than their mean, if they vary much."""
    var, off = y.var(axis=0), np.square(y - outputs).mean(axis=0)
    far = y.mean(axis=0) ** 2 > NEAR * var  # where being near the mean is an achievement
    return bool(np.all(off < np.where(far, NEAR, POOR) * var))


def leaking(evidence: Evidence) -> Iterator[Finding]:
    """Find targets that an input gives away: copies, or linear functions, of a feature."""
    data, names = evidence.sample, evidence.model.input_names
    masks: Any = data.masks or (None,) * len(data.x)
    for index, (output, y) in enumerate(zip(evidence.model.output_names, data.y, strict=True)):
        name = f" of '{output}'" if len(data.y) > 1 else ""
        for source, x, mask in zip(names, data.x, masks, strict=True):
            if y is None or (x.shape == y.shape and np.array_equal(x, y)):
                continue  # an autoencoder
            rank = len(evidence.model.outputs[index].shape)
            for when, seen, told in _pairs(x, y, mask, rank > 2 or per_step(evidence.model, index)):
                found = _copy(seen, told)
                if found is not None:
                    feature, column, r = found
                    wrong = (
                        f"target {column}{name} is a linear function of feature {feature} of the "
                        f"input '{source}' {when} (correlation {r:.6f})."
                    )
                    yield Finding(WARNING, "leaking labels", None, wrong, _LEAK)


_LEAK = (
    "If that is known when the model is used there is nothing to learn; if it is not, the labels "
    "leak: take it out of `x`."
)


def _pairs(x: Array, y: Array, mask: Any, steps: bool) -> Iterator[tuple[str, Array, Array]]:
    """Yield when, what is seen and what is told then, (rows, features) and (rows, targets)."""
    x = x[..., None] if x.ndim == 2 and x.dtype.kind in "iu" else x
    if steps and x.ndim == 3 and y.shape[:2] == x.shape[:2]:
        y = y if y.ndim == 3 else y[..., None]
        yield "at the same step", _flat(x, mask), _flat(y, mask)
    elif not steps and x.ndim == 2:
        yield "", x, y.reshape(len(y), -1)
    elif not steps and x.ndim == 3:
        last, y = np.full(len(x), -1), y.reshape(len(y), -1)
        if mask is not None and mask.shape == x.shape[:2]:
            some = mask.any(axis=1)  # of other samples nothing is seen
            x, y, last = x[some], y[some], x.shape[1] - 1 - mask[some, ::-1].argmax(axis=1)
        yield "at the last step", x[np.arange(len(x)), last], y


def _flat(array: Array, mask: Any) -> Array:
    found: Array = counted(array, mask)
    return found.reshape(-1, array.shape[-1])


def _copy(seen: Array, told: Array) -> tuple[int, int, float] | None:
    """Return which feature gives which target away, and their correlation."""
    if len(seen) == 0 or len(seen) != len(told):
        return None
    if not (np.isfinite(seen).all() and np.isfinite(told).all()):
        return None
    a, b = (_standard(array.astype(np.float64)) for array in (seen, told))
    r = a.T @ b / len(seen)
    at = np.unravel_index(abs(r).argmax(), r.shape)
    return (int(at[0]), int(at[1]), float(r[at])) if abs(r[at]) > SAME else None


def _standard(array: Array) -> Array:
    """Return columns of mean 0 and variance 1; those that hardly ever change as zeros."""
    centred = array - array.mean(axis=0)
    std = centred.std(axis=0)
    usual = np.sort(array, axis=0)[len(array) // 2]
    still = (array != usual).sum(axis=0) < FEWEST
    found: Array = np.where(still, 0.0, centred / np.where(still, 1.0, std))
    return found
