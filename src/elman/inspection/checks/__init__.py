"""What may be wrong with a model: a function a check, which yields what it finds.

Those of FIRST and OF_DATA can do with any numbers; the OTHERS need finite ones.
"""

from collections.abc import Callable, Iterator

from elman.inspection.checks import finite, inputs, learning, outputs, recurrence, targets, units
from elman.inspection.evidence import Evidence
from elman.inspection.finding import Finding

Check = Callable[[Evidence], Iterator[Finding]]

FIRST: tuple[Check, ...] = (finite.all_finite,)
OF_DATA: tuple[Check, ...] = (inputs.scale, inputs.constant, targets.constant, outputs.pairs)
OTHERS: tuple[Check, ...] = (
    inputs.masks,
    targets.scale,
    targets.leaking,
    units.saturated,
    units.idle,
    units.unreached,
    recurrence.radius,
    recurrence.gradient_flow,
    learning.chance,
    learning.rate,
)
