"""Do units and gates do anything?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.activation_of import activation_of
from elman.inspection.checks.ranges import BOUNDED, RANGES
from elman.inspection.evidence import Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding, count
from elman.inspection.layer_trace import LayerTrace
from elman.inspection.layers_by_name import at_top

NEAR = 0.02  # of the end of its range, where a gate's derivative is below 0.04 of what it can be
MOST = 0.9  # share of values there, above which it hardly learns any more
AT_ENDS = ("relu6", "softmax")  # which may be at the ends of their range and learn all the same
KEEPS = ("forget", "update")  # near 1 they remember, which is what they are for
OF_PHI = ("activation", "candidate")  # gates that have the layer's `activation`
SILENT_BELOW = ("relu", "relu6")
STILL = 1e-6  # change of a constant unit, as a share of its size
SOME = 0.1  # share of units without use that is worth a note; of half of them it is bad


def saturated(evidence: Evidence) -> Iterator[Finding]:
    """Find gates most of whose values are at the ends of their range."""
    for name, traced in evidence.trace.items():
        told = [each for gate, a in traced.gates.items() if (each := _ends(traced, gate, a))]
        if told:
            wrong = (
                f"saturated: {'; '.join(told)}{evidence.seen}. Hardly any gradient passes there."
            )
            fix = (
                "Weights or inputs are too large: scale the inputs, use a smaller `learning_rate` "
                "or a `kernel_regularizer`, or begin anew."
            )
            yield Finding(evidence.severity, "saturated gates", name, wrong, fix)


def _ends(traced: LayerTrace, gate: str, values: Array) -> str:
    """Return how much of a gate is at the ends of its range, where that is too much."""
    if gate in traced.shares:
        return ""
    phi, *sigma = traced.call.entered["activations"]
    activation = phi if gate in OF_PHI or not sigma else sigma[0]
    there = values[np.isfinite(values)]
    if activation not in BOUNDED or activation in AT_ENDS or not there.size:
        return ""
    low, high = RANGES[activation]
    below, above = (there < low + NEAR).mean(), (there > high - NEAR).mean()
    if below + (0 if gate in KEEPS else above) <= MOST:
        return ""
    what = gate if gate in OF_PHI else f"{gate} gate"
    return f"{below + above:.0%} of the values of its {what} are within {NEAR} of {low} or {high}"


def idle(evidence: Evidence) -> Iterator[Finding]:
    """Find units that are always 0, or always the same though the inputs are not."""
    if all(bool(np.all(x == x[:1])) for x in evidence.given.inputs):
        return
    place = {layer.name: k for k, (layer, _, _) in enumerate(evidence.activity)}
    active = sorted(_active(evidence), key=lambda each: place.get(at_top(each[0]), -1))
    for name, activation, values in active:  # in the order in which they compute
        spread = np.ptp(values, axis=0)
        still = spread <= STILL * abs(values).max(axis=0)
        dead = still & (values == 0).all(axis=0) & (activation in SILENT_BELOW)
        silent = f"{activation} is never above zero, whatever goes in"
        kinds = (
            ("dead units", dead, f"are always 0: {silent}", _REVIVE),
            ("constant units", still & ~dead, "never change, whatever goes in", _MOVE),
        )
        for kind, which, what, fix in kinds:
            share = float(which.mean())
            if share >= SOME:
                severity = ERROR if share == 1 else evidence.severity if share >= 0.5 else NOTE
                wrong = f"{int(which.sum())} of {count(len(which), 'unit')} {what}{evidence.seen}."
                yield Finding(severity, kind, name, wrong, fix)


_REVIVE = "Use a smaller `learning_rate`, 'leaky_relu' or 'tanh', and build it anew."
_MOVE = "Look at the layer's weights, its mask and what reaches it."


def _active(evidence: Evidence) -> Iterator[tuple[str, str, Array]]:
    """Yield layers that compute with weights: name, activation, values (rows, units)."""
    for name, traced in evidence.trace.items():
        phi = traced.call.entered.get("activations", ("",))[0]
        values = next(iter(traced.states.values()))[traced.mask]
        if len(values) > 1:
            yield name, phi if isinstance(phi, str) else "", values
    recurrent = {at_top(name) for name in evidence.trace}
    for layer, array, mask in evidence.activity:
        if layer.name in recurrent or not _computes(layer) or len(array) < 2:
            continue
        shown = array if mask is None or mask.shape != array.shape[:2] else array[mask]
        values = shown.reshape(-1, array.shape[-1])
        if len(values) > 1:
            yield layer.name, activation_of(layer), values


def _computes(layer: Any) -> bool:
    """Say whether a layer has weights that it multiplies what it reads by."""
    inner = getattr(layer, "layer", layer)
    return hasattr(inner, "kernel") and bool(layer.trainable_weights)


def unreached(evidence: Evidence) -> Iterator[Finding]:
    """Find layers that no gradient reaches, and models in which nothing is trained."""
    model = evidence.model
    if not model.trainable_weights:
        wrong = "no weight is trained: every layer is frozen, or has none."
        yield Finding(ERROR, "nothing trained", None, wrong, "Set `trainable = True`.")
        return
    sizes = {
        id(weight): float(abs(gradient).max(initial=0))
        for weight, gradient in zip(model.weights, evidence.found.dweights, strict=True)
    }
    if not any(sizes.values()):
        wrong = "the gradient of every weight is exactly 0."
        fix = "Look at the loss, the sample weights, and whether all units are dead or saturated."
        yield Finding(WARNING, "no gradient", None, wrong, fix)
        return
    for layer in model.layers:
        trained = layer.trainable_weights
        if trained and not any(sizes[id(weight)] for weight in trained):
            wrong = "the gradient of all its weights is exactly 0."
            fix = "Look behind it: dead units, a saturated layer, or outputs that no loss reads."
            yield Finding(WARNING, "no gradient", layer.name, wrong, fix)
