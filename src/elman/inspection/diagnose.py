"""Why does a model not learn?"""

from typing import Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.inspection import checks
from elman.inspection.diagnosis import Diagnosis, OutputLoss
from elman.inspection.evidence import Evidence
from elman.inspection.finding import Finding
from elman.models import Model, carrying
from elman.models.data import Adapter
from elman.models.steps import compiled


def diagnose(
    model: Model,
    x: Any,
    y: Any,
    mask: Any = None,
    *,
    sample_weight: Any = None,
    reset_mask: Any = None,
    lengths: Any = None,
    samples: int = 64,
) -> Diagnosis:
    """Return what is wrong with a model, its data or how it is trained, in sentences.

    It looks for values that are not finite, and where the first one is; for saturated gates, dead
    and constant units; gradients that vanish or explode, and recurrent kernels that make states
    grow; a loss that guessing would have; inputs that are constant or badly scaled, masks that hide
    everything, targets that are constant, badly scaled or given away; a last activation that does
    not go with the loss; and a learning rate that is too large or too small. What these mean is in
    the guide "Why does my RNN not learn?". Nothing of the model is changed afterwards; but while it
    looks, its weights are for a moment those after one more step: no other thread may use the model
    meanwhile.

    Args:
        model: a compiled model, before, while or after it is trained.
        x: inputs, arrays as for `fit`.
        y: targets.
        mask: (samples, timesteps), True where a step counts.
        sample_weight: (samples,) or (samples, timesteps).
        reset_mask: (samples, timesteps), True where recurrent layers reset a sample before a step.
        lengths: (samples,) how many timesteps of each sample count, in place of `mask`.
        samples: how many of them to run through the model, drawn at random. Of inputs and
            targets more are looked at.

    Returns:
        A `Diagnosis`: `print` it; `.ok` says whether there is nothing worse than a note, and
        `.findings` holds each one with its `severity`, `layer`, what is `wrong` and a `fix`: causes
        before what may come of them, notes last. `.outputs` has the loss of each output.

    Raises:
        NotBuiltError: the model is not compiled.
        ArgumentError: `model` is no model, or what is given is no array.
        ShapeError: a shape does not fit.

    >>> import elman, numpy as np
    >>> _ = elman.utils.set_random_seed(0)
    >>> model = elman.Sequential([elman.Input((9, 1)), elman.layers.GRU(4), elman.layers.Dense(1)])
    >>> model.compile(elman.optimizers.Adam(3.0), "mse")
    >>> x = np.random.default_rng(0).normal(size=(50, 9, 1))
    >>> diagnosis = elman.diagnose(model, x, x.mean(axis=1))
    >>> diagnosis.ok, [finding.check for finding in diagnosis.findings]
    (False, ['learning rate'])
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"diagnose: `model` must be a model; got {model!r:.80}.")
    compiled(model)
    _check.integer(model.owner, "samples", samples)
    adapter = Adapter(model, cut=False, beside={"mask": mask, "lengths": lengths})
    data = adapter.one(x, y, sample_weight, None, reset_mask)
    if not data.y:
        raise ArgumentError(f"{model.owner}: `y` must hold the targets; got None.")
    evidence, found = Evidence(model, data, samples), list[Finding]()
    with np.errstate(all="ignore"), carrying.apart(model):
        finite = evidence.is_finite
        for check in (*checks.FIRST, *checks.OF_DATA, *(checks.OTHERS if finite else ())):
            found += check(evidence)
        loss = float(evidence.found.loss or 0.0)
        alone = [each.chance for each in evidence.judged if np.isclose(each.value, loss)]
        flow, chance = evidence.flow if finite else None, alone[0] if len(alone) == 1 else None
        outputs = {each.name: OutputLoss(each.value, each.chance) for each in evidence.judged}
        run_of_all = len(evidence.chosen), len(data.x[0])
        return Diagnosis(model.owner, found, flow, loss, chance, outputs, run_of_all)
