"""Does what is remembered, and its gradient, stay within bounds?"""

from collections.abc import Iterator

import numpy as np

from elman.inspection.checks.ranges import BOUNDED
from elman.inspection.evidence import TRAINED, Evidence
from elman.inspection.finding import ERROR, NOTE, WARNING, Finding
from elman.inspection.layer_flow import EXPLODING, SILENT, VANISHING, LayerFlow

GROWN = 1e4  # factor over a sequence by which what is not bounded must not grow
WIDE = 5.0  # spectral radius above which a bounded unit is always at its ends, or in chaos
SHORT = 0.05  # share of the steps that is very little to remember, of a model that was trained
GONE = 2  # steps after which nothing is left: very little for a model that was not, too
LONG = 20  # steps, fewer of which are no long sequence


def radius(evidence: Evidence) -> Iterator[Finding]:
    """Find recurrent kernels whose largest eigenvalue lets states grow from step to step."""
    for name, R in evidence.radii.items():
        traced = evidence.trace[name]
        phi, steps = traced.call.entered["activations"][0], traced.x.shape[1]
        kind = "" if "activation" in traced.gates else " of the candidate"
        if phi not in BOUNDED and R > 1 and steps * np.log10(R) > np.log10(GROWN):
            power = f"1e{steps * np.log10(R):.0f}"
            wrong = (
                f"the spectral radius of the recurrent kernel{kind} is {R:.3g}, and {phi} has no "
                f"bound: over {steps} steps states may grow by {R:.3g}^{steps} = {power}."
            )
        elif phi in BOUNDED and R > WIDE:
            wrong = (
                f"the spectral radius of the recurrent kernel{kind} is {R:.3g}: units are driven "
                "to the ends of their range, or into chaos."
            )
        else:
            continue
        fix = (
            "Begin with `recurrent_initializer='orthogonal'` (radius 1), use a smaller "
            "`learning_rate` or `clipnorm=1.0`, and 'tanh' in place of what has no bound."
        )
        yield Finding(evidence.severity, "spectral radius", name, wrong, fix)


def gradient_flow(evidence: Evidence) -> Iterator[Finding]:
    """Find layers through which gradients vanish or explode, and sequences too long for them."""
    for layer in evidence.flow.layers.values() if evidence.flow else ():
        wrong, fix = layer.sentence(), ""
        if layer.verdict == EXPLODING:
            severity = evidence.severity if np.isfinite(layer.norms).all() else ERROR
            fix = "Give the optimizer `clipnorm=1.0`, or use an LSTM or a GRU."
            yield Finding(severity, "exploding gradient", layer.name, wrong, fix)
        elif layer.verdict == SILENT:
            yield Finding(
                evidence.severity, "vanishing gradient", layer.name, wrong,
                "Nothing is learned from earlier steps: look for dead or saturated units.",
            )  # fmt: skip
        elif layer.verdict == VANISHING:
            wrong += f" What lies further back than {layer.memory} steps can hardly be learned."
            yield Finding(
                _of_short(evidence, layer), "vanishing gradient", layer.name, wrong,
                _longer(layer),
            )  # fmt: skip


def _of_short(evidence: Evidence, layer: LayerFlow) -> str:
    """Return how bad it is that a layer remembers little: it may be all that there is to know.

    That a model is hardly trained is reason enough: gates begin half open, and learn to keep.
    """
    trained = evidence.steps >= TRAINED
    few = max(GONE, SHORT * layer.lags) if trained else GONE
    tiny = layer.lags >= LONG and layer.memory <= few and not evidence.does_well
    return WARNING if tiny or (trained and evidence.does_poorly) else NOTE


def _longer(layer: LayerFlow) -> str:
    """Return how a layer would remember for longer."""
    if layer.kind in ("SimpleRNN", "LeakyRNN", "IndRNN"):
        return "If it should be, use an LSTM or a GRU, or bring what matters closer to the end."
    return (
        "If it should be, begin with gates that keep (an LSTM's forget bias of log(steps), a GRU's "
        "update bias likewise), shorten the sequences, or train longer: gates learn to keep."
    )
