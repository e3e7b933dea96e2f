"""Are all numbers finite?"""

from collections.abc import Iterator

from elman.inspection import not_finite
from elman.inspection.evidence import Evidence
from elman.inspection.finding import ERROR, Finding


def all_finite(evidence: Evidence) -> Iterator[Finding]:
    """Find the first value that is NaN or infinite: layer, timestep, gate and row of the batch.

    NaN in inputs is none where the model puts out, and learns by, finite numbers all the same.
    """
    if not evidence.is_finite:
        for place in not_finite.places(evidence):
            yield Finding(ERROR, "not finite", *place)
