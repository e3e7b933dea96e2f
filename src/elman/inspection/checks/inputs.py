"""Do the inputs say anything, in numbers of a good size?"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from elman import layers
from elman._typing import Array
from elman.inspection.evidence import Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding, count, drawn

LARGE, SMALL = 100.0, 1e-3  # largest |x| of a feature that is too large; of all that are too small
APART = 1000.0  # between the scales of two features
OFF = 10.0  # standard deviations that the mean may be off zero
SCALING = (
    layers.Normalization, layers.BatchNormalization, layers.LayerNormalization, layers.Rescaling,
    layers.Embedding, layers.UnitNormalization, layers.RMSNormalization,
)  # fmt: skip


class Features(NamedTuple):
    """The features of an input: a row a sample or timestep that counts.

    Attributes:
        owner: what to call the input.
        array: all of it.
        values: (rows, features), finite numbers, NaN where there are none.
        scaled: whether a layer that reads it sees to its scale.
    """

    owner: str
    array: Array
    values: Array
    scaled: bool


_FIX = (
    "Take off the mean and divide by the standard deviation of the training data, feature by "
    "feature, or put a `Normalization` layer first."
)


def scale(evidence: Evidence) -> Iterator[Finding]:
    """Find features that are huge, tiny, far from zero, or of very different scales."""
    for owner, _, values, scaled in _features(evidence):
        if scaled or not np.isfinite(values).any():
            continue
        with np.errstate(all="ignore"):
            most = np.nanmax(abs(values), axis=0, initial=0)
            mean, std = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        off = (abs(mean) > OFF * std) & (std > 0) & (abs(mean) > 1)
        there = most[most > 0]
        big, small = int(np.argmax(most)), int(np.argmin(np.where(most > 0, most, np.inf)))
        if most.max() > LARGE:
            wrong = f"feature {big} of {owner} has values up to {most[big]:.4g} in size"
            also = f", feature {small} up to {most[small]:.2g} alone"
            wrong += also * bool(most[small] < SMALL) + "."
        elif there.size and there.max() < SMALL:
            wrong = f"no value of {owner} is larger than {there.max():.2g} in size."
        elif there.size and there.max() / there.min() > APART:
            wrong = (
                f"features of {owner} have very different scales: feature {big} goes up to "
                f"{most[big]:.3g}, feature {small} to {most[small]:.2g}."
            )
        elif off.any():
            k = int(np.argmax(off))
            wrong = (
                f"feature {k} of {owner} is not centred: mean {mean[k]:.4g}, standard deviation "
                f"{std[k]:.2g}."
            )
        else:
            continue
        yield Finding(evidence.severity, "input scale", None, wrong, _FIX)


def constant(evidence: Evidence) -> Iterator[Finding]:
    """Find features that never change, and samples that are all the same."""
    for owner, array, values, _ in _features(evidence):
        if len(values) < 2:
            continue
        with np.errstate(all="ignore"):
            still = np.nanmax(values, axis=0, initial=-np.inf) <= np.nanmin(
                values, axis=0, initial=np.inf
            )
        if still.all():
            seen = drawn(len(evidence.sample.x[0]), len(array))
            wrong = f"all values of each feature of {owner} are the same: it says nothing{seen}."
            yield Finding(ERROR, "constant input", None, wrong, "Look at how the data are made.")
        elif len(array) > 1 and bool(np.all(array == array[:1])):
            wrong = f"all {len(array)} samples of {owner} are the same."
            yield Finding(ERROR, "constant input", None, wrong, "Look at how the data are made.")
        elif still.any():
            named = ", ".join(map(str, np.flatnonzero(still)[:5])) + ", …" * bool(still.sum() > 5)
            verb = "changes" if still.sum() == 1 else "change"
            seen = drawn(len(evidence.sample.x[0]), len(array))
            wrong = f"{count(int(still.sum()), 'feature')} of {owner} never {verb}: {named}{seen}."
            yield Finding(NOTE, "constant input", None, wrong, "Leave out what says nothing.")


def masks(evidence: Evidence) -> Iterator[Finding]:
    """Find layers to which masks hide all steps of samples."""
    for name, traced in evidence.trace.items():
        empty = ~np.asarray(traced.mask.any(axis=1))
        if empty.any():
            every = bool(empty.all())
            wrong = (
                f"its mask hides every timestep of {'all' if every else int(empty.sum())} of "
                f"{len(empty)} samples, which it puts out zeros or its initial state for"
                f"{evidence.seen}."
            )
            fix = "A mask is True where a step counts; look at `mask_value` of `Masking` too."
            yield Finding(ERROR if every else WARNING, "mask", name, wrong, fix)


def _features(evidence: Evidence) -> Iterator[Features]:
    """Yield the inputs that enter as floats, the steps that count, of some of the samples."""
    model = evidence.model
    data = evidence.sample
    masks: Any = data.masks or (None,) * len(data.x)
    given = zip(model.inputs, model.input_names, evidence.data.x, data.x, masks, strict=True)
    for tensor, name, array, x, mask in given:
        if not tensor.dtype.startswith("float"):
            continue
        shown = x if mask is None or mask.shape != x.shape[:2] else x[mask]
        readers = [
            node.layer for node in model.graph.nodes if any(t is tensor for t in node.inputs)
        ]
        tokens = any(isinstance(layer, layers.Embedding) for layer in readers)
        values = shown.reshape(-1, 1 if tokens else x.shape[-1]).astype(np.float64)
        values = np.where(np.isfinite(values), values, np.nan)
        for layer in readers:
            if isinstance(layer, layers.Masking):  # a step that is all `mask_value` is none
                values = values[~np.all(values == layer.mask_value, axis=1)]
        scaled = any(isinstance(layer, SCALING) for layer in readers)
        owner = "`x`" if len(data.x) == 1 else f"the input '{name}'"
        yield Features(owner, array, values, scaled)
